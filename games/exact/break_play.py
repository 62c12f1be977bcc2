"""The exact player of Breakthrough: search on bitboards, from the start on small grids."""

import functools

import numpy as np

from games.breakthrough import WAYS, Breakthrough
from games.exact import break_search
from games.exact.bounds import LIMIT, NODES, UNKNOWN
from games.exact.compiled import COMPILED
from games.exact.met import positions_met
from games.exact.protocol import ExactPlay, JudgedSet, Verdicts
from games.protocol import State

ENTRIES = 4_000_037
"""Positions that the table holds at most, 9 bytes each; a prime, so that keys spread."""


class BreakPlay(ExactPlay):
    """Perfect play on one grid of Breakthrough of at most 30 cells."""

    game: Breakthrough

    def __init__(self, game: Breakthrough) -> None:
        super().__init__(game)
        self._grid = break_search.make_break_grid(*game.shape)
        self._table = break_search.empty_break_table(ENTRIES)

    @property
    def quick(self) -> bool:
        """Plain Python takes too long."""
        return COMPILED

    def judge(self, states: State, *, max_nodes: int | None = None) -> Verdicts:
        """By search, each position by itself."""
        legal = self.legal(states)
        to_move = np.asarray(states.to_move)
        boards = self._boards(np.asarray(states.stones, np.int64), to_move)
        keeping, known = np.zeros_like(legal), np.ones(len(legal), bool)
        for row, (mine, theirs) in enumerate(boards):
            self._table.work[NODES] = 0
            self._table.work[LIMIT] = 2**62 if max_nodes is None else max_nodes
            for action in np.flatnonzero(legal[row]).tolist():
                left = self._after(mine, theirs, int(to_move[row]), action)
                keeping[row, action] = left == -1
                known[row] &= left != UNKNOWN
        keeping &= known[:, None]
        value = np.where(keeping.any(1), 1, -1).astype(np.int8)
        return Verdicts(value, keeping, known)

    def judged_set(self) -> JudgedSet | None:
        """Positions met in random games."""
        return self._judged

    @functools.cached_property
    def _judged(self) -> JudgedSet | None:
        return positions_met(self)

    def _boards(self, stones: np.ndarray, to_move: np.ndarray) -> list[list[int]]:
        """Rows [N, 2, R] as bitboards (mine, theirs), bit `row · columns + column`."""
        places = 1 << self._grid.columns * np.arange(self._grid.rows)
        black_first = stones @ places
        mover_first = np.where(to_move[:, None] == 0, black_first, black_first[:, ::-1])
        return mover_first.tolist()

    def _after(self, mine: int, theirs: int, player: int, action: int) -> int:
        """What the opponent is left with after a legal move: 1 won, -1 lost, or `UNKNOWN`."""
        columns = self._grid.columns
        cell, way = divmod(action, len(WAYS))
        reached = cell + (columns if player == 0 else -columns) + way - 1
        mine, theirs = mine ^ 1 << cell | 1 << reached, theirs & ~(1 << reached)
        ends_at = self._grid.rows - 1 if player == 0 else 0
        if not theirs or reached // columns == ends_at:
            return -1
        return int(break_search.search(theirs, mine, 1 - player, self._grid, self._table))
