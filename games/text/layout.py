"""Where everything of a board lies in a picture: what the drawn SVG and the pages share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Point = tuple[float, float]
"""x to the right and y down, in SVG user units."""


class Cell(NamedTuple):
    """A cell that can hold a stone."""

    number: int
    """`row * C + column`, as everywhere."""
    name: str
    centre: Point


class Rim(NamedTuple):
    """A shape that lies under the cells."""

    owner: int | None
    """The player whose colour it has; none for a rim that is nobody's."""
    corners: Sequence[Point]


class Coordinate(NamedTuple):
    """A letter or number beside the board."""

    text: str
    centre: Point


class Layout(NamedTuple):
    """A board, drawn without its stones."""

    box: tuple[float, float, float, float]
    """Left, top, width and height of the picture."""
    columns: int
    """C, by which a cell's number becomes its row and column."""
    cells: Sequence[Cell]
    outline: Sequence[Point]
    """Corners of a cell, from its centre."""
    stone: float
    """Radius of a stone."""
    coordinates: Sequence[Coordinate]
    rims: Sequence[Rim] = ()
    by_column: bool = False
    """Whether an action is a column, wherever in it a stone comes to lie."""
