"""The game of Y as pure JAX functions, on triangles of side 2 to 19.

Both players want the same: a group of their stones that touches all three sides. A full board has
exactly one winner, as in Hex. Row r of the board has S - r cells; the triangle is the upper left
half of a grid of S rows and S columns whose cells touch as those of Hex do. Actions are cells of
the grid, of which the lower right half can never be played. These are the conventions of OpenSpiel.
"""

import dataclasses
import functools
import itertools
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int8, Int32, Shaped, UInt

from games.errors import InputError
from games.groups import Groups, cells_around
from games.hex import Stones
from games.protocol import HEXAGONAL, Symmetries
from games.text.notation import cell_name, parse_cell

NAME = "y"
MIN_SIZE, MAX_SIZE = 2, 19
NOBODY = -1
ALL_SIDES = 0b111


class YState(NamedTuple):
    """A position."""

    labels: UInt[Array, "cells"]  # of `games.groups`; marks are the three sides
    to_move: Int8[Array, ""]
    winner: Int8[Array, ""]  # -1 while the game goes on


@dataclasses.dataclass(frozen=True)
class Y:
    """The rules on a triangle of one size; hashable, so that it can be a static argument of `jit`.

    Raises:
        InputError: if the size is outside 2 to 19.
    """

    size: int = 9

    def __post_init__(self) -> None:
        if self.size not in range(MIN_SIZE, MAX_SIZE + 1):
            raise InputError(f"{NAME}: size must be {MIN_SIZE} to {MAX_SIZE}, got {self.size!r}")

    name = NAME
    neighbourhood = HEXAGONAL
    num_planes = 3
    plays_columns = False
    fills_cells = False

    @property
    def shape(self) -> tuple[int, int]:
        """S rows and S columns, of which the triangle is a half."""
        return self.size, self.size

    @property
    def num_actions(self) -> int:
        """A = S², one a cell of the grid, so that networks see moves where they see stones."""
        return self.size**2

    @property
    def max_plies(self) -> int:
        """A full triangle has a winner."""
        return self.size * (self.size + 1) // 2

    @property
    def min_plies(self) -> int:
        """A group that touches all sides has S stones at least."""
        return 2 * self.size - 1

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

    @functools.cached_property
    def on_board(self) -> Bool[np.ndarray, "S S"]:
        """Which cells of the grid belong to the triangle."""
        return np.add.outer(np.arange(self.size), np.arange(self.size)) < self.size

    @functools.cached_property
    def neighbours(self) -> Int32[np.ndarray, "A 6"]:
        """The cells around each cell, [A, 6], filled up with A at the sides."""
        return cells_around(self.on_board)

    @functools.cached_property
    def edges(self) -> Bool[np.ndarray, "2 3 A"]:
        """Whether a cell lies on the top, left and slanting side: the same for both players."""
        touched = self.sides[None] >> np.arange(3)[:, None] & 1
        return np.stack([touched == 1] * 2)

    @functools.cached_property
    def sides(self) -> Int[np.ndarray, "A"]:
        """The sides that a cell touches: bit 0 the top, 1 the left, 2 the slanting one."""
        row, column = np.divmod(np.arange(self.num_actions), self.size)
        slanting = row + column == self.size - 1
        return (row == 0) * 1 + (column == 0) * 2 + slanting * 4

    @property
    def _groups(self) -> Groups:
        return Groups(self.num_actions, marks=3)

    def init(self) -> YState:
        """The empty board, black to move."""
        return YState(self._groups.empty(), jnp.int8(0), jnp.int8(NOBODY))

    def step(self, state: YState, action: Int[Array, ""]) -> YState:
        """The state after the side to move plays cell `action` [].

        A finished state is absorbing and a cell that is taken or beside the board changes nothing.
        """
        labels, touches = self._groups.place(
            state.labels, state.to_move, action, self.neighbours, self.sides
        )
        legal = self.legal(state).at[action].get(mode="fill", fill_value=False)
        return YState(
            labels=jnp.where(legal, labels, state.labels),
            to_move=jnp.where(legal, 1 - state.to_move, state.to_move),
            winner=jnp.where(legal & (touches == ALL_SIDES), state.to_move, state.winner),
        )

    def legal(self, state: YState) -> Bool[Array, "A"]:
        """Empty cells of the triangle [A]; none once the game is over."""
        empty = (state.labels == 0) & jnp.asarray(self.on_board.ravel())
        return empty & (state.winner == NOBODY)

    def terminal(self, state: YState) -> Bool[Array, ""]:
        """Whether somebody's group touches all sides, bool []."""
        return state.winner != NOBODY

    def winner(self, state: YState) -> Int8[Array, ""]:
        """0 or 1, or -1 while the game goes on, int8 []."""
        return state.winner

    def to_move(self, state: YState) -> Int8[Array, ""]:
        """The player whose turn it is, int8 []; the loser once the game is over."""
        return state.to_move

    def stones(self, state: YState) -> tuple[Stones, Stones]:
        """Black's and white's stones, of states with any leading axes."""
        white = state.labels > self._groups.white_base
        return (state.labels > 0) & ~white, white

    def owners(self, state: YState) -> Int8[Array, "A"]:
        """Whose stone lies on each cell, int8 [A]: 0, 1, or -1."""
        return self._groups.owners(state.labels)

    def observe(self, state: YState) -> Bool[Array, "3 S S"]:
        """Planes (mine, theirs, the triangle itself)."""
        owners = self.owners(state).reshape(self.shape)
        mine, theirs = owners == state.to_move, owners == 1 - state.to_move
        return jnp.stack([mine, theirs, jnp.asarray(self.on_board)])

    def to_mover_frame(self, state: YState, per_action: Shaped[Array, "A"]) -> Shaped[Array, "A"]:
        """Both players see the same board and want the same."""
        del state
        return per_action

    def to_board_frame(self, state: YState, per_action: Shaped[Array, "A"]) -> Shaped[Array, "A"]:
        """Both players see the same board and want the same."""
        del state
        return per_action

    def action_name(self, action: int) -> str:
        """The cell's name: letter of the column, number of the row."""
        return cell_name(action, self.size)

    def parse_action(self, text: str) -> int:
        """The cell called `text`, such as `c2`."""
        return parse_cell(text, self.size)
