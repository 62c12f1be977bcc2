"""Pictures of a position of Y: the triangle as text for a terminal, and as SVG for a page."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from games.text.hexagons import (
    MARGIN,
    SIDE,
    check_last_move,
    draw_cells,
    draw_coordinates,
    draw_labels,
    draw_stones,
    point,
    points,
    row_text,
)
from games.text.notation import PLAYER_NAMES, cell_name
from games.text.picture import GREY, checked_heat, new_svg, situation
from games.y import Y, YState

RIM = 1.05  # the triangle around the board ends so far from the outermost centres, in cells
GREY_RIM = "#d9d4c7"


def draw_text(game: Y, state: YState, last_move: int | None = None) -> str:
    """The position in plain characters: `x` black, `o` white, `[x]` just played.

    Raises:
        InputError: if `last_move` is not an occupied cell.
    """
    size = game.size
    owner = np.asarray(game.owners(state))
    check_last_move(last_move, owner, size)
    lines = ["    " + " ".join(cell_name(column, size)[0] for column in range(size))]
    for row in range(size):
        shown = owner[row * size : (row + 1) * size - row]
        cells = row_text(shown, row * size, last_move)
        lines.append(f"{' ' * row}{row + 1:2} {cells.rstrip()}")
    return "\n".join([*lines, situation(game, state, letters=True)])


def draw_svg(
    game: Y,
    state: YState,
    *,
    last_move: int | None = None,
    heat: ArrayLike | None = None,
    labels: Mapping[int, str] | None = None,
    title: str | None = None,
) -> str:
    """The position as one self-contained `<svg>` element; arguments as in `drawing.draw_svg`.

    All sides are alike, so the rim has one colour.
    """
    size = game.size
    owner = np.asarray(game.owners(state))
    check_last_move(last_move, owner, size)
    shade = checked_heat(heat, game.num_actions)
    left, top = point(-MARGIN, -MARGIN)[0] - 0.5 * SIDE, point(0, -MARGIN)[1] - 0.6 * SIDE
    right, bottom = point(size - 1 + 2 * RIM, -RIM)[0], point(0, size - 1 + 2 * RIM)[1]
    svg = new_svg(left, top, right + 0.3 * SIDE - left, bottom + 0.3 * SIDE - top)
    ET.SubElement(svg, "title").text = title or f"Y of side {size}: {situation(game, state)}"
    ET.SubElement(svg, "desc").text = _description(owner, size, last_move)
    rim = [(-RIM, -RIM), (size - 1 + 2 * RIM, -RIM), (-RIM, size - 1 + 2 * RIM)]
    style = {"fill": GREY_RIM, "stroke": GREY, "stroke-width": "1.4", "stroke-linejoin": "round"}
    ET.SubElement(svg, "polygon", {"points": points(rim), **style})
    draw_cells(svg, size, shade, np.flatnonzero(game.on_board).tolist())
    draw_stones(svg, size, owner, (), last_move)
    draw_coordinates(svg, size)
    draw_labels(svg, size, owner, shade, labels or {})
    ET.indent(svg, space=" ")
    return ET.tostring(svg, encoding="unicode")


def _description(owner: np.ndarray, size: int, last_move: int | None) -> str:
    sentences = ["Whose group touches all three sides wins."]
    for player, name in enumerate(PLAYER_NAMES):
        stones = [cell_name(action, size) for action in np.flatnonzero(owner == player).tolist()]
        sentences.append(f"{name.capitalize()} has {' '.join(stones) or 'no stones'}.")
    if last_move is not None:
        sentences.append(f"The last move was {cell_name(last_move, size)}.")
    return " ".join(sentences)
