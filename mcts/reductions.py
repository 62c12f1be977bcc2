"""Sums, maxima and draws along the last axis, written so that XLA's CPU backend vectorises them.

Half of a search on a CPU is reductions over a few hundred numbers. XLA vectorises neither the pairs
that `jnp.argmax` reduces, nor reductions of floats, which must look out for NaN and keep their
order. Integers reduced by halving, and floats added by halves, are ten to thirty times as fast;
docs/search.md has the measurements.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float32, Int32, Num

UNAVAILABLE = -1.0  # a score or prior that takes no part; all others are 0 or more

FOLDED_TO = 24  # columns; XLA vectorises a reduction of so many integers, not of 22 or of 28
SUMMED_AT = 16  # columns, as few as a sum is left with


def first_argmax(
    scores: Float32[Array, "*rows N"],
) -> tuple[Int32[Array, "*rows"], Float32[Array, "*rows"]]:
    """Index of the first maximum along the last axis, and the maximum: [..., N] → [...] twice.

    Scores are 0 or more, or `UNAVAILABLE`, so that their bits as integers are in the same order.
    """
    keys = jax.lax.bitcast_convert_type(scores, jnp.int32)
    best = _fold(jnp.maximum, jnp.max, keys)
    length = scores.shape[-1]
    indices = jax.lax.broadcasted_iota(jnp.int32, scores.shape, scores.ndim - 1)
    index = _fold(jnp.minimum, jnp.min, jnp.where(keys == best[..., None], indices, length))
    return index, jax.lax.bitcast_convert_type(best, jnp.float32)


def _fold(pairwise: Callable, reduce: Callable, values: jax.Array) -> jax.Array:
    """Reduce the last axis, halved until it is short; both functions are of the same operation."""
    while (length := values.shape[-1]) > FOLDED_TO:
        half = max((length + 1) // 2, FOLDED_TO)  # the halves may overlap
        values = pairwise(values[..., :half], values[..., length - half :])
    return reduce(values, axis=-1)


def sum_last(values: Num[Array, "*rows N"]) -> Num[Array, "*rows"]:
    """Sum of the last axis, by halves: a float `sum` keeps its order and so is not vectorised."""
    while (length := values.shape[-1]) > SUMMED_AT:
        half = (length + 1) // 2
        values = values[..., :half] + _pad(values[..., half:], half)
    return jnp.sum(values, axis=-1)


def _pad(values: jax.Array, length: int) -> jax.Array:
    """Zeros after the last of [..., K], up to `length`."""
    after = [(0, 0)] * (values.ndim - 1) + [(0, length - values.shape[-1])]
    return jnp.pad(values, after) if length > values.shape[-1] else values


def draw_index(weights: Float32[Array, "K"], uniform: Float32[Array, ""]) -> Int32[Array, ""]:
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
    last = max_last(jnp.where(weights > 0, jnp.arange(count, dtype=jnp.int32), 0))
    return jnp.minimum(jnp.sum(passed), last)


def max_last(values: Num[Array, "*rows N"]) -> Num[Array, "*rows"]:
    """Maximum of the last axis."""
    return _fold(jnp.maximum, jnp.max, values)
