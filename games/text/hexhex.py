"""Pictures of a position of Havannah: the hexagon as text for a terminal, and as SVG for a page."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from games.havannah import Havannah
from games.hexagons import GroupState
from games.text.hexagons import OUTLINE, SIDE, STONE, cells_at, check_last_move, point, row_text
from games.text.layout import Coordinate, Layout
from games.text.notation import PLAYER_NAMES, cell_name
from games.text.picture import checked_heat, draw_board, situation
from games.text.shapes import winning_shape


def lay_out(game: Havannah) -> Layout:
    """The hexagon. A column's letter stands where it begins, a row's number where that ends."""
    columns, size = game.shape[1], game.size
    left, right = point(-1, size - 1)[0], point(columns, size - 1)[0] + 0.5 * SIDE
    top, bottom = point(0, -1)[1] - 0.6 * SIDE, point(0, columns - 1)[1] + 1.2 * SIDE
    written = []
    for k in range(columns):
        first, last = max(size - 1 - k, 0), min(3 * (size - 1) - k, columns - 1)
        written += [
            Coordinate(cell_name(k, columns)[0], point(k, first - 1)),
            Coordinate(str(k + 1), point(last + 1, k)),
        ]
    return Layout(
        box=(left, top, right - left, bottom - top),
        columns=columns,
        cells=cells_at(np.flatnonzero(game.on_board).tolist(), columns),
        outline=OUTLINE,
        stone=STONE,
        coordinates=written,
    )


def draw_text(game: Havannah, state: GroupState, last_move: int | None = None) -> str:
    """The position in plain characters: `x` black, `o` white, `[x]` just played.

    Columns run down to the right; their letters stand above and, of the first ones, to the left.

    Raises:
        InputError: if `last_move` is not an occupied cell.
    """
    columns, size = game.shape[1], game.size
    owner = np.asarray(game.owners(state))
    check_last_move(last_move, owner, columns)
    letters = [cell_name(column, columns)[0] for column in range(columns)]
    lines = [" " * (columns + size + 2) + " ".join(letters[size - 1 :])]
    for row in range(columns):
        first = max(size - 1 - row, 0)
        cells = np.flatnonzero(game.on_board[row]) + row * columns
        shown = row_text(owner[cells], int(cells[0]), last_move).rstrip()
        letter = letters[first - 1] if 0 < first < size else " "
        lines.append(f"{' ' * (row + 2 * first + 1)}{letter} {row + 1:2}{shown}")
    return "\n".join([*lines, situation(game, state, letters=True)])


def draw_svg(
    game: Havannah,
    state: GroupState,
    *,
    last_move: int | None = None,
    heat: ArrayLike | None = None,
    labels: Mapping[int, str] | None = None,
    title: str | None = None,
) -> str:
    """The position as one self-contained `<svg>` element; arguments as in `drawing.draw_svg`."""
    columns, size = game.shape[1], game.size
    owner = np.asarray(game.owners(state))
    check_last_move(last_move, owner, columns)
    shade = checked_heat(heat, game.num_actions)
    svg = draw_board(
        lay_out(game),
        owner,
        title=title or f"Havannah of side {size}: {situation(game, state)}",
        description=_description(owner, columns, last_move),
        shades=shade,
        chain=winning_shape(game, state),
        last=last_move,
        labels=labels or {},
    )
    ET.indent(svg, space=" ")
    return ET.tostring(svg, encoding="unicode")


def _description(owner: np.ndarray, columns: int, last_move: int | None) -> str:
    sentences = ["A bridge of two corners, a fork of three sides or a ring wins."]
    for player, name in enumerate(PLAYER_NAMES):
        stones = [cell_name(action, columns) for action in np.flatnonzero(owner == player).tolist()]
        sentences.append(f"{name.capitalize()} has {' '.join(stones) or 'no stones'}.")
    if last_move is not None:
        sentences.append(f"The last move was {cell_name(last_move, columns)}.")
    return " ".join(sentences)
