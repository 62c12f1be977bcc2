"""The exact player of Connect Four: alpha-beta search, from the start on small grids."""

import functools
import math
import time

import numpy as np

from games.connect_four import ConnectFour
from games.exact import four_search
from games.exact.bounds import LIMIT, NODES, UNKNOWN, BoundsTable, empty_table
from games.exact.compiled import COMPILED
from games.exact.met import positions_met
from games.exact.protocol import ExactPlay, JudgedSet, PositionSolution, Verdicts
from games.protocol import State
from games.text.notation import NOBODY

ENTRIES = 4_000_037
"""Positions that the table holds at most, 9 bytes each; a prime, so that keys spread."""
FIRST_SLICE = 4_096
"""Nodes before the clock is first looked at."""
JUDGED_FROM = {56: 8, 65: 8, 66: 14, 67: 18}
"""Stones on the board in judged positions at least; where none is named, any number."""


class FourPlay(ExactPlay):
    """Perfect play on one grid of Connect Four whose bitboards fit (`four_search.fits`)."""

    game: ConnectFour

    def __init__(self, game: ConnectFour) -> None:
        super().__init__(game)
        self._grid = four_search.make_four_grid(*game.shape)
        self._table = empty_table(ENTRIES)

    @property
    def quick(self) -> bool:
        """Plain Python takes too long."""
        return COMPILED

    def judge(self, states: State, *, max_nodes: int | None = None) -> Verdicts:
        """By search, each position once."""
        discs = np.asarray(states.stones)  # [N, 2, R]
        distinct, which = np.unique(discs, axis=0, return_inverse=True)
        verdicts = Verdicts(
            value=np.zeros(len(distinct), np.int8),
            keeping=np.zeros((len(distinct), self.game.num_actions), bool),
            known=np.zeros(len(distinct), bool),
        )
        for row, position in enumerate(distinct):
            value, moves, _ = self._solved(position, max_nodes, None)
            verdicts.known[row] = value != UNKNOWN
            if value != UNKNOWN:
                verdicts.value[row] = value
                verdicts.keeping[row, moves] = True
        return Verdicts(*(part[which.ravel()] for part in verdicts))

    def judged_set(self) -> JudgedSet | None:
        """Positions met in random games, from where each takes a moment."""
        return self._judged

    @functools.cached_property
    def _judged(self) -> JudgedSet | None:
        return positions_met(self, first_ply=JUDGED_FROM.get(self.game.size, 0))

    def solve(
        self, state: State, *, max_nodes: int | None = None, max_seconds: float | None = None
    ) -> PositionSolution:
        """See `ExactPlay.solve`."""
        if bool(self.game.terminal(state)):
            return super().solve(state)
        began, to_move = time.perf_counter(), int(state.to_move)
        value, moves, nodes = self._solved(np.asarray(state.stones), max_nodes, max_seconds)
        known = value != UNKNOWN
        return PositionSolution(
            winner=(NOBODY, to_move, 1 - to_move)[value] if known else None,
            winning_moves=tuple(moves) if known else None,
            nodes=nodes,
            seconds=time.perf_counter() - began,
            to_move=to_move,
        )

    def _solved(
        self, rows: np.ndarray, max_nodes: int | None, max_seconds: float | None
    ) -> tuple[int, list[int], int]:
        """Value of a live position [2, R], the moves that keep it, and nodes visited."""
        first, second = (self._bits(side) for side in rows)
        discs = first | second
        mine = first if discs.bit_count() % 2 == 0 else second
        search = _Limited(self._grid, self._table, max_nodes, max_seconds)
        value = search(mine, discs, -1, 1)
        moves = []
        for column in range(self._grid.columns) if value in (0, 1) else ():
            move = (discs + (1 << column * self._grid.height)) & ~discs
            if not move & self._grid.cells:
                continue
            if four_search.completes_four(mine | move, self._grid):
                keeps = True
            else:  # whether the opponent gets no more than we leave it
                reply = search(mine ^ discs, discs | move, -value, 1 - value)
                if reply == UNKNOWN:
                    return UNKNOWN, [], search.nodes
                keeps = reply <= -value
            if keeps:
                moves.append(column)
        return value, moves, search.nodes

    def _bits(self, rows: np.ndarray) -> int:
        """One player's discs [R], the top row first, as a bitboard."""
        height, board = self._grid.height, 0
        for level, row in enumerate(rows[::-1].tolist()):
            for column in range(self._grid.columns):
                board |= (row >> column & 1) << column * height + level
        return board


class _Limited:
    """Searches of one question, which share its limits."""

    def __init__(
        self,
        grid: four_search.FourGrid,
        table: BoundsTable,
        max_nodes: int | None,
        max_seconds: float | None,
    ) -> None:
        self._grid, self._table = grid, table
        self._most = 2**62 if max_nodes is None else max_nodes
        four_search.search(0, 0, 1, 1, grid, table)  # compiled before the clock starts
        self._until = time.perf_counter() + (math.inf if max_seconds is None else max_seconds)
        table.work[NODES] = 0

    @property
    def nodes(self) -> int:
        """Visited so far."""
        return int(min(self._table.work[NODES], self._most))

    def __call__(self, mine: int, discs: int, alpha: int, beta: int) -> int:
        """As `four_search.search`. Cut off, it goes on from what the table knows."""
        work, allowed = self._table.work, FIRST_SLICE
        while True:
            work[LIMIT] = min(self._most, work[NODES] + allowed)
            value = four_search.search(mine, discs, alpha, beta, self._grid, self._table)
            over = work[NODES] >= self._most or time.perf_counter() >= self._until
            if value != UNKNOWN or over:
                return int(value)
            allowed *= 2
