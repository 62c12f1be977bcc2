"""The order in which moves are tried: by two-distance, the fewest first.

From J. van Rijswijck, "Search and evaluation in Hex", 2002: a cell's distance to an edge when the
opponent may always block the better of two ways.

A cell's cost is the sum of its two-distances to all four edges. Costs are held bit-sliced: plane
j is the set of cells in whose cost bit j is set, so all cells are counted at once.
"""

from __future__ import annotations

from typing import Any

from games.exact.bitboard import Board, grow, lowest, neighbours, once_and_twice
from games.exact.compiled import helper

Planes = tuple[int, int, int, int, int, int]

NO_COSTS: Planes = (0, 0, 0, 0, 0, 0)


@helper
def increment(planes: Planes, cells: int) -> Planes:
    """Add 1 to the cost of `cells`; a cost stops being exact at 64."""
    a, b, c, d, e, f = planes
    carry = cells
    a, carry = a ^ carry, a & carry
    b, carry = b ^ carry, b & carry
    c, carry = c ^ carry, c & carry
    d, carry = d ^ carry, d & carry
    e, carry = e ^ carry, e & carry
    return (a, b, c, d, e, f | carry)


@helper
def add_two_distance(planes: Planes, near: int, mine: int, empty: int, board: Board) -> Planes:
    """Add to every empty cell's cost its two-distance to the edge that `near` touches.

    A cell is at distance n + 1 if at least two cells at distance n or less are next to it, directly
    or through a group of my stones.
    """
    reached = near
    while True:
        planes = increment(planes, empty & ~reached)
        once, twice = once_and_twice(reached, board)
        if once & mine:
            # A group that two reached cells touch brings both of them to every cell around it.
            through_group = 0
            if twice & mine:
                through_group = neighbours(grow(twice & mine, mine, board), board)
            joined = reached | grow(once & mine, mine, board)
            twice = once_and_twice(joined, board)[1] | through_group
        new = twice & empty & ~reached
        if new == 0:
            return planes
        reached |= new


@helper
def with_cost(planes: Planes, cell: int, cost: int) -> Planes:
    """The costs with that of a cell, 0 before, set to `cost`, below 64."""
    a, b, c, d, e, f = planes
    return (
        a | (cell if cost & 1 else 0),
        b | (cell if cost & 2 else 0),
        c | (cell if cost & 4 else 0),
        d | (cell if cost & 8 else 0),
        e | (cell if cost & 16 else 0),
        f | (cell if cost & 32 else 0),
    )


@helper
def least(planes: Planes, moves: int) -> int:
    """Those of the moves that cost least."""
    a, b, c, d, e, f = planes
    for plane in (f, e, d, c, b, a):
        if moves & ~plane:
            moves &= ~plane
    return moves


@helper
def cheapest(planes: Planes, moves: int, board: Board) -> int:
    """The move of least cost among `moves`, the most central of equals."""
    moves = least(planes, moves)
    x, y, z = board.centrality
    for plane in (z, y, x):
        if moves & ~plane:
            moves &= ~plane
    return lowest(moves)


@helper
def move_costs(black: int, white: int, near: Any, board: Board) -> Planes:
    """The costs of all empty cells.

    Args:
        black: stones.
        white: stones.
        near: the empty cells next to stones joined to top, bottom, left and right.
        board: geometry.
    """
    empty = board.full & ~(black | white)
    planes = NO_COSTS
    for k in range(4):
        planes = add_two_distance(planes, near[k], black if k < 2 else white, empty, board)
    return planes
