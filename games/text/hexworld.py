"""Links that open a game on HexWorld, a free board and analysis page for Hex in the browser.

The link holds the board's side, HexWorld's own version mark, and all moves run together:
`hexworld.org/board/#5c1,c3b2`. Its colours and cell names are ours: the first player joins top and
bottom.
"""

from __future__ import annotations

from collections.abc import Iterable

from games.text.notation import cell_name

PAGE = "https://hexworld.org/board/"


def hexworld_link(size: int, moves: Iterable[int]) -> str:
    """The link of a game without swap, from the empty board.

    Raises:
        InputError: if a move is not a cell of the board.
    """
    return f"{PAGE}#{size}c1,{''.join(cell_name(move, size) for move in moves)}"
