"""The solver's figures, and its answer to every 4×4 position held against the table.

    python benchmarks/exact.py             # CPU seconds, in a minute or two
    python benchmarks/exact.py --every     # all 8.2 million open 4×4 positions, in some minutes

With NUMBA_DISABLE_JIT=1 it measures the plain path, 6×6 left out.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from games.exact import must_play, tables
from games.exact.bitboard import Board, make_board
from games.exact.compiled import COMPILED, entry
from games.exact.solver import Solver
from games.hex import BLACK, WHITE, Hex


def measured(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds and result."""
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def random_position(
    rng: np.random.Generator, size: int, stones: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Stones put down at random by turns, and the side to move."""
    cells = rng.permutation(size**2)[:stones]
    board = np.zeros((2, size**2), bool)
    board[BLACK, cells[::2]] = board[WHITE, cells[1::2]] = True
    return board[BLACK], board[WHITE], stones % 2


def report_boards() -> None:
    """Empty boards and all openings."""
    seconds, _ = measured(lambda: tables.solve_every_position(Hex(4)))
    print(f"all 4×4 positions by table: {seconds:.2f} s")
    for size in (4, 5, 6) if COMPILED else (4, 5):
        empty = np.zeros(size**2, bool)
        for title, method in (("empty", Solver.solve), ("all openings", Solver.winning_moves)):
            solver = Solver(size)
            seconds, found = measured(lambda: method(solver, empty, empty, BLACK))  # noqa: B023
            print(f"{size}×{size} {title}: {found.nodes:,} nodes, {1e3 * seconds:.1f} ms")


def report_positions() -> None:
    """All winning moves of random positions, each met by the same solver."""
    for size, fewest, most, count in ((5, 0, 20, 300), (6, 8, 31, 300), (6, 8, 8, 100)):
        if size == 6 and not COMPILED:
            continue
        rng, solver, times = np.random.default_rng(0), Solver(size), []
        for _ in range(count):
            position = random_position(rng, size, int(rng.integers(fewest, most + 1)))
            times.append(measured(lambda: solver.winning_moves(*position))[0])  # noqa: B023
        mean, longest = 1e3 * np.mean(times), 1e3 * np.max(times)
        print(
            f"{size}×{size}, {fewest} to {most} stones: mean {mean:.2f} ms, at most {longest:.0f}"
        )


@entry
def count_disagreements(values: Any, place: Any, board: Board, memory: Any) -> tuple[int, int]:
    """Open positions looked at, and those where solver and table differ about some move."""
    looked_at, differ = 0, 0
    for index in range(len(values)):
        if values[index] == 0:
            continue
        black, white, stones = 0, 0, 0
        for cell in range(board.cells):
            digit = index // place[cell] % 3
            black |= (digit == 1) << cell
            white |= (digit == 2) << cell
            stones += digit > 0
        if must_play.contacts(black, white, board)[0] != must_play.UNKNOWN:
            continue
        looked_at += 1
        mover = stones % 2
        _, winning = must_play.winning_moves(black, white, mover, board, memory)
        by_table = 0
        for cell in range(board.cells):
            if not ((black | white) >> cell) & 1 and values[index + (1 + mover) * place[cell]] < 0:
                by_table |= 1 << cell
        differ += winning != by_table
    return looked_at, differ


def check_every_position() -> None:
    """Hold the solver against the table on all of 4×4."""
    values = tables.load_table(Hex(4)).values
    place = 3 ** np.arange(16, dtype=np.int64)
    memory = must_play.make_memory(16, 64.0)
    memory.work[must_play.LIMIT] = 2**62
    seconds, (looked_at, differ) = measured(
        lambda: count_disagreements(values, place, make_board(4), memory)
    )
    print(f"{looked_at:,} open 4×4 positions, {differ} disagreements, {seconds:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", action="store_true", help="check every 4×4 position")
    if parser.parse_args().every:
        check_every_position()
    else:
        report_boards()
        report_positions()
