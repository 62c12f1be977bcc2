"""Positions for players on the host: moves that lead to a state, and states one by one."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

from games.errors import InputError
from games.protocol import Game, State


def moves_to(game: Game, states: State) -> list[list[int]]:
    """For each of L live states, moves from the empty board that lead there.

    Where moves only fill cells, as in Hex, a position does not hang on its history, so the stones
    are played in the order of their cells, black's and white's in turn; nobody has won on the way,
    or the state were over.

    Raises:
        InputError: if the game is another: its positions do not say how they came about.
    """
    if not game.fills_cells:
        raise InputError(
            f"{game.name}: a position does not say which moves led to it, as this player must know"
        )
    games = []
    for owners in np.asarray(jax.vmap(game.owners)(states)):
        first, second = np.flatnonzero(owners == 0), np.flatnonzero(owners == 1)
        moves = np.zeros(len(first) + len(second), int)
        moves[::2], moves[1::2] = first, second
        games.append(moves.tolist())
    return games


def stack(positions: Sequence[State]) -> State:
    """Unbatched states as one batch of host arrays."""
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *positions)
