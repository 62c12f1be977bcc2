"""Hex in plain Python, from the rules alone: an oracle that shares nothing with the package.

Cells lie on a hexagonal lattice. In cube coordinates (column, row, -column - row) two cells touch
exactly if they are at distance 1 (https://www.redblobgames.com/grids/hexagons/#distances). Player 0
joins the first and last row, player 1 the first and last column.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence


def touch(cell: int, other: int, size: int) -> bool:
    row, column = divmod(cell, size)
    other_row, other_column = divmod(other, size)
    d_column, d_row = other_column - column, other_row - row
    return max(abs(d_column), abs(d_row), abs(d_column + d_row)) == 1


@functools.cache
def cells_around(cell: int, size: int) -> frozenset[int]:
    return frozenset(other for other in range(size**2) if touch(cell, other, size))


def sides(cell: int, player: int, size: int) -> set[str]:
    """Which of the player's two sides the cell lies on."""
    place = divmod(cell, size)[player]
    return {side for side, at in (("first", 0), ("second", size - 1)) if place == at}


def groups(owner: Sequence[int], player: int, size: int) -> list[tuple[set[int], set[str]]]:
    """The player's groups of touching stones, each with the sides it reaches, by flood fill."""
    unseen = {cell for cell, who in enumerate(owner) if who == player}
    found = []
    while unseen:
        stack = [unseen.pop()]
        stones: set[int] = set()
        reached: set[str] = set()
        while stack:
            cell = stack.pop()
            stones.add(cell)
            reached |= sides(cell, player, size)
            near = unseen & cells_around(cell, size)
            unseen -= near
            stack.extend(near)
        found.append((stones, reached))
    return found


def joined(owner: Sequence[int], size: int) -> list[int]:
    """The players whose two sides are joined by one group."""
    return [
        player
        for player in (0, 1)
        if any(len(reached) == 2 for _, reached in groups(owner, player, size))
    ]
