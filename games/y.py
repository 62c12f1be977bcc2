"""The game of Y as pure JAX functions, on triangles of side 2 to 19.

Both players want the same: a group of their stones that touches all three sides. A full board has
exactly one winner, as in Hex. Row r of the board has S - r cells; the triangle is the upper left
half of a grid of S rows and S columns whose cells touch as those of Hex do. Actions are cells of
the grid, of which the lower right half can never be played. These are the conventions of OpenSpiel.
"""

import dataclasses
import functools
import itertools

import numpy as np
from jaxtyping import Array, Bool, Int, UInt

from games.hex import Stones
from games.hexagons import GroupState, HexagonGame
from games.protocol import Symmetries

NAME = "y"
SIZES = range(2, 20)
ALL_SIDES = 0b111


@dataclasses.dataclass(frozen=True)
class Y(HexagonGame):
    """The rules on a triangle of side S; marks are its three sides."""

    size: int = 9

    name = NAME
    sizes = SIZES
    marks = 3

    @property
    def min_plies(self) -> int:
        """A group that touches all sides has S stones at least."""
        return 2 * self.size - 1

    @functools.cached_property
    def on_board(self) -> Bool[np.ndarray, "S S"]:
        """Which cells of the grid belong to the triangle."""
        return np.add.outer(np.arange(self.size), np.arange(self.size)) < self.size

    @functools.cached_property
    def border(self) -> Int[np.ndarray, "A"]:
        """The sides that a cell touches: bit 0 the top, 1 the left, 2 the slanting one."""
        row, column = np.divmod(np.arange(self.num_actions), self.size)
        slanting = row + column == self.size - 1
        return (row == 0) * 1 + (column == 0) * 2 + slanting * 4

    @functools.cached_property
    def edges(self) -> Bool[np.ndarray, "2 3 A"]:
        """Whether a cell lies on the top, left and slanting side: the same for both players."""
        touched = self.border[None] >> np.arange(3)[:, None] & 1
        return np.stack([touched == 1] * 2)

    @property
    def symmetries(self) -> Symmetries:
        """The six turns and mirror images of the triangle, which leave cells beside it in place."""
        rows, columns = np.nonzero(self.on_board)
        distances = np.stack(
            [rows, columns, self.size - 1 - rows - columns]
        )  # from the three sides
        turned = np.tile(np.arange(self.num_actions), (6, 1))
        for turn, order in zip(turned, itertools.permutations(range(3)), strict=True):
            row, column, _ = distances[list(order)]
            turn[rows * self.size + columns] = row * self.size + column
        return Symmetries(turned, turned)

    def wins(
        self,
        state: GroupState,
        labels: UInt[Array, "cells"],
        touches: UInt[Array, ""],
        action: Int[Array, ""],
    ) -> Bool[Array, ""]:
        """The stone's group touches all sides."""
        del state, labels, action
        return touches == ALL_SIDES

    def stones(self, state: GroupState) -> tuple[Stones, Stones]:
        """Black's and white's stones, of states with any leading axes."""
        white = state.labels > self.groups.white_base
        return (state.labels > 0) & ~white, white
