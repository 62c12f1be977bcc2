"""Keeping the subtree of the position that is reached when a game goes on.

A tree is kept only where the new position is found in it, state for state; so a tree never
outlives its game, and a batch whose games have changed places starts afresh. The visits
kept count towards the budget: a search of n nodes on a root that has v visits makes n - v
evaluations, and ends with n visits all the same.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from games.protocol import State
from mcts.tree import NO_PARENT, UNAVAILABLE, Nodes, Tree, at_node


def find(tree: Tree, states: State) -> tuple[jax.Array, jax.Array]:
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


def reroot(tree: Tree, node: jax.Array) -> Tree:
    """The subtree of `node` [B] as a tree of its own, its nodes in the order they were made."""
    order, parent, used = jax.vmap(_compact)(tree.nodes.parent, node)

    def gather(array: jax.Array) -> jax.Array:
        return jax.vmap(lambda row, at: row[at])(array, order)

    moved = jax.tree.map(gather, tree)
    nodes = moved.nodes
    first_depth = at_node(tree.nodes.depth, node)
    nodes = Nodes(
        parent=parent,
        depth=nodes.depth - first_depth[:, None],
        visits=jnp.where(used, nodes.visits, 0),
        value_sum=jnp.where(used, nodes.value_sum, 0),
        prior=nodes.prior,
        next_prior=jnp.where(used, nodes.next_prior, UNAVAILABLE),
        untried_prior=jnp.where(used, nodes.untried_prior, 0),
        legal_actions=nodes.legal_actions,
        network_value=nodes.network_value,
    )
    return moved._replace(nodes=nodes)


def _compact(parent: jax.Array, node: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The slots [N] with those below `node` [] in front, their new parents [N], and which are used.

    Ancestors are looked up 1, 2, 4, … steps away, until every path has been covered.
    """
    slots = jnp.arange(parent.shape[0])
    below = slots == node
    ancestor = jnp.where(parent >= 0, parent, slots)
    for _ in range(parent.shape[0].bit_length()):
        below |= below[ancestor]
        ancestor = ancestor[ancestor]
    order = jnp.argsort(~below, stable=True)
    place = jnp.cumsum(below) - 1
    new_parent = jnp.where(below[order] & (order != node), place[parent[order]], NO_PARENT)
    return order, new_parent.astype(parent.dtype), below[order]
