"""The winner and all winning moves of any Hex position up to 6×6, and on 7×7 after the opening.

`games/exact/must_play.py` holds the method; this file holds what a caller needs round it: limits,
clocks and checks.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from games.errors import InputError
from games.exact import must_play
from games.exact.bitboard import MAX_SIZE, make_board, to_bits
from games.exact.protocol import Solution
from games.hex import BLACK, MIN_SIZE, WHITE

DEFAULT_MEMORY_MB = 64.0

FIRST_SLICE = 256  # nodes; about a tenth of a second in plain Python
NO_LIMIT = 2**62


class MoveSolver(Protocol):
    """Whoever finds all winning moves: a `Solver`, or one that remembers beyond its process."""

    def winning_moves(
        self,
        black_stones: ArrayLike,
        white_stones: ArrayLike,
        to_move: int,
        *,
        max_nodes: int | None = None,
        max_seconds: float | None = None,
    ) -> Solution:
        """As `Solver.winning_moves`."""
        ...


class Solver:
    """Solves positions of one board size; what it has proven speeds up what it is asked next.

    Args:
        size: side of the board, 2 to 7. Up to 6 every position can be solved; on 7×7, most with
            about a quarter of the cells taken.
        memory_mb: megabytes (10⁶ bytes) of its table of proven positions. When that is full, the
            proofs that were cheapest to find make room.

    Raises:
        InputError: for a size that it cannot hold, or a memory below 0.001.
    """

    def __init__(self, size: int, memory_mb: float = DEFAULT_MEMORY_MB) -> None:
        if not MIN_SIZE <= size <= MAX_SIZE:
            raise InputError(f"solver: size must be {MIN_SIZE} to {MAX_SIZE}, got {size}")
        if not memory_mb >= 0.001:
            raise InputError(f"solver: memory_mb must be at least 0.001, got {memory_mb}")
        self.size = size
        self._board = make_board(size)
        self._memory = must_play.make_memory(size**2, memory_mb)
        for method in (must_play.search, must_play.winning_moves):
            self._call(method, (0, 0, BLACK), nodes=0)  # compiled before any clock starts

    def solve(
        self,
        black_stones: ArrayLike,
        white_stones: ArrayLike,
        to_move: int,
        *,
        max_nodes: int | None = None,
        max_seconds: float | None = None,
    ) -> Solution:
        """Who wins under perfect play.

        Args:
            black_stones: bool [A], board frame.
            white_stones: bool [A]; any number, so handicap positions too.
            to_move: player 0 or 1.
            max_nodes: positions to visit at most.
            max_seconds: about how long to try. Compiling does not count.

        Raises:
            InputError: if the stones do not fit the board or overlap, or a limit is negative.
        """
        position = self._position(black_stones, white_stones, to_move)
        winner, _, nodes, seconds = self._run(must_play.search, position, max_nodes, max_seconds)
        return Solution(winner=winner, nodes=nodes, seconds=seconds)

    def winning_moves(
        self,
        black_stones: ArrayLike,
        white_stones: ArrayLike,
        to_move: int,
        *,
        max_nodes: int | None = None,
        max_seconds: float | None = None,
    ) -> Solution:
        """Who wins, and with which moves; none in a finished game. Arguments as in `solve`."""
        position = self._position(black_stones, white_stones, to_move)
        winner, found, nodes, seconds = self._run(
            must_play.winning_moves, position, max_nodes, max_seconds
        )
        moves = None if winner is None else tuple(_cells(found))
        return Solution(winner=winner, winning_moves=moves, nodes=nodes, seconds=seconds)

    def _position(self, black: ArrayLike, white: ArrayLike, to_move: int) -> tuple[int, int, int]:
        cells = self._board.cells
        stones = [np.asarray(black, bool), np.asarray(white, bool)]
        if any(side.shape != (cells,) for side in stones):
            shapes = " and ".join(str(side.shape) for side in stones)
            raise InputError(f"solver: stones must be two masks of {cells} cells, got {shapes}")
        if np.any(stones[0] & stones[1]):
            cell = int(np.argmax(stones[0] & stones[1]))
            raise InputError(f"solver: cell {cell} holds stones of both players; remove one")
        if to_move not in (BLACK, WHITE):
            raise InputError(f"solver: to_move must be {BLACK} or {WHITE}, got {to_move}")
        return to_bits(stones[0]), to_bits(stones[1]), int(to_move)

    def _run(
        self,
        method: Callable[..., tuple[int, int]],
        position: tuple[int, int, int],
        max_nodes: int | None,
        max_seconds: float | None,
    ) -> tuple[int | None, int, int, float]:
        """Winner, result, nodes and seconds of a method of `must_play`, run in growing slices.

        Between slices the clock is read and Ctrl-C is heard; a slice begins where the last one
        ended, thanks to the table. Slices double, so that even a table too small to remember
        anything costs no more than twice the nodes.
        """
        max_nodes = NO_LIMIT if max_nodes is None else max_nodes
        max_seconds = np.inf if max_seconds is None else max_seconds
        if max_nodes < 0 or not max_seconds >= 0:
            raise InputError(
                "solver: max_nodes and max_seconds must not be negative, "
                f"got {max_nodes} and {max_seconds}"
            )
        began, spent, allowance = time.perf_counter(), 0, FIRST_SLICE
        while True:
            winner, result, nodes = self._call(method, position, min(allowance, max_nodes - spent))
            spent += nodes
            seconds = time.perf_counter() - began
            if winner != must_play.UNKNOWN:
                return winner, result, spent, seconds
            if spent >= max_nodes or seconds >= max_seconds:
                return None, 0, spent, seconds
            affordable = spent * (max_seconds - seconds) / seconds
            allowance = int(min(2 * allowance, max(affordable, FIRST_SLICE)))

    def _call(
        self, method: Callable[..., tuple[int, int]], position: tuple[int, int, int], nodes: int
    ) -> tuple[int, int, int]:
        """Winner or `UNKNOWN`, result and nodes of one call that may visit so many `nodes`."""
        work = self._memory.work
        work[must_play.NODES], work[must_play.LIMIT] = 0, nodes
        winner, result = method(*position, self._board, self._memory)
        return winner, result, int(work[must_play.NODES])


@functools.cache
def shared_solver(size: int) -> Solver:
    """One solver a board size and process, so that a position is solved once."""
    return Solver(size)


def _cells(bits: int) -> list[int]:
    return [cell for cell in range(bits.bit_length()) if bits >> cell & 1]
