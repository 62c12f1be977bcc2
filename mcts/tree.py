"""The search tree: B trees of N nodes each, as arrays.

Layout (docs/search.md gives the measurements behind it):

- Statistics belong to nodes, not to edges. A node's children are found by comparing the `parent`
  array, so there is no child table and nothing to scatter into.
- The node expanded by simulation i has index i in every tree; node 0 is the root. A simulation
  that ends in a finished game expands nothing and leaves its slot empty (`parent` = NO_PARENT).
- All untried actions of a node are worth the same to a search rule except for their prior, so a
  node needs to know only the *next* one, the untried action of largest prior, and how much prior
  the untried ones have together. What a rule does not read, XLA drops. An action tried is
  struck from `priors` by its index. To find it again by its prior would be wrong: XLA may compute
  a number once for each of its uses, with results that differ in the last bit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float32, Int, Int32, Num, Shaped

from games.protocol import State
from mcts.reductions import first_argmax

ROOT = 0
NO_PARENT = -1


class Nodes(NamedTuple):
    """What search rules read: statistics of each node. Unbatched here, [B, N] in a tree.

    All values are from the view of the side to move at that node.
    """

    parent: jax.Array  # [N] int32, NO_PARENT for the root and for empty slots
    visits: jax.Array  # [N] int32
    value_sum: jax.Array  # [N] float32, over `visits`
    prior: jax.Array  # [N] float32, prior of the action that led here
    next_prior: jax.Array  # [N] float32, largest prior of an untried action, or UNAVAILABLE
    untried_prior: jax.Array  # [N] float32, prior of all untried actions together
    legal_actions: jax.Array  # [N] int32, how many there are
    network_value: jax.Array  # [N] float32, what the node was evaluated as
    pending: jax.Array | None  # [N] int32, visits without a value yet; none in a sequential search


class Children(NamedTuple):
    """Which nodes follow on each, kept only in trees that are large (`keeps_children`)."""

    slot: jax.Array  # [B, N, A] int16, in the order they were made; ROOT where there is none
    count: jax.Array  # [B, N] int32


class Tree(NamedTuple):
    """B search trees."""

    nodes: Nodes  # [B, N] each
    action: jax.Array  # [B, N] int32, action that led here
    next_action: jax.Array  # [B, N] int32, the action that `next_prior` belongs to
    priors: jax.Array  # [B, N, A] float32, UNAVAILABLE where illegal or already tried
    terminal: jax.Array  # [B, N] bool
    states: State  # [B, N, ...]
    children: Children | None


def keeps_children(nodes: int, num_actions: int, sums: bool) -> bool:
    """Whether a tree of so many nodes lists the children of each, because looking them up is then
    faster than finding them in the `parent` array; for rules that sum over them, and so do more for
    each node looked at, it is from fewer nodes on. Bounds measured on one CPU core, 3×3 to 9×9.
    """
    return nodes > (3 * num_actions if sums else 256)


def family(tree: Tree, node: Int32[Array, "B"], width: int) -> Nodes:
    """Each `node` [B] and the first `width` of its children as a tree of its own [B, 1 + width].

    Its first node is `node`, the others are the children in the order they were made.
    """
    assert tree.children is not None
    slot = at_node(tree.children.slot, node)[:, :width].astype(jnp.int32)
    exists = jnp.arange(width)[None] < at_node(tree.children.count, node)[:, None]
    # Of all trees' nodes in a row: XLA would make pairs of tree and node anew for each array.
    batch, nodes = tree.terminal.shape
    first = jnp.arange(batch, dtype=jnp.int32)[:, None] * nodes
    index = first + jnp.concatenate([node[:, None], slot], axis=1)
    gathered = jax.tree.map(lambda array: take(array.reshape(-1), index), tree.nodes)
    parent = jnp.where(exists, ROOT, NO_PARENT)
    return gathered._replace(parent=jnp.pad(parent, ((0, 0), (1, 0)), constant_values=NO_PARENT))


def all_visits(nodes: Nodes) -> Int32[Array, "*nodes"]:
    """Visits of each node, those still without a value included."""
    return nodes.visits if nodes.pending is None else nodes.visits + nodes.pending


def mean_value(nodes: Nodes) -> Float32[Array, "*nodes"]:
    """Mean value of each node from its mover's view, 0 where it has no visits."""
    return nodes.value_sum / jnp.maximum(nodes.visits, 1).astype(jnp.float32)


def at_node(array: Shaped[Array, "B N *rest"], node: Int[Array, "B"]) -> Shaped[Array, "B *rest"]:
    """`array[b, node[b]]` for each b: [B, N, ...], [B] → [B, ...]."""
    return jax.vmap(lambda row, index: take(row, index))(array, node)


def set_at_node(
    array: Shaped[Array, "B N *rest"], node: Int[Array, "B"], values: Shaped[Array, "B *rest"]
) -> Shaped[Array, "B N *rest"]:
    """`array` with `values[b]` at `[b, node[b]]` for each b: [B, N, ...], [B], [B, ...]."""
    trees = jnp.arange(array.shape[0])
    return array.at[trees, node].set(values, mode="promise_in_bounds", unique_indices=True)


def add_at_node(
    array: Num[Array, "B N"], node: Int[Array, "B"], values: Num[Array, "B"]
) -> Num[Array, "B N"]:
    """`array` with `values[b]` added at `[b, node[b]]` for each b: [B, N], [B], [B]."""
    return set_at_node(array, node, at_node(array, node) + values)


def select(mask: Bool[Array, "B"], new: Any, old: Any) -> Any:
    """`new` where `mask` [B] holds, else `old`; pytrees of arrays [B, ...]."""

    def one(new: jax.Array, old: jax.Array) -> jax.Array:
        return jnp.where(jnp.expand_dims(mask, range(1, old.ndim)), new, old)

    return jax.tree.map(one, new, old)


def take(row: jax.Array, index: jax.Array) -> jax.Array:
    """`row[index]` for an index known to lie in the row, which spares the checks."""
    return row.at[index].get(mode="promise_in_bounds")


def next_untried(
    priors: Float32[Array, "*rows A"],
) -> tuple[Float32[Array, "*rows"], Int32[Array, "*rows"]]:
    """The largest prior [...] in each row of `priors` [..., A], and its action [...] int32.

    The lower index on ties. The prior is `UNAVAILABLE` where no action is left.
    """
    action, best = first_argmax(priors)
    return best, action
