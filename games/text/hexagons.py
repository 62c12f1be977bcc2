"""What pictures of boards of hexagonal cells share: their places, and rows of text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from games.errors import InputError
from games.text.layout import Cell, Coordinate, Point
from games.text.notation import NOBODY, cell_name
from games.text.picture import STONE_LETTERS

SIDE = 20.0  # of a hexagon, in SVG user units
CELL = math.sqrt(3) * SIDE  # from a cell's centre to the next one's in its row
STONE = 0.74 * SIDE
MARGIN = 1.62  # the letters and numbers stand so far out, in cells


OUTLINE = tuple(
    (SIDE * math.sin(turn * math.pi / 3), SIDE * math.cos(turn * math.pi / 3)) for turn in range(6)
)


def point(column: float, row: float) -> Point:
    """Where a place on the board, in cells, lies in the picture; a1's centre is the origin."""
    return CELL * (column + row / 2), 1.5 * SIDE * row


def cells_at(numbers: Iterable[int], columns: int) -> list[Cell]:
    """Cells of a grid of so many columns, each row half a cell further to the right."""
    return [
        Cell(number, cell_name(number, columns), point(number % columns, number // columns))
        for number in numbers
    ]


def coordinates(size: int) -> list[Coordinate]:
    """Letters above the columns, numbers before the rows."""
    letters = [
        Coordinate(cell_name(k, size)[0], point(k + MARGIN / 2, -MARGIN)) for k in range(size)
    ]
    return letters + [Coordinate(str(k + 1), point(-MARGIN, k)) for k in range(size)]


def row_text(owners: Sequence[int] | np.ndarray, first: int, last_move: int | None) -> str:
    """A row of cells in plain characters, `[x]` where the last move was.

    Args:
        owners: of its cells: 0, 1 or -1.
        first: action of the first one.
        last_move: action to mark, in this row or not.
    """
    cells = "".join(f" {'.' if o == NOBODY else STONE_LETTERS[o]}" for o in owners) + " "
    if last_move is not None and first <= last_move < first + len(owners):
        at = 2 * (last_move - first)
        cells = f"{cells[:at]}[{cells[at + 1]}]{cells[at + 3 :]}"
    return cells


def check_last_move(last_move: int | None, owner: np.ndarray, size: int) -> None:
    """Refuse a last move whose cell is empty.

    Raises:
        InputError: if it is.
    """
    if last_move is None:
        return
    name = cell_name(last_move, size)
    if owner[last_move] == NOBODY:
        raise InputError(f"last move {name} is an empty cell; name the cell of a stone")
