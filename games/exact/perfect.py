"""What a perfect player of Hex picks from, for batches of positions on one board.

Boards up to 4×4 are looked up in their tables, whole batches at a time; larger ones are solved
position by position, which is quick except in the first few plies on 6×6.
"""

from collections.abc import Iterator

import jax
import numpy as np
from jaxtyping import Bool, Int

from games.exact import tables
from games.exact.solver import MoveSolver, shared_solver
from games.hex import BLACK, NOBODY, WHITE, Hex, HexState
from games.protocol import State


def perfect_moves(
    game: Hex, states: State, solver: MoveSolver | None = None
) -> Bool[np.ndarray, "B A"]:
    """The moves that a perfect player picks from; none where the game is over.

    All winning moves; in a lost position, those that leave the fewest winning replies. Arguments
    as in `winning_moves`.
    """
    states = jax.device_get(states)
    if game.size <= tables.largest(game.name):
        return tables.load_table(game).perfect_moves(states)
    moves = winning_moves(game, states, solver)
    lost = ~moves.any(1) & (states.winner == NOBODY)
    if lost.any():
        moves[lost] = _most_stubborn_moves(game, _take(states, lost), solver)
    return moves


def winning_moves(
    game: Hex, states: State, solver: MoveSolver | None = None
) -> Bool[np.ndarray, "B A"]:
    """All winning moves of the sides to move; none in lost or finished positions.

    Args:
        game: Hex of a side that the solver knows.
        states: arrays with one leading axis B.
        solver: who solves positions beyond the tables; this process's own if none is given.
    """
    states = jax.device_get(states)
    if game.size <= tables.largest(game.name):
        return tables.load_table(game).winning_moves(states)
    solver = solver or shared_solver(game.size)
    moves = np.zeros((len(states.labels), game.num_actions), bool)
    for row, position in zip(moves, _one_by_one(game, states), strict=True):
        row[_solve(solver, *position)] = True
    return moves


def _most_stubborn_moves(
    game: Hex, states: State, solver: MoveSolver | None
) -> Bool[np.ndarray, "B A"]:
    """The moves in lost positions that leave the fewest winning replies."""
    replies = np.where(states.labels == 0, _winning_replies(game, states, solver), game.num_actions)
    return replies == replies.min(1, keepdims=True)


def _winning_replies(game: Hex, states: State, solver: MoveSolver | None) -> Int[np.ndarray, "B A"]:
    """How many winning replies each legal move in lost positions allows."""
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
    black, white = (np.asarray(side) for side in game.stones(states))
    return zip(black, white, np.asarray(states.to_move).tolist(), strict=True)


def _take(states: State, chosen: np.ndarray) -> State:
    return HexState(*(field[chosen] for field in states))
