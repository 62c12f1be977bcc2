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
from typing import NamedTuple

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
    depth: jax.Array  # [N] int32, plies from the root
    visits: jax.Array  # [N] int32
    value_sum: jax.Array  # [N] float32, over `visits`
    prior: jax.Array  # [N] float32, prior of the action that led here
    next_prior: jax.Array  # [N] float32, largest prior of an untried action, or UNAVAILABLE
    untried_prior: jax.Array  # [N] float32, prior of all untried actions together
    legal_actions: jax.Array  # [N] int32, how many there are
    network_value: jax.Array  # [N] float32, what the node was evaluated as


class Tree(NamedTuple):
    """B search trees."""

    nodes: Nodes  # [B, N] each
    action: jax.Array  # [B, N] int32, action that led here
    next_action: jax.Array  # [B, N] int32, the action that `next_prior` belongs to
    priors: jax.Array  # [B, N, A] float32, UNAVAILABLE where illegal or already tried
    terminal: jax.Array  # [B, N] bool
    states: State  # [B, N, ...]


def mean_value(nodes: Nodes) -> jax.Array:
    """Mean value of each node from its mover's view, 0 where it has no visits."""
    return nodes.value_sum / jnp.maximum(nodes.visits, 1)


def at_node(array: jax.Array, node: jax.Array) -> jax.Array:
    """`array[b, node[b]]` for each b: [B, N, ...], [B] → [B, ...]."""
    return jax.vmap(lambda row, index: pick(row, index))(array, node)


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


REDUCED_AT = 16  # columns; XLA vectorises a reduction of so few integers, but not of many


def _fold(pairwise: Callable, reduce: Callable, values: jax.Array) -> jax.Array:
    """Reduce the last axis, halved until it is short; both functions are of the same operation."""
    while (length := values.shape[-1]) > REDUCED_AT:
        half = (length + 1) // 2  # the halves overlap where the length is odd
        values = pairwise(values[..., :half], values[..., length - half :])
    return reduce(values, axis=-1)


def total(values: jax.Array) -> jax.Array:
    """Sum of the last axis, by halves while these are even: a float `sum` keeps its order and so
    is not vectorised."""
    while (length := values.shape[-1]) > REDUCED_AT and length % 2 == 0:
        values = values[..., : length // 2] + values[..., length // 2 :]
    return jnp.sum(values, axis=-1)


def largest(values: jax.Array) -> jax.Array:
    """Maximum of the last axis."""
    return _fold(jnp.maximum, jnp.max, values)
