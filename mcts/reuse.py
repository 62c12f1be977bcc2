"""Keeping the subtree of the position that is reached when a game goes on.

A tree is kept only where the new position is found in it, state for state; so a tree never
outlives its game, and a batch whose games have changed places starts afresh. The visits
kept count towards the budget: a search of n nodes on a root that has v visits makes n - v
evaluations, and ends with n visits all the same.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int32

from games.protocol import State
from mcts.reductions import UNAVAILABLE
from mcts.tree import NO_PARENT, ROOT, Children, Tree


def find(tree: Tree, states: State) -> tuple[Int32[Array, "B"], Bool[Array, "B"]]:
    """The node of each tree that is the new state [B], and whether there is one to go on from [B].

    A finished position is not gone on from, nor is one that has not been searched further than
    any new root.
    """
    same = [
        (array == jnp.expand_dims(new, 1)).reshape(*array.shape[:2], -1).all(axis=-1)
        for array, new in zip(jax.tree.leaves(tree.states), jax.tree.leaves(states), strict=True)
    ]
    matches = jnp.stack(same).all(axis=0) & (tree.nodes.visits > 0) & ~tree.terminal
    return jnp.argmax(matches, axis=1).astype(jnp.int32), matches.any(axis=1)


def reroot(tree: Tree, node: Int32[Array, "B"]) -> Tree:
    """The subtree of `node` [B] as a tree of its own, its nodes in the order they were made."""
    order, place, used = jax.vmap(_compact)(tree.nodes.parent, node)

    def gather(array: jax.Array) -> jax.Array:
        return jax.vmap(lambda row, at: row[at])(array, order)

    def renumber(nodes: jax.Array) -> jax.Array:
        return jax.vmap(lambda row, at: row[at])(place, nodes)

    moved = jax.tree.map(gather, tree)
    nodes, children = moved.nodes, moved.children
    below = used & (order != node[:, None])
    parent = jnp.where(below, renumber(jnp.maximum(nodes.parent, 0)), NO_PARENT)
    nodes = nodes._replace(
        parent=parent.astype(nodes.parent.dtype),
        visits=jnp.where(used, nodes.visits, 0),
        value_sum=jnp.where(used, nodes.value_sum, 0),
        next_prior=jnp.where(used, nodes.next_prior, UNAVAILABLE),
        untried_prior=jnp.where(used, nodes.untried_prior, 0),
    )
    if children is not None:
        exists = jnp.arange(children.slot.shape[-1]) < children.count[..., None]
        slot = jnp.where(exists & used[..., None], renumber(children.slot), ROOT)
        children = Children(
            slot=slot.astype(children.slot.dtype), count=jnp.where(used, children.count, 0)
        )
    return moved._replace(nodes=nodes, children=children)


def _compact(parent: jax.Array, node: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The slots [N] with those below `node` [] in front, the place of each slot among them [N], and
    which of the new slots are used [N].

    Ancestors are looked up 1, 2, 4, … steps away, until every path has been covered.
    """
    slots = jnp.arange(parent.shape[0])
    below = slots == node
    ancestor = jnp.where(parent >= 0, parent, slots)
    for _ in range(parent.shape[0].bit_length()):
        below |= below[ancestor]
        ancestor = ancestor[ancestor]
    order = jnp.argsort(~below, stable=True)
    return order, jnp.cumsum(below) - 1, below[order]
