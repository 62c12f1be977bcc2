"""Who wins a position of Breakthrough: a search on bitboards that remembers what it has proven.

A player's stones are the bits of an integer, cell `row * columns + column`; the two of a board of
up to 30 cells and the side to move are one 61-bit key. Nobody draws and every move goes ahead, so
a position is won or lost and none comes back.

Three ideas keep the tree small: a stone on the last row but one has won; a stone of the opponent
there must be taken; captures are tried first, then the foremost stones.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from games.exact.bitboard import lowest
from games.exact.bounds import LIMIT, NODES, UNKNOWN
from games.exact.compiled import entry, helper, vector


class BreakGrid(NamedTuple):
    """The geometry of a grid; every mask is a bitboard."""

    rows: int
    columns: int
    cells: int  # how many
    left: int  # the first column
    right: int  # the last column
    before_last: tuple[int, int]  # by player, the row from which nothing holds its stones


class BreakTable(NamedTuple):
    """What a search reads and writes beyond the position."""

    keys: Any  # int64 [entries]
    values: Any  # int8 [entries]
    work: Any  # int64 [2]


def make_break_grid(rows: int, columns: int) -> BreakGrid:
    """The geometry of a grid of at most 30 cells."""
    row = (1 << columns) - 1
    column = sum(1 << columns * k for k in range(rows))
    return BreakGrid(
        rows=rows,
        columns=columns,
        cells=rows * columns,
        left=column,
        right=column << columns - 1,
        before_last=(row << columns * (rows - 2), row << columns),
    )


def empty_break_table(entries: int) -> BreakTable:
    """An empty table of so many positions."""
    keys = vector(np.full(entries, -1, np.int64))
    return BreakTable(keys, vector(np.zeros(entries, np.int8)), vector(np.zeros(2, np.int64)))


@entry
def search(mine: int, theirs: int, player: int, grid: BreakGrid, table: BreakTable) -> int:
    """1 if the side to move wins, else -1; `UNKNOWN` once the limit is met. The game goes on."""
    return _search(mine, theirs, player, grid, table)


@helper
def _search(mine: int, theirs: int, player: int, grid: BreakGrid, table: BreakTable) -> int:
    table.work[NODES] += 1
    if table.work[NODES] > table.work[LIMIT]:
        return UNKNOWN
    if mine & grid.before_last[player]:
        return 1
    must = theirs & grid.before_last[1 - player]
    if must != lowest(must):
        return -1  # only one of them can be taken
    key = 2 * (mine << grid.cells | theirs) + player
    place = key % len(table.keys)
    if table.keys[place] == key:
        return table.values[place]
    value = -1
    targets = must if must else theirs
    for captures in (True, False):
        if not captures and must:
            break
        for row_ in range(grid.rows):
            row = grid.rows - 2 - row_ if player == 0 else row_ + 1  # the foremost first
            if row < 0 or row >= grid.rows or value == 1:
                continue
            stones = mine & ((1 << grid.columns) - 1) << row * grid.columns
            while stones and value != 1:
                stone = lowest(stones)
                stones ^= stone
                for way in range(-1, 2):
                    target = _ahead(stone, way, player, grid)
                    if captures:
                        if way == 0 or not target & targets:
                            continue
                    elif target & (mine | theirs) or target == 0:
                        continue
                    left = theirs & ~target
                    if left == 0:
                        value = 1
                        break
                    reply = _search(left, mine ^ stone | target, 1 - player, grid, table)
                    if reply == UNKNOWN:
                        return UNKNOWN
                    if reply == -1:
                        value = 1
                        break
    table.keys[place] = key
    table.values[place] = value
    return value


@helper
def _ahead(stone: int, way: int, player: int, grid: BreakGrid) -> int:
    """The cell one row ahead of a stone, to the left (-1), straight (0) or to the right (1); none
    beside the board. The stone is not on its last row."""
    if (way == -1 and stone & grid.left) or (way == 1 and stone & grid.right):
        return 0
    if player == 0:
        return stone << grid.columns + way
    return stone >> grid.columns - way
