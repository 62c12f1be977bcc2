"""What pictures of boards of hexagonal cells share: places, cells, stones and labels in SVG."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

import numpy as np

from games.errors import InputError
from games.hex import BLACK
from games.text.notation import NOBODY, cell_name
from games.text.picture import CHAIN, GREY, GRID, INK, PAPER, STONE_LETTERS, heat_colour, write

SIDE = 20.0  # of a hexagon, in SVG user units
CELL = math.sqrt(3) * SIDE  # from a cell's centre to the next one's in its row
STONE = 0.74 * SIDE
MARGIN = 1.62  # the letters and numbers stand so far out, in cells


def point(column: float, row: float) -> tuple[float, float]:
    """Where a place on the board, in cells, lies in the picture; a1's centre is the origin."""
    return CELL * (column + row / 2), 1.5 * SIDE * row


def points(places: Sequence[tuple[float, float]]) -> str:
    """Places as an SVG list of points."""
    return " ".join("{:.1f},{:.1f}".format(*point(column, row)) for column, row in places)


def centre(action: int, size: int) -> tuple[float, float]:
    """Where a cell's centre lies in the picture."""
    row, column = divmod(action, size)
    return point(column, row)


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


def draw_cells(svg: ET.Element, size: int, shades: np.ndarray, drawn: Sequence[int]) -> None:
    """Hexagons in the colours of their heat [A]."""
    corners = [
        (SIDE * math.sin(turn * math.pi / 3), SIDE * math.cos(turn * math.pi / 3))
        for turn in range(6)
    ]
    cells = ET.SubElement(svg, "g", {"stroke": GRID, "stroke-width": "1.2"})
    for action in drawn:
        x, y = centre(action, size)
        ET.SubElement(
            cells,
            "polygon",
            {
                "data-cell": cell_name(action, size),
                "points": " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners),
                "fill": heat_colour(shades[action]),
            },
        )


def draw_stones(
    svg: ET.Element, size: int, owner: np.ndarray, chain: Sequence[int], last_move: int | None
) -> None:
    """Stones, a ring on the last move, and a chain of stones outlined."""
    if chain:
        links = " ".join("{:.1f},{:.1f}".format(*centre(action, size)) for action in chain)
        ET.SubElement(
            svg,
            "polyline",
            {"points": links, "fill": "none", "stroke": CHAIN, "stroke-width": f"{0.4 * SIDE:.1f}"},
        )
    stones = ET.SubElement(svg, "g", {"stroke": INK, "stroke-width": "1"})
    for action in np.flatnonzero(owner != NOBODY).tolist():
        x, y = (f"{value:.1f}" for value in centre(action, size))
        stone = {"data-stone": cell_name(action, size), "cx": x, "cy": y, "r": f"{STONE:.1f}"}
        stone["fill"] = INK if owner[action] == BLACK else PAPER
        if action in chain:
            stone |= {"stroke": CHAIN, "stroke-width": f"{0.16 * SIDE:.1f}"}
        ET.SubElement(stones, "circle", stone)
        if action == last_move:
            ring = {"cx": x, "cy": y, "r": f"{0.78 * STONE:.1f}", "fill": "none"}
            ring |= {"stroke": PAPER if owner[action] == BLACK else INK, "stroke-width": "2"}
            ET.SubElement(stones, "circle", {"data-last": cell_name(action, size), **ring})


def draw_coordinates(svg: ET.Element, size: int) -> None:
    """Letters above the columns, numbers before the rows."""
    coordinates = ET.SubElement(svg, "g")
    for k in range(size):
        letter, number = cell_name(k, size)[0], str(k + 1)
        write(coordinates, point(k + MARGIN / 2, -MARGIN), letter, 0.72 * SIDE, GREY)
        write(coordinates, point(-MARGIN, k), number, 0.72 * SIDE, GREY)


def draw_labels(
    svg: ET.Element, size: int, owner: np.ndarray, shades: np.ndarray, labels: Mapping[int, str]
) -> None:
    """Short texts by action, on stones and on empty cells."""
    texts = ET.SubElement(svg, "g")
    for action, label in labels.items():
        name = cell_name(action, size)
        dark = owner[action] == BLACK or (owner[action] == NOBODY and shades[action] > 0.6)
        font_size = SIDE * (0.7 if len(label) < 3 else 0.52)
        fill = PAPER if dark else INK
        write(texts, centre(action, size), label, font_size, fill).set("data-label", name)


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
