"""What games on grids of squares share: rows of the grid as integers, one a player."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, UInt


def bits(rows: UInt[Array, "*rows"], columns: int) -> Bool[Array, "*rows C"]:
    """Whether bit c of each integer is set, for every column c."""
    places = jnp.arange(columns, dtype=rows.dtype).reshape(*[1] * rows.ndim, columns)
    return (rows[..., None] >> places & 1) != 0
