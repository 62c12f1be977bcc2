"""Pictures of a Hex position: text for a terminal, SVG for a page.

Both show the board as a rhombus in the board frame: black joins top and bottom, white left and
right. The SVG holds no ids, style sheets or fonts of its own, so that many fit into one page; its
colours keep their contrast on light and dark pages, in grey and for the colour-blind, and what
colour says, shape says too.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from games.hex import NOBODY, Hex, HexState
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

RIM = 0.95  # the rhombus around the board ends so far from the outermost centres, in cells


def lay_out(game: Hex) -> Layout:
    """The rhombus, with an edge of each player's colour on two sides."""
    size = game.size
    left, top = point(-MARGIN, -MARGIN)[0] - 0.5 * SIDE, point(0, -MARGIN)[1] - 0.6 * SIDE
    right, bottom = point(size - 1 + RIM, size - 1 + RIM)
    low, high, middle = -RIM, size - 1 + RIM, (size - 1) / 2
    corners = [(low, low), (high, low), (high, high), (low, high)]  # column, row; clockwise
    rims = [  # top, right, bottom, left: triangles to the middle
        Rim(k % 2, [point(*corners[k]), point(*corners[(k + 1) % 4]), point(middle, middle)])
        for k in range(4)
    ]
    return Layout(
        box=(left, top, right + 0.3 * SIDE - left, bottom + 0.3 * SIDE - top),
        columns=size,
        cells=cells_at(range(size**2), size),
        outline=OUTLINE,
        stone=STONE,
        coordinates=coordinates(size),
        rims=rims,
    )


def winning_chain(game: Hex, state: HexState) -> list[int]:
    """A shortest chain of the winner's stones, in order from the top or left edge to the other.

    Empty while the game goes on.
    """
    winner = int(state.winner)
    if winner == NOBODY:
        return []
    stones = np.flatnonzero(np.asarray(game.stones(state)[winner])).tolist()
    first, second = (set(np.flatnonzero(edge).tolist()) for edge in game.edges[winner])
    # Breadth first from the second edge, so that following the parents leads back from the first.
    parent: dict[int, int | None] = {cell: None for cell in stones if cell in second}
    queue = list(parent)
    for cell in queue:
        if cell in first:
            chain = [cell]
            while (following := parent[chain[-1]]) is not None:
                chain.append(following)
            return chain
        for neighbour in game.neighbours[cell].tolist():
            if neighbour in stones and neighbour not in parent:
                parent[neighbour] = cell
                queue.append(neighbour)
    raise AssertionError("the winner's stones join no edges")


def draw_text(game: Hex, state: HexState, last_move: int | None = None) -> str:
    """The position in plain characters, for a terminal: `x` black, `o` white, `[x]` just played.

    The edges marked `X`, above and below, are black's to join; those marked `O`, white's.

    Raises:
        InputError: if `last_move` is not an occupied cell.
    """
    size = game.size
    owner = np.asarray(game.owners(state))
    check_last_move(last_move, owner, size)
    middle = size // 2
    black_edge = "-".join("X" if column == middle else "-" for column in range(size))
    letters = " ".join(cell_name(column, size)[0] for column in range(size))
    lines = [f"     {letters}", f"    {black_edge}"]
    for row, owners in enumerate(owner.reshape(size, size)):
        white_edge = "O" if row == middle else "\\"
        cells = row_text(owners, row * size, last_move)
        lines.append(f"{' ' * row}{row + 1:2} {white_edge}{cells}{white_edge}")
    lines.append(f"{' ' * (size + 5)}{black_edge}")
    return "\n".join([*lines, situation(game, state, letters=True)])


def draw_svg(
    game: Hex,
    state: HexState,
    *,
    last_move: int | None = None,
    heat: ArrayLike | None = None,
    labels: Mapping[int, str] | None = None,
    title: str | None = None,
) -> str:
    """The position as one self-contained `<svg>` element.

    A ring marks the last move; once the game is won, the winner's shortest chain is outlined.

    Args:
        game: the rules, for the size of the board.
        state: the position, unbatched.
        last_move: action of the stone to mark.
        heat: a number in 0..1 for each cell, [A], shades the cells (say, visit shares).
        labels: short texts by action, on stones and on empty cells alike, e.g. move numbers.
        title: what screen readers say; without it, size, stones and situation in words.

    Raises:
        InputError: if `last_move` is not an occupied cell, `heat` is not [A] numbers in 0..1, or
            a label is for no cell of the board.
    """
    size = game.size
    owner = np.asarray(game.owners(state))
    check_last_move(last_move, owner, size)
    shade = checked_heat(heat, game.num_actions)
    svg = draw_board(
        lay_out(game),
        owner,
        title=title or f"Hex {size}×{size}: {situation(game, state)}",
        description=_description(owner, size, last_move),
        shades=shade,
        chain=winning_chain(game, state),
        last=last_move,
        labels=labels or {},
    )
    ET.indent(svg, space=" ")
    return ET.tostring(svg, encoding="unicode")


def _description(owner: np.ndarray, size: int, last_move: int | None) -> str:
    sentences = []
    for player, edges in enumerate(("top and bottom", "left and right")):
        stones = [cell_name(action, size) for action in np.flatnonzero(owner == player).tolist()]
        has = " ".join(stones) or "no stones"
        sentences.append(f"{PLAYER_NAMES[player].capitalize()} joins {edges} and has {has}.")
    if last_move is not None:
        sentences.append(f"The last move was {cell_name(last_move, size)}.")
    return " ".join(sentences)
