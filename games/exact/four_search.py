"""The value of any Connect Four position: alpha-beta on bitboards with a transposition table.

A column takes R + 1 bits of an integer, its lowest cell first and one bit to spare on top, as in
Tromp's and Pons's programs; integers stay below 2⁶³. A position is two integers, `mine`, the discs
of the side to move, and `discs`, everybody's. Adding the bottom row to `discs` carries in each
column to the cell where the next disc lands, so together with `mine` it is a key that no other
position has.

Four ideas keep the tree small: a won move ends it; a cell where the opponent would win must be
taken, and the cell below one must not; moves that make most threats come first, then the middle
ones; and what is known of a position, a bound on either side, is remembered.
"""

from __future__ import annotations

from typing import NamedTuple

from games.exact.bitboard import count, lowest
from games.exact.bounds import LIMIT, NODES, UNKNOWN, BoundsTable, keep_value, known_bounds
from games.exact.compiled import entry, helper

MOST_THREATS = 4
"""Moves that make as many or more are not told apart."""


class FourGrid(NamedTuple):
    """The geometry of a grid; every mask is a bitboard."""

    rows: int
    columns: int
    height: int  # R + 1, from a column's bits to the next one's
    cells: int  # all cells
    bottom: int
    from_middle: tuple[int, ...]  # the columns, the middle ones first, as masks


def fits(rows: int, columns: int) -> bool:
    """Whether a grid's integers stay below 2⁶³."""
    return (rows + 1) * columns <= 62


def make_four_grid(rows: int, columns: int) -> FourGrid:
    """The geometry of a grid that fits."""
    height = rows + 1
    bottom = sum(1 << column * height for column in range(columns))
    column_cells = (1 << rows) - 1
    order = sorted(range(columns), key=lambda column: abs(2 * column - columns + 1))
    return FourGrid(
        rows=rows,
        columns=columns,
        height=height,
        cells=bottom * column_cells,
        bottom=bottom,
        from_middle=tuple(column_cells << column * height for column in order),
    )


@entry
def search(mine: int, discs: int, alpha: int, beta: int, grid: FourGrid, table: BoundsTable) -> int:
    """The value for the side to move if it lies between alpha and beta, else a bound beyond them;
    `UNKNOWN` once the limit is met. The game must go on."""
    return _search(mine, discs, alpha, beta, grid, table)


@entry
def completes_four(discs: int, grid: FourGrid) -> bool:
    """Whether one player's discs hold four in a row."""
    for step in (1, grid.height - 1, grid.height, grid.height + 1):
        pairs = discs & discs >> step
        if pairs & pairs >> 2 * step:
            return True
    return False


@helper
def _search(
    mine: int, discs: int, alpha: int, beta: int, grid: FourGrid, table: BoundsTable
) -> int:
    table.work[NODES] += 1
    if table.work[NODES] > table.work[LIMIT]:
        return UNKNOWN
    landing = (discs + grid.bottom) & grid.cells
    if landing == 0:
        return 0
    if _fours(mine, grid) & landing:
        return 1
    dangers = _fours(mine ^ discs, grid) & (grid.cells ^ discs)
    moves = landing
    must = dangers & landing
    if must:
        if must != lowest(must):
            return -1
        moves = must
    moves &= ~(dangers >> 1)  # a disc there would lift the opponent's to where it wins
    if moves == 0:
        return -1

    key = mine + discs + grid.bottom
    least, most = known_bounds(key, table)
    if least >= beta or least == most:
        return least
    if most <= alpha:
        return most
    low, high = max(alpha, least), min(beta, most)
    best = -1
    for threats in range(MOST_THREATS, -1, -1):
        for column in grid.from_middle:
            move = moves & column
            if best >= high or move == 0 or _threats(mine | move, discs, grid) != threats:
                continue
            value = _search(mine ^ discs, discs | move, -high, -max(low, best), grid, table)
            if value == UNKNOWN:
                return UNKNOWN
            best = max(best, -value)
    keep_value(key, best, alpha, beta, least, most, table)
    return best


@helper
def _threats(mine: int, discs: int, grid: FourGrid) -> int:
    """How many empty cells would complete four; as many as make a difference."""
    return min(MOST_THREATS, count(_fours(mine, grid) & (grid.cells ^ (discs | mine))))


@helper
def _fours(mine: int, grid: FourGrid) -> int:
    """Cells, taken or not, beside or between three discs in a row. In columns, the cell on top."""
    found = mine << 1 & mine << 2 & mine << 3
    for step in (grid.height - 1, grid.height, grid.height + 1):
        above = mine << step & mine << 2 * step
        below = mine >> step & mine >> 2 * step
        found |= above & (mine << 3 * step | mine >> step) | below & (
            mine >> 3 * step | mine << step
        )
    return found & grid.cells
