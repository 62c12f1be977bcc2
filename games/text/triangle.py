"""Pictures of a position of Y: the triangle as text for a terminal, and as SVG for a page."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from games.hexagons import GroupState
from games.text.hexagons import (
    MARGIN,
    OUTLINE,
    SIDE,
    STONE,
    cells_at,
    check_last_move,
    coordinates,
    point,
    row_text,
)
from games.text.layout import Layout, Rim
from games.text.notation import PLAYER_NAMES, cell_name
from games.text.picture import checked_heat, draw_board, situation
from games.text.shapes import winning_fork
from games.y import Y

RIM = 1.05  # the triangle around the board ends so far from the outermost centres, in cells


def lay_out(game: Y) -> Layout:
    """The triangle. All sides are alike, so the rim has no player's colour."""
    size = game.size
    left, top = point(-MARGIN, -MARGIN)[0] - 0.5 * SIDE, point(0, -MARGIN)[1] - 0.6 * SIDE
    far = size - 1 + 2 * RIM
    right, bottom = point(far, -RIM)[0], point(0, far)[1]
    return Layout(
        box=(left, top, right + 0.3 * SIDE - left, bottom + 0.3 * SIDE - top),
        columns=size,
        cells=cells_at(np.flatnonzero(game.on_board).tolist(), size),
        outline=OUTLINE,
        stone=STONE,
        coordinates=coordinates(size),
        rims=[Rim(None, [point(-RIM, -RIM), point(far, -RIM), point(-RIM, far)])],
    )


def draw_text(game: Y, state: GroupState, last_move: int | None = None) -> str:
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
    state: GroupState,
    *,
    last_move: int | None = None,
    heat: ArrayLike | None = None,
    labels: Mapping[int, str] | None = None,
    title: str | None = None,
) -> str:
    """The position as one self-contained `<svg>` element; arguments as in `drawing.draw_svg`."""
    size = game.size
    owner = np.asarray(game.owners(state))
    check_last_move(last_move, owner, size)
    shade = checked_heat(heat, game.num_actions)
    svg = draw_board(
        lay_out(game),
        owner,
        title=title or f"Y of side {size}: {situation(game, state)}",
        description=_description(owner, size, last_move),
        shades=shade,
        chain=winning_fork(game, state),
        last=last_move,
        labels=labels or {},
    )
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
