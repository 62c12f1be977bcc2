"""Random numbers of matches: every game and every move in it has a key of its own.

A game's seed hangs on who plays whom, with which opening, and on the tournament's seed, and on
nothing else; it is stored with the game. So a move can be drawn again long after, alone, whatever
was played beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np


def stable_seed(*parts: object) -> int:
    """63 bits that hang on `parts` alone, the same on every machine."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def move_keys(seeds: Sequence[int] | np.ndarray, ply: int) -> np.ndarray:
    """The key of move `ply`, counted from 0, in each of G games with these seeds: [G, 2] uint32,
    what `jax.random.wrap_key_data` takes.

    SplitMix64 (Steele, Lea & Flood 2014) on the host: nothing to compile for every number of games.
    """
    with np.errstate(over="ignore"):
        z = np.asarray(seeds, np.uint64) + np.uint64(ply + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return np.stack([z >> np.uint64(32), z & np.uint64(0xFFFFFFFF)], axis=-1).astype(np.uint32)
