"""The value of any position of Havannah on small hexagons: alpha-beta on bitboards with a table.

The hexagon is the middle of a grid of 2S - 1 rows whose cells touch as those of Hex do, so its
bitboards are those of `games.exact.bitboard` with nothing beside it. Two of side 3 are a 50-bit
key, and stones tell whose turn it is.

Three ideas keep the tree small: a won move ends it; a cell where the opponent would win must be
taken; and positions that are turns of each other are one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from games.exact.bitboard import Board, count, grow, index_of, lowest, make_board, to_bits
from games.exact.bounds import LIMIT, NODES, UNKNOWN, BoundsTable, keep_value, known_bounds
from games.exact.compiled import entry, helper, vector
from games.havannah import CLOCKWISE, CORNER_BITS, CORNERS, SIDES, Havannah

HALF_BITS = 13
"""A bitboard of 25 cells is turned in two halves, looked up each."""


class Hexagon(NamedTuple):
    """The geometry of a hexagon; every mask is a bitboard of its grid."""

    board: Board
    side: int  # also the stones of the shortest bridge
    cells: int  # those of the hexagon
    corners: int
    sides: tuple[int, ...]  # without the corners
    around: Any  # int64 [grid cells, 6] clockwise, 0 beyond the hexagon
    from_middle: Any  # int64 [cells] the cells, the middle first
    turned: Any  # int64 [12, 2, 2^HALF_BITS] of the lower and the upper half of a bitboard


def make_hexagon(game: Havannah) -> Hexagon:
    """The geometry of a hexagon of side 2 or 3."""
    inside = game.on_board.ravel()
    around = np.append(1 << np.arange(game.num_actions), 0)[game.neighbours[:, CLOCKWISE]]
    row, column = np.divmod(np.arange(game.num_actions), game.shape[1]) - np.array(
        [[game.size - 1]]
    )
    distance = np.max(np.abs([row, column, row + column]), axis=0)
    order = [cell for cell in np.argsort(distance, kind="stable") if inside[cell]]
    return Hexagon(
        board=make_board(game.shape[0]),
        side=game.size,
        cells=to_bits(inside),
        corners=to_bits(game.border & CORNER_BITS),
        sides=tuple(to_bits(game.border & 1 << CORNERS + side) for side in range(SIDES)),
        around=vector(around.astype(np.int64)),
        from_middle=vector(1 << np.array(order, np.int64)),
        turned=vector(_turned(game)),
    )


def _turned(game: Havannah) -> np.ndarray:
    """See `Hexagon.turned`."""
    halves = np.arange(2**HALF_BITS)
    tables = np.zeros((12, 2, len(halves)), np.int64)
    for turn, cells in enumerate(game.symmetries.cells):
        for cell, to in enumerate(cells):
            half, bit = divmod(cell, HALF_BITS)
            tables[turn, half] |= (halves >> bit & 1) << to
    return tables


@entry
def search(
    mine: int, theirs: int, alpha: int, beta: int, hexagon: Hexagon, table: BoundsTable
) -> int:
    """The value for the side to move if it lies between alpha and beta, else a bound beyond them;
    `UNKNOWN` once the limit is met. The game must go on."""
    return _search(mine, theirs, alpha, beta, hexagon, table)


@entry
def completes(stones: int, cell: int, hexagon: Hexagon) -> bool:
    """Whether a player who has `stones` wins by one more on `cell`, a bit."""
    return _completes(stones, cell, hexagon)


@helper
def _search(
    mine: int, theirs: int, alpha: int, beta: int, hexagon: Hexagon, table: BoundsTable
) -> int:
    table.work[NODES] += 1
    if table.work[NODES] > table.work[LIMIT]:
        return UNKNOWN
    empty = hexagon.cells & ~(mine | theirs)
    if empty == 0:
        return 0
    key = _key(mine, theirs, hexagon)
    least, most = known_bounds(key, table)
    if least >= beta or least == most:
        return least
    if most <= alpha:
        return most
    moves, best = empty, -1
    if count(mine) >= hexagon.side - 1 and _wins(mine, empty, hexagon):
        least = best = 1
    else:
        must = _wins(theirs, empty, hexagon)
        if must:
            moves = must if must == lowest(must) else 0
        low, high = max(alpha, least), min(beta, most)
        for k in range(len(hexagon.from_middle)):
            move = hexagon.from_middle[k] & moves
            if best >= high or move == 0:
                continue
            value = _search(theirs, mine | move, -high, -max(low, best), hexagon, table)
            if value == UNKNOWN:
                return UNKNOWN
            best = max(best, -value)
    keep_value(key, best, alpha, beta, least, most, table)
    return best


@helper
def _wins(stones: int, empty: int, hexagon: Hexagon) -> int:
    """The empty cells where one more stone wins."""
    found = 0
    while empty:
        cell = lowest(empty)
        empty ^= cell
        if _completes(stones, cell, hexagon):
            found |= cell
    return found


@helper
def _completes(stones: int, cell: int, hexagon: Hexagon) -> bool:
    group = grow(cell, stones | cell, hexagon.board)
    if count(group & hexagon.corners) >= 2:
        return True
    touched = 0
    for side in hexagon.sides:
        touched += 1 if group & side else 0
    if touched >= 3:
        return True
    return count(group) >= 6 and _closes_ring(stones, cell, hexagon)


@helper
def _closes_ring(stones: int, cell: int, hexagon: Hexagon) -> bool:
    """As `games.havannah` says: neighbours of one group in two places, or the last around one."""
    at = index_of(cell)
    seen = 0  # groups of the neighbours so far
    for k in range(6):
        stone = hexagon.around[at, k] & stones
        if stone == 0:
            continue
        if hexagon.around[at, (k + 5) % 6] & stones == 0:  # a run of neighbours begins
            if stone & seen:
                return True
            seen |= grow(stone, stones, hexagon.board)
        surrounded = True
        for j in range(6):
            beyond = hexagon.around[index_of(stone), j]
            surrounded = surrounded and beyond & (stones | cell) != 0
        if surrounded:
            return True
    return False


@helper
def _key(mine: int, theirs: int, hexagon: Hexagon) -> int:
    """The least of the numbers of its turns, and one more: 0 is an empty entry of the table."""
    half = (1 << HALF_BITS) - 1
    best = 0
    for turn in range(12):
        own = hexagon.turned[turn, 0, mine & half] | hexagon.turned[turn, 1, mine >> HALF_BITS]
        other = (
            hexagon.turned[turn, 0, theirs & half] | hexagon.turned[turn, 1, theirs >> HALF_BITS]
        )
        key = own << 2 * HALF_BITS | other
        if turn == 0 or key < best:
            best = key
    return best + 1
