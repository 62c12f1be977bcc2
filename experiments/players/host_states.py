"""Positions for players on the host: moves that lead to a state, and states one by one."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

from games.hex import Hex
from games.protocol import Game, State


def moves_to(game: Game, states: State) -> list[list[int]]:
    """For each of L live states, moves from the empty board that lead there.

    A position of Hex does not hang on its history, so the stones are played in the order of
    their cells, black's and white's in turn; nobody has won on the way, or the state were over.
    """
    assert isinstance(game, Hex)
    black, white = (np.asarray(stones) for stones in game.stones(jax.device_get(states)))
    games = []
    for own, other in zip(black, white, strict=True):
        first, second = np.flatnonzero(own), np.flatnonzero(other)
        moves = np.zeros(len(first) + len(second), int)
        moves[::2], moves[1::2] = first, second
        games.append(moves.tolist())
    return games


def stack(positions: Sequence[State]) -> State:
    """Unbatched states as one batch of host arrays."""
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *positions)
