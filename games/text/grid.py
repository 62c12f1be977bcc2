"""Pictures of games on a square grid, for games that bring none of their own: text and SVG.

Where actions are cells, heat and labels lie on the cells; where they are columns, heat shades whole
columns and labels stand above them. Where a cell has several actions, ways to move what lies on it,
it shows the hottest, and a dot where the last move began. Any other numbering shows no heat.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from games.protocol import Game, State
from games.text.notation import board_name
from games.text.picture import (
    GREY,
    GRID,
    INK,
    PAPER,
    STONE_LETTERS,
    checked_heat,
    heat_colour,
    new_svg,
    situation,
    write,
)

CELL = 36.0  # in SVG user units
STONE = 0.38 * CELL
HEAD = 0.8 * CELL  # room above the grid for letters


def draw_text(game: Game, state: State, last_move: int | None = None) -> str:
    """The position in plain characters: `x` black, `o` white; the last move named below."""
    rows, columns = game.shape
    owners = np.asarray(game.owners(state)).reshape(rows, columns)
    lines = ["    " + " ".join(chr(ord("a") + column) for column in range(columns))]
    lines += [
        f"{row + 1:3} " + " ".join("." if o < 0 else STONE_LETTERS[o] for o in line)
        for row, line in enumerate(owners.tolist())
    ]
    played = "" if last_move is None else f", after {game.action_name(last_move)}"
    return "\n".join([*lines, situation(game, state, letters=True) + played])


def draw_svg(
    game: Game,
    state: State,
    *,
    last_move: int | None = None,
    heat: ArrayLike | None = None,
    labels: Mapping[int, str] | None = None,
    title: str | None = None,
) -> str:
    """The position as one self-contained `<svg>` element; arguments as in `drawing.draw_svg`."""
    rows, columns = game.shape
    owners = np.asarray(game.owners(state))
    width, height = columns * CELL + 4, rows * CELL + HEAD + 4
    svg = new_svg(-2, -HEAD, width, height)
    name = board_name(game)
    ET.SubElement(svg, "title").text = title or f"{name}: {situation(game, state)}"
    shade = _on_cells(game, checked_heat(heat, game.num_actions))
    cells = ET.SubElement(svg, "g", {"stroke": GRID, "stroke-width": "1.2"})
    stones = ET.SubElement(svg, "g", {"stroke": INK, "stroke-width": "1"})
    for cell, owner in enumerate(owners.tolist()):
        x, y = _centre(game, cell)
        corner = {"x": f"{x - CELL / 2:.1f}", "y": f"{y - CELL / 2:.1f}"}
        side = {"width": f"{CELL:.0f}", "height": f"{CELL:.0f}", "fill": heat_colour(shade[cell])}
        ET.SubElement(cells, "rect", corner | side)
        if owner >= 0:
            place = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{STONE:.1f}"}
            ET.SubElement(stones, "circle", place | {"fill": PAPER if owner else INK})
            if game.fills_cells and cell == last_move:
                ring = {"fill": "none", "stroke": INK if owner else PAPER, "stroke-width": "2"}
                ET.SubElement(stones, "circle", place | {"r": f"{0.75 * STONE:.1f}"} | ring)
    ways = game.num_actions // len(owners)
    if ways > 1 and last_move is not None:
        x, y = _centre(game, last_move // ways)
        dot = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{0.2 * STONE:.1f}", "fill": GREY}
        ET.SubElement(stones, "circle", dot)
    _write_labels(svg, game, owners, shade, labels or {}, last_move)
    ET.indent(svg, space=" ")
    return ET.tostring(svg, encoding="unicode")


def _on_cells(game: Game, heat: np.ndarray) -> np.ndarray:
    """Heat by action [A] as heat by cell [R·C]."""
    rows, columns = game.shape
    if game.fills_cells:
        return heat
    if game.num_actions == columns:
        return np.tile(heat, rows)
    if len(heat) % (rows * columns) == 0:
        return heat.reshape(rows * columns, -1).max(1)
    return np.zeros(rows * columns)


def _write_labels(
    svg: ET.Element,
    game: Game,
    owners: np.ndarray,
    shade: np.ndarray,
    labels: Mapping[int, str],
    last_move: int | None,
) -> None:
    columns = game.shape[1]
    by_column = game.num_actions == columns
    texts = ET.SubElement(svg, "g")
    for column in range(columns):
        letter, place = chr(ord("a") + column), ((column + 0.5) * CELL, -0.25 * CELL)
        if by_column and column in labels:
            letter = f"{letter} {labels[column]}"
        write(texts, place, letter, 0.36 * CELL, GREY)
    if not game.fills_cells:
        if by_column and last_move is not None:
            write(texts, ((last_move + 0.5) * CELL, -0.62 * CELL), "▾", 0.36 * CELL, GREY)
        return
    for cell, label in labels.items():
        dark = owners[cell] == 0 or (owners[cell] < 0 and shade[cell] > 0.6)
        write(texts, _centre(game, cell), label, 0.36 * CELL, PAPER if dark else INK)


def _centre(game: Game, cell: int) -> tuple[float, float]:
    row, column = divmod(cell, game.shape[1])
    return (column + 0.5) * CELL, (row + 0.5) * CELL
