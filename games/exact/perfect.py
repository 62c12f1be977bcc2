"""Perfect play on Hex up to 6×6, and a ladder of players between random and perfect.

Boards up to 4×4 are looked up in their tables, whole batches at a time; larger ones are solved
position by position, which is quick except in the first few plies on 6×6.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import jax
import numpy as np

from games.errors import InputError
from games.exact import solver as exact
from games.exact import tables
from games.exact.solver import MoveSolver, shared_solver
from games.hex import BLACK, NOBODY, WHITE, Hex, HexState
from games.protocol import Game, State

MAX_SIZE = 6


class Chance(Protocol):
    """A source of uniform variates: `numpy.random.Generator`, or one with a key for each state."""

    def random(self, shape: int | tuple[int, ...], /) -> np.ndarray:
        """Variates in [0, 1)."""
        ...


def choose_moves(
    game: Hex,
    states: State,
    rng: Chance,
    skill: float = 1.0,
    *,
    solver: MoveSolver | None = None,
) -> np.ndarray:
    """A move for each of B positions, int [B]; 0 where the game is over.

    With probability `skill` it is perfect, else any legal move. Perfect play wins what is won; in a
    lost position it leaves the opponent as few winning replies as possible. Equals are drawn from.

    Args:
        game: Hex of side 2 to 6.
        states: arrays with one leading axis B.
        rng: source of all chance; B · (A + 1) numbers are drawn, whatever the positions.
        skill: 0 plays at random, 1 perfectly.
        solver: who solves positions beyond the tables; this process's own if none is given.

    Raises:
        InputError: if the game is out of reach or skill is not in [0, 1].
    """
    if not 0 <= skill <= 1:
        raise InputError(f"skill must be between 0 (random) and 1 (perfect), got {skill}")
    check_reach(game)
    states = jax.device_get(states)
    legal = (states.labels == 0) & (states.winner == NOBODY)[:, None]  # [B, A]
    preference = rng.random(legal.shape)
    perfect = legal.any(1) & (rng.random(len(legal)) < skill)
    candidates = legal.copy()
    candidates[perfect] = perfect_moves(game, _take(states, perfect), solver)
    return np.where(candidates, preference, -1).argmax(1)


def perfect_moves(game: Hex, states: State, solver: MoveSolver | None = None) -> np.ndarray:
    """The moves that a perfect player picks from, bool [B, A]; none where the game is over.

    All winning moves; in a lost position, those that leave the fewest winning replies. Arguments
    as in `choose_moves`.

    Raises:
        InputError: if the game is out of reach.
    """
    states = jax.device_get(states)
    moves = winning_moves(game, states, solver)
    lost = ~moves.any(1) & (states.winner == NOBODY)
    if lost.any():
        moves[lost] = _most_stubborn_moves(game, _take(states, lost), solver)
    return moves


def winning_moves(game: Hex, states: State, solver: MoveSolver | None = None) -> np.ndarray:
    """All winning moves of the sides to move, bool [B, A]; none in lost or finished positions.

    Args:
        game: Hex of side 2 to 6.
        states: arrays with one leading axis B.
        solver: as in `choose_moves`.

    Raises:
        InputError: if the game is out of reach.
    """
    check_reach(game)
    states = jax.device_get(states)
    if game.size <= tables.MAX_SIZE:
        return tables.load_table(game).winning_moves(states)
    solver = solver or shared_solver(game.size)
    moves = np.zeros((len(states.labels), game.num_actions), bool)
    for row, position in zip(moves, _one_by_one(game, states), strict=True):
        row[_solve(solver, *position)] = True
    return moves


def _most_stubborn_moves(game: Hex, states: State, solver: MoveSolver | None) -> np.ndarray:
    """The moves in lost positions that leave the fewest winning replies, bool [B, A]."""
    replies = np.where(states.labels == 0, _winning_replies(game, states, solver), game.num_actions)
    return replies == replies.min(1, keepdims=True)


def _winning_replies(game: Hex, states: State, solver: MoveSolver | None) -> np.ndarray:
    """How many winning replies each legal move in lost positions allows, int [B, A]."""
    if game.size <= tables.MAX_SIZE:
        return tables.load_table(game).winning_replies(states)
    solver = solver or shared_solver(game.size)
    replies = np.zeros((len(states.labels), game.num_actions), int)
    for row, (black, white, mover) in zip(replies, _one_by_one(game, states), strict=True):
        for move in np.flatnonzero(~(black | white)):
            stones = np.stack([black, white])
            stones[mover, move] = True
            row[move] = len(_solve(solver, stones[BLACK], stones[WHITE], 1 - mover))
    return replies


def _solve(solver: MoveSolver, black: np.ndarray, white: np.ndarray, mover: int) -> list[int]:
    moves = solver.winning_moves(black, white, mover).winning_moves
    assert moves is not None  # no limit was set
    return list(moves)


def _one_by_one(game: Hex, states: State) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """Black's stones [A], white's stones [A] and the side to move of each position."""
    return zip(*game.stones(states), states.to_move.tolist(), strict=True)


def _take(states: State, chosen: np.ndarray) -> State:
    return HexState(*(field[chosen] for field in states))


def check_reach(game: Game) -> Hex:
    """The game itself, if perfect play is within reach on it.

    Raises:
        InputError: unless it is Hex of side 2 to 6.
    """
    hex_game = exact.check_reach(game)
    if hex_game.size > MAX_SIZE:
        raise InputError(
            f"hex: perfect play reaches boards up to {MAX_SIZE}×{MAX_SIZE}, not size {game.size}"
        )
    return hex_game
