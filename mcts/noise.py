"""Dirichlet noise on the root's prior (self-play only)."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float32, Key

from mcts.keys import draw_by_part


def gamma(key: Key[Array, ""], alpha: float, shape: tuple[int, ...]) -> Float32[Array, "..."]:
    """Independent Gamma(alpha, 1) variates for alpha > 0, exact.

    Marsaglia and Tsang 2000, "A simple method for generating gamma variables": their rejection
    sampler for alpha + 1, then the boost Gamma(alpha) = Gamma(alpha + 1) · U^(1/alpha).
    `jax.random.gamma` runs one rejection loop an element; here the whole array is drawn at once
    and only the few per cent that were rejected are taken from the next draw, which makes the
    noise a small part of a search instead of a third of it.
    """
    d = alpha + 1 - 1 / 3
    c = 1 / (3 * d**0.5)
    above_minus_one = jnp.nextafter(jnp.float32(-1), jnp.float32(0))

    def draw(carry: tuple[jax.Array, jax.Array, jax.Array]):
        key, value, accepted = carry
        key, draw_key = jax.random.split(key)
        # Three variates in (-1, 1) at once: one to become normal, two to become uniform.
        u = jax.random.uniform(draw_key, (3, *shape), minval=above_minus_one, maxval=1.0)
        x = math.sqrt(2) * jax.lax.erf_inv(u[0])
        log_uniform = jnp.log((1 - u[1:]) / 2)
        v = (1 + c * x) ** 3
        positive = v > 0
        log_v = jnp.log(jnp.where(positive, v, 1))
        accept = positive & (log_uniform[0] < 0.5 * x**2 + d * (1 - v + log_v))
        boosted = d * v * jnp.exp(log_uniform[1] / alpha)
        return key, jnp.where(accept & ~accepted, boosted, value), accepted | accept

    start = (key, jnp.zeros(shape), jnp.zeros(shape, bool))
    _, value, _ = jax.lax.while_loop(lambda carry: ~jnp.all(carry[2]), draw, start)
    return value


def dirichlet(
    key: Key[Array, "*K"], alpha: float, legal: Bool[Array, "B A"]
) -> Float32[Array, "B A"]:
    """Dirichlet(alpha) over the legal actions of each row, 0 elsewhere: [B, A] → [B, A].

    Given keys [K], each of the K equal parts of the batch draws by its own.
    If every variate of a row underflows (tiny alpha), the row is uniform over its legal actions.
    """

    def draw(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        return gamma(key, alpha, shape)

    variates = jnp.where(legal, draw_by_part(draw, key, legal.shape), 0.0)
    total = variates.sum(axis=-1, keepdims=True)
    count = legal.sum(axis=-1, keepdims=True)
    uniform = legal.astype(jnp.int32) / jnp.maximum(count, 1)
    return jnp.where(total > 0, variates / jnp.where(total > 0, total, 1), uniform)
