"""Random keys of a batch whose parts draw as if each were alone.

A key is one typed key [], or keys [K], one for each of the K equal parts of a batch's first axis.
What a part draws then depends neither on what shares its batch nor on which device it lies.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key, Shaped


def spawn(key: Key[Array, "*K"], count: int) -> list[Key[Array, "*K"]]:
    """`count` new keys, each of the shape [] or [K] of `key`."""
    if key.ndim == 0:
        return list(jax.random.split(key, count))
    return list(jnp.moveaxis(jax.vmap(lambda own: jax.random.split(own, count))(key), 1, 0))


def fold_in(key: Key[Array, "*K"], number: Int[Array, ""] | int) -> Key[Array, "*K"]:
    """`jax.random.fold_in` for the shapes [] and [K]."""
    if key.ndim == 0:
        return jax.random.fold_in(key, number)
    return jax.vmap(lambda own: jax.random.fold_in(own, number))(key)


def draw_by_part(
    draw: Callable[[jax.Array, tuple[int, ...]], jax.Array],
    key: Key[Array, "*K"],
    shape: tuple[int, ...],
) -> Shaped[Array, "..."]:
    """`draw(key, shape)`, each of the K equal parts of the first axis by its own key."""
    if key.ndim == 0:
        return draw(key, shape)
    part = (shape[0] // len(key), *shape[1:])
    return jax.vmap(lambda own: draw(own, part))(key).reshape(shape)
