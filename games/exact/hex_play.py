"""The exact player of Hex: tables up to 4×4, must-play search beyond, judged sets for agents."""

import dataclasses

import numpy as np
from jaxtyping import Bool

from games.exact import tables
from games.exact.compiled import COMPILED
from games.exact.perfect import perfect_moves, winning_moves
from games.exact.positions import RECIPES, fixed_positions
from games.exact.protocol import ExactPlay, JudgedSet, PositionSolution, Verdicts
from games.exact.solver import MoveSolver, shared_solver
from games.hex import NOBODY, Hex
from games.protocol import State


class HexPlay(ExactPlay):
    """Perfect play on one board of Hex.

    Args:
        game: Hex of a side that the solver knows.
        solver: who solves single positions, and those beyond the tables; this process's own if
            none is given.
    """

    game: Hex

    def __init__(self, game: Hex, solver: MoveSolver | None = None) -> None:
        super().__init__(game)
        self._given = solver

    @property
    def quick(self) -> bool:
        """Beyond the tables plain Python takes too long."""
        return self.game.size <= tables.largest(self.game.name) or COMPILED

    @property
    def _solver(self) -> MoveSolver:
        return self._given or shared_solver(self.game.size)

    def judge(self, states: State, *, max_nodes: int | None = None) -> Verdicts:
        """From the table where the board has one, else by the solver, each position once."""
        if self.game.size <= tables.largest(self.game.name):
            return _verdicts(winning_moves(self.game, states))
        stones = np.stack([np.asarray(side) for side in self.game.stones(states)], axis=1)
        distinct, which = np.unique(stones, axis=0, return_inverse=True)  # [N, 2, A]
        winning = np.zeros((len(distinct), self.game.num_actions), bool)
        known = np.zeros(len(distinct), bool)
        for row, (black, white) in enumerate(distinct):
            to_move = int(black.sum() - white.sum())
            found = self._solver.winning_moves(black, white, to_move, max_nodes=max_nodes)
            if found.winning_moves is not None:
                winning[row, list(found.winning_moves)] = True
                known[row] = True
        return _verdicts(winning[which], known[which])

    def perfect_moves(self, states: State) -> Bool[np.ndarray, "N A"]:
        """All winning moves; in a lost position, those that leave the fewest winning replies."""
        return perfect_moves(self.game, states, self._given)

    def legal(self, states: State) -> Bool[np.ndarray, "N A"]:
        """As the rules say, without a compiled program."""
        return (states.labels == 0) & (states.winner == NOBODY)[:, None]

    def judged_set(self) -> JudgedSet | None:
        """The set that is shipped for the board; see `games.exact.positions`."""
        if self.game.size not in RECIPES:
            return None
        fixed = fixed_positions(self.game)
        return JudgedSet(fixed.digest, fixed.states, _verdicts(fixed.winning))

    def solve(
        self, state: State, *, max_nodes: int | None = None, max_seconds: float | None = None
    ) -> PositionSolution:
        """By the solver, on every board."""
        black, white = (np.asarray(side) for side in self.game.stones(state))
        to_move = int(state.to_move)
        found = self._solver.winning_moves(
            black, white, to_move, max_nodes=max_nodes, max_seconds=max_seconds
        )
        return PositionSolution(**dataclasses.asdict(found), to_move=to_move)


def _verdicts(
    winning: Bool[np.ndarray, "N A"], known: Bool[np.ndarray, "N"] | None = None
) -> Verdicts:
    """Nobody draws in Hex: who has no winning move has lost."""
    value = np.where(winning.any(1), 1, -1).astype(np.int8)
    return Verdicts(value, winning, np.ones(len(winning), bool) if known is None else known)
