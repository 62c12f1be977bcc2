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

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from games.protocol import State

ROOT = 0
NO_PARENT = -1
UNAVAILABLE = -1.0  # for the prior of an action illegal or already tried; others are 0 or more


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


def family(tree: Tree, node: jax.Array, width: int) -> Nodes:
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
    gathered = jax.tree.map(lambda array: pick(array.reshape(-1), index), tree.nodes)
    parent = jnp.where(exists, ROOT, NO_PARENT)
    return gathered._replace(parent=jnp.pad(parent, ((0, 0), (1, 0)), constant_values=NO_PARENT))


def all_visits(nodes: Nodes) -> jax.Array:
    """Visits of each node, those still without a value included."""
    return nodes.visits if nodes.pending is None else nodes.visits + nodes.pending


def mean_value(nodes: Nodes) -> jax.Array:
    """Mean value of each node from its mover's view, 0 where it has no visits."""
    return nodes.value_sum / jnp.maximum(nodes.visits, 1)


def at_node(array: jax.Array, node: jax.Array) -> jax.Array:
    """`array[b, node[b]]` for each b: [B, N, ...], [B] → [B, ...]."""
    return jax.vmap(lambda row, index: pick(row, index))(array, node)


def put(array: jax.Array, node: jax.Array, values: jax.Array) -> jax.Array:
    """`array` with `values[b]` at `[b, node[b]]` for each b: [B, N, ...], [B], [B, ...]."""
    trees = jnp.arange(array.shape[0])
    return array.at[trees, node].set(values, mode="promise_in_bounds", unique_indices=True)


def add(array: jax.Array, node: jax.Array, values: jax.Array) -> jax.Array:
    """`array` with `values[b]` added at `[b, node[b]]` for each b: [B, N], [B], [B]."""
    return put(array, node, at_node(array, node) + values)


def select(mask: jax.Array, new: Any, old: Any) -> Any:
    """`new` in the trees where `mask` [B] holds, else `old`; pytrees of arrays [B, ...]."""

    def one(new: jax.Array, old: jax.Array) -> jax.Array:
        return jnp.where(jnp.expand_dims(mask, range(1, old.ndim)), new, old)

    return jax.tree.map(one, new, old)


def pick(row: jax.Array, index: jax.Array) -> jax.Array:
    """`row[index]` for an index known to lie in the row, which spares the checks."""
    return row.at[index].get(mode="promise_in_bounds")


def next_untried(priors: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The largest prior [...] in each row of `priors` [..., A], and its action [...] int32.

    The lower index on ties. The prior is `UNAVAILABLE` where no action is left.
    """
    action, best = first_argmax(priors)
    return best, action


def first_argmax(scores: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Index of the first maximum along the last axis, and the maximum: [..., N] → [...] twice.

    Scores are 0 or more, or `UNAVAILABLE`, so that their bits as integers are in the same order.
    Half of a search on a CPU is this function, and XLA's CPU backend vectorises neither the pairs
    that `jnp.argmax` reduces nor reductions of floats, which must look out for NaN. Integers
    reduced by halving are ten to thirty times as fast.
    """
    keys = jax.lax.bitcast_convert_type(scores, jnp.int32)
    best = _fold(jnp.maximum, jnp.max, keys)
    length = scores.shape[-1]
    indices = jax.lax.broadcasted_iota(jnp.int32, scores.shape, scores.ndim - 1)
    index = _fold(jnp.minimum, jnp.min, jnp.where(keys == best[..., None], indices, length))
    return index, jax.lax.bitcast_convert_type(best, jnp.float32)


FOLDED_TO = 24  # columns; XLA vectorises a reduction of so many integers, not of 22 or of 28
SUMMED_AT = 16  # columns, as few as a sum is left with


def _fold(pairwise: Callable, reduce: Callable, values: jax.Array) -> jax.Array:
    """Reduce the last axis, halved until it is short; both functions are of the same operation."""
    while (length := values.shape[-1]) > FOLDED_TO:
        half = max((length + 1) // 2, FOLDED_TO)  # the halves may overlap
        values = pairwise(values[..., :half], values[..., length - half :])
    return reduce(values, axis=-1)


def total(values: jax.Array) -> jax.Array:
    """Sum of the last axis, by halves: a float `sum` keeps its order and so is not vectorised."""
    while (length := values.shape[-1]) > SUMMED_AT:
        half = (length + 1) // 2
        values = values[..., :half] + _pad(values[..., half:], half)
    return jnp.sum(values, axis=-1)


def _pad(values: jax.Array, length: int) -> jax.Array:
    """Zeros after the last of [..., K], up to `length`."""
    after = [(0, 0)] * (values.ndim - 1) + [(0, length - values.shape[-1])]
    return jnp.pad(values, after) if length > values.shape[-1] else values


def draw(weights: jax.Array, uniform: jax.Array) -> jax.Array:
    """Index int32 [] of an entry of positive weight [K], in proportion to it: the inverse of the
    cumulative distribution at `uniform` in [0, 1) [].

    The distribution is added up within blocks and then over them, which XLA's CPU backend
    vectorises; a `cumsum` takes five times as long.
    """
    count = weights.shape[0]
    blocks = _pad(weights, -(-count // SUMMED_AT) * SUMMED_AT).reshape(-1, SUMMED_AT)
    # One order of adding, so that the distribution never falls, not by a rounding either.
    within = [blocks[:, 0]]
    for column in blocks.T[1:]:
        within.append(within[-1] + column)
    before = [jnp.zeros_like(uniform)]
    for block in within[-1]:
        before.append(before[-1] + block)
    start, aim = jnp.stack(before[:-1]), uniform * before[-1]
    passed = sum((start + column <= aim).astype(jnp.int32) for column in within)
    last = largest(jnp.where(weights > 0, jnp.arange(count, dtype=jnp.int32), 0))
    return jnp.minimum(jnp.sum(passed), last)


def largest(values: jax.Array) -> jax.Array:
    """Maximum of the last axis."""
    return _fold(jnp.maximum, jnp.max, values)
