"""Who wins the first positions of 5×5, for the engine in static/engine/, which would need seconds.

    python -m experiments.web.openings experiments/web/static/engine/openings.js

asks the exact solver about every position of at most two stones. `perfect.js` reads the answers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import games
from games.exact.registry import solve_position
from training.files import write_atomically

SIZE, PLIES = 5, 2
DIGITS = "0123456789abcdefghijklmnopqrstuv"
A_LINE = 19  # positions in a line of the file


def openings() -> Iterator[list[int]]:
    """The empty board; every first move; every first move with every cell as a reply, the one that
    is taken included, so that a position is found by its number."""
    cells = range(SIZE**2)
    yield []
    yield from ([black] for black in cells)
    yield from ([black, white] for black in cells for white in cells)


def winning_digits(moves: list[int]) -> str:
    """The winning moves of the side to move as 25 bits in five digits of base 32; 0 if none or if
    there is no such position."""
    if len(set(moves)) < len(moves):
        return "0" * 5
    solution = solve_position(games.make("hex", SIZE), moves)
    assert solution.winning_moves is not None
    bits = sum(1 << move for move in solution.winning_moves)
    return "".join(DIGITS[bits >> shift & 31] for shift in range(20, -1, -5))


def write_openings(path: Path) -> None:
    """Write the module."""
    answers = [winning_digits(moves) for moves in openings()]
    lines = ["".join(answers[k : k + A_LINE]) for k in range(0, len(answers), A_LINE)]
    text = " +\n".join(f'  "{line}"' for line in lines)
    write_atomically(
        path,
        f"""// Written by experiments/web/openings.py: winning moves of all 5×5 positions of at most
// two stones, each five digits of base 32.

export const OPENING_SIZE = {SIZE};
export const OPENING_PLIES = {PLIES};
export const OPENINGS =
{text};
""".encode(),
    )


if __name__ == "__main__":
    write_openings(Path(sys.argv[1]))
