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
from games.text.layout import Cell, Coordinate, Layout, Point
from games.text.notation import board_name, cell_at
from games.text.picture import (
    FONT,
    GREY,
    STONE_LETTERS,
    checked_heat,
    draw_board,
    situation,
    write,
)

SIDE = 36.0  # of a cell, in SVG user units
STONE = 0.38 * SIDE
HEAD = 0.8 * SIDE  # room above the grid for letters, and before it for numbers
HALF = SIDE / 2


def lay_out(game: Game) -> Layout:
    """Squares, letters above them and, unless whole columns are played, numbers before them."""
    rows, columns = game.shape
    by_column = not game.fills_cells and game.num_actions == columns
    room = 2 if by_column else HEAD
    coordinates = [
        Coordinate(chr(ord("a") + column), ((column + 0.5) * SIDE, -0.25 * SIDE))
        for column in range(columns)
    ]
    if not by_column:
        coordinates += [
            Coordinate(str(row + 1), (-0.4 * SIDE, (row + 0.5) * SIDE)) for row in range(rows)
        ]
    return Layout(
        box=(-room, -HEAD, columns * SIDE + room + 2, rows * SIDE + HEAD + 2),
        columns=columns,
        cells=[
            Cell(cell, cell_at(cell, game.shape), _centre(game, cell))
            for cell in range(rows * columns)
        ],
        outline=((-HALF, -HALF), (HALF, -HALF), (HALF, HALF), (-HALF, HALF)),
        stone=STONE,
        coordinates=coordinates,
        by_column=by_column,
    )


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
    layout, owners = lay_out(game), np.asarray(game.owners(state))
    shades = _on_cells(game, checked_heat(heat, game.num_actions))
    moves_stones = not (game.fills_cells or layout.by_column)
    ways = game.num_actions // len(owners)
    svg = draw_board(
        layout,
        owners,
        title=title or f"{board_name(game)}: {situation(game, state)}",
        shades=shades,
        last=last_move if game.fills_cells else None,
        left=last_move // ways if moves_stones and ways > 1 and last_move is not None else None,
        labels=(labels or {}) if game.fills_cells else {},
    )
    if layout.by_column:
        _write_above(svg, labels or {}, last_move)
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


def _write_above(svg: ET.Element, labels: Mapping[int, str], last_move: int | None) -> None:
    """Labels of columns, and a mark over the one that was played."""
    for column, label in labels.items():
        write(svg, ((column + 0.78) * SIDE, -0.25 * SIDE), label, 0.7 * FONT, GREY)
    if last_move is not None:
        write(svg, ((last_move + 0.5) * SIDE, -0.62 * SIDE), "▾", FONT, GREY)


def _centre(game: Game, cell: int) -> Point:
    row, column = divmod(cell, game.shape[1])
    return (column + 0.5) * SIDE, (row + 0.5) * SIDE
