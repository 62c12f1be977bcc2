"""The geometry of a Hex board as bitboards: bit `row * S + column` of an integer is a cell."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from games.exact.compiled import vector

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
