"""The geometry of a Hex board as bitboards: bit `row * S + column` of an integer is a cell.

Integers stay below 2⁶³, so that Python's and numba's arithmetic agree; this limits the board to
7×7.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from games.exact.compiled import helper, vector

MAX_SIZE = 7
"""Largest side whose cells, with what a key or a proof adds to them, fit in 63 bits."""


class Board(NamedTuple):
    """The geometry of one board size; every mask is a bitboard."""

    size: int
    cells: int  # A
    full: int
    not_first: int  # all columns but the first
    not_last: int  # all columns but the last
    edges: tuple[tuple[int, int], tuple[int, int]]  # [player, first or second edge]
    beyond: tuple[tuple[int, ...], tuple[int, ...]]  # [player, k] neighbour k is the player's edge
    centrality: tuple[int, int, int]  # bits of each cell's distance from the centre, lowest first
    mirrored_row: Any  # [2^S] a row of cells, read backwards


def make_board(size: int) -> Board:
    """The geometry of a board of side `size`, 2 to 7."""
    row, column = np.divmod(np.arange(size**2), size)
    last = size - 1
    top, bottom = to_bits(row == 0), to_bits(row == last)
    left, right = to_bits(column == 0), to_bits(column == last)
    full = to_bits(row >= 0)
    # Hexagonal distance from the middle of the board, in half cells: at most 6 up to 7×7.
    centre_distance = np.max(np.abs([2 * row - last, 2 * column - last, row + column - last]), 0)

    def bit_plane(k: int) -> int:
        return to_bits((centre_distance >> k) & 1)

    rows = [int(format(k, f"0{size}b")[::-1], 2) for k in range(2**size)]
    return Board(
        size=size,
        cells=size**2,
        full=full,
        not_first=full & ~left,
        not_last=full & ~right,
        edges=((top, bottom), (left, right)),
        # Beyond the obtuse corners lies a point of both players' edges.
        beyond=((top, top, 0, bottom, bottom, 0), (0, right, right, 0, left, left)),
        centrality=(bit_plane(0), bit_plane(1), bit_plane(2)),
        mirrored_row=vector(np.array(rows, np.int64)),
    )


def to_bits(cells: np.ndarray) -> int:
    """Bitboard of the true entries of `cells` [A]."""
    return sum(1 << int(cell) for cell in np.flatnonzero(cells))


@helper
def lowest(cells: int) -> int:
    """One of the cells."""
    return cells & -cells


@helper
def neighbours(cells: int, board: Board) -> int:
    """Cells next to at least one of `cells`."""
    size = board.size
    left, right = cells & board.not_first, cells & board.not_last
    return (
        (cells << size)
        | (left << (size - 1))
        | (right << 1)
        | (left >> 1)
        | (right >> (size - 1))
        | (cells >> size)
    ) & board.full


@helper
def once_and_twice(cells: int, board: Board) -> tuple[int, int]:
    """Cells next to at least one, and to at least two, of `cells`."""
    size = board.size
    left, right = cells & board.not_first, cells & board.not_last
    once, twice = cells << size, 0
    for shifted in (left << (size - 1), right << 1, left >> 1, right >> (size - 1), cells >> size):
        twice |= once & shifted
        once |= shifted
    return once & board.full, twice & board.full


@helper
def grow(group: int, stones: int, board: Board) -> int:
    """`group` with all stones joined to it."""
    while True:
        grown = group | neighbours(group, board) & stones
        if grown == group:
            return group
        group = grown


@helper
def rotate(cells: int, board: Board) -> int:
    """The cells turned by 180°: their bits read backwards."""
    rotated = 0
    row = (1 << board.size) - 1
    for _ in range(board.size):
        rotated = (rotated << board.size) | board.mirrored_row[cells & row]
        cells >>= board.size
    return rotated


@helper
def count(cells: int) -> int:
    """How many cells these are."""
    cells = (cells & 0x5555555555555555) + (cells >> 1 & 0x5555555555555555)
    cells = (cells & 0x3333333333333333) + (cells >> 2 & 0x3333333333333333)
    cells = (cells & 0x0F0F0F0F0F0F0F0F) + (cells >> 4 & 0x0F0F0F0F0F0F0F0F)
    cells = (cells & 0x00FF00FF00FF00FF) + (cells >> 8 & 0x00FF00FF00FF00FF)
    cells = (cells & 0x0000FFFF0000FFFF) + (cells >> 16 & 0x0000FFFF0000FFFF)
    return (cells & 0xFFFF) + (cells >> 32)


@helper
def index_of(cell: int) -> int:
    """The number of one cell."""
    return count(cell - 1)
