"""Random numbers of matches: every game and every move in it has a key of its own.

A game's seed hangs on who plays whom, with which opening, and on the tournament's seed, and on
nothing else; it is stored with the game. So a move can be drawn again long after, alone, whatever
was played beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np


def stable_seed(*parts: object) -> int:
    """63 bits that hang on `parts` alone, the same on every machine."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def move_keys(seeds: Sequence[int] | np.ndarray, ply: int) -> jax.Array:
    """The key [G] of move `ply`, counted from 0, in each of G games with these seeds."""
    seeds = np.asarray(seeds, np.uint64)
    words = np.stack([seeds >> 32, seeds & 0xFFFFFFFF], axis=-1).astype(np.uint32)
    return _fold_in(jax.random.wrap_key_data(jnp.asarray(words), impl="threefry2x32"), ply)


_fold_in = jax.jit(jax.vmap(jax.random.fold_in, (0, None)))
