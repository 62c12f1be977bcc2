"""Connect Four as pure JAX functions, on grids of 4 to 9 rows and 4 to 9 columns.

Players drop discs into columns; four of one player's in a row, across, up or slanting, win, and a
full grid without is a draw. The number of a grid is its rows and columns side by side: 67 is the
usual grid of six rows and seven columns, 44 the smallest.

A row of the grid is one integer a player, bit c for column c, so that a step looks for four in a
row with some twenty operations on vectors as long as the grid is high.
"""

import dataclasses
import functools
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int8, Shaped, UInt16

from games.errors import InputError
from games.protocol import SQUARE, Symmetries
from games.squares import bits

NAME = "connect_four"
SHORTEST, LONGEST = 4, 9  # sides of a grid
SIZES = tuple(
    10 * rows + columns
    for rows in range(SHORTEST, LONGEST + 1)
    for columns in range(SHORTEST, LONGEST + 1)
)
IN_A_ROW = 4
NOBODY = -1


class ConnectFourState(NamedTuple):
    """A position; row 0 is the top."""

    discs: UInt16[Array, "2 R"]  # of player 0 and of player 1, bit c for column c
    to_move: Int8[Array, ""]
    winner: Int8[Array, ""]  # -1 while the game goes on, and for a draw


@dataclasses.dataclass(frozen=True)
class ConnectFour:
    """The rules on a grid of one size; hashable, so that it can be a static argument of `jit`.

    Args:
        size: rows and columns as two digits.

    Raises:
        InputError: if it is not two digits of 4 to 9.
    """

    size: int = 67

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise InputError(
                f"{NAME}: size must be rows and columns, two digits of {SHORTEST} to {LONGEST} "
                f"(67 is the usual grid), got {self.size!r}"
            )

    name = NAME
    neighbourhood = SQUARE
    num_planes = 2
    plays_columns = True
    min_plies = 2 * IN_A_ROW - 1
    fills_cells = False

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.size // 10, self.size % 10

    @property
    def num_actions(self) -> int:
        """One a column."""
        return self.shape[1]

    @property
    def max_plies(self) -> int:
        """The grid is full."""
        rows, columns = self.shape
        return rows * columns

    @property
    def symmetries(self) -> Symmetries:
        """Identity and mirror image."""
        cells = np.arange(self.max_plies).reshape(self.shape)
        columns = np.arange(self.num_actions)
        return Symmetries(
            np.stack([cells.ravel(), cells[:, ::-1].ravel()]), np.stack([columns, columns[::-1]])
        )

    def init(self) -> ConnectFourState:
        """The empty grid, player 0 to move."""
        discs = jnp.zeros((2, self.shape[0]), jnp.uint16)
        return ConnectFourState(discs, jnp.int8(0), jnp.int8(NOBODY))

    def step(self, state: ConnectFourState, action: Int[Array, ""]) -> ConnectFourState:
        """The state after the side to move drops a disc into column `action` [].

        A finished state is absorbing and a full column changes nothing.
        """
        rows = self.shape[0]
        bit = jnp.uint16(1) << action.astype(jnp.uint16)
        taken = (state.discs[0] | state.discs[1]) & bit
        lands = rows - 1 - jnp.sum(taken != 0, dtype=jnp.int32)
        legal = (state.winner == NOBODY) & (lands >= 0) & (action >= 0)
        legal &= action < self.num_actions
        falls = legal & (jnp.arange(rows) == lands)
        mine = state.discs[state.to_move] | jnp.where(falls, bit, jnp.uint16(0))
        is_mover = jnp.arange(2, dtype=jnp.int8)[:, None] == state.to_move
        return ConnectFourState(
            discs=jnp.where(is_mover, mine[None], state.discs),
            to_move=jnp.where(legal, 1 - state.to_move, state.to_move),
            winner=jnp.where(legal & _four_in_a_row(mine), state.to_move, state.winner),
        )

    def legal(self, state: ConnectFourState) -> Bool[Array, "A"]:
        """Columns that are not full [A]; none once the game is over."""
        top = state.discs[0, 0] | state.discs[1, 0]
        return ~bits(top, self.num_actions) & (state.winner == NOBODY)

    def terminal(self, state: ConnectFourState) -> Bool[Array, ""]:
        """Whether somebody has four in a row, or the grid is full; bool []."""
        full = (state.discs[0, 0] | state.discs[1, 0]) == (1 << self.num_actions) - 1
        return (state.winner != NOBODY) | full

    def winner(self, state: ConnectFourState) -> Int8[Array, ""]:
        """0 or 1, or -1 while the game goes on and of a draw, int8 []."""
        return state.winner

    def to_move(self, state: ConnectFourState) -> Int8[Array, ""]:
        """The player whose turn it is, int8 []."""
        return state.to_move

    def owners(self, state: ConnectFourState) -> Int8[Array, "cells"]:
        """Whose disc lies on each cell, int8 [R·C]: 0, 1, or -1."""
        first, second = bits(state.discs, self.num_actions).reshape(2, -1).astype(jnp.int8)
        return second - (first == second).astype(jnp.int8)  # equal where there is none

    def observe(self, state: ConnectFourState) -> Bool[Array, "2 R C"]:
        """Planes (mine, theirs)."""
        mine_first = jnp.where(state.to_move == 0, state.discs, state.discs[::-1])
        return bits(mine_first, self.num_actions)

    def to_mover_frame(
        self, state: ConnectFourState, per_action: Shaped[Array, "A"]
    ) -> Shaped[Array, "A"]:
        """Both players see the same grid."""
        del state
        return per_action

    def to_board_frame(
        self, state: ConnectFourState, per_action: Shaped[Array, "A"]
    ) -> Shaped[Array, "A"]:
        """Both players see the same grid."""
        del state
        return per_action

    def action_name(self, action: int) -> str:
        """The column's letter, from the left."""
        if action not in range(self.num_actions):
            raise InputError(f"no column {action}; actions are 0 to {self.num_actions - 1}")
        return chr(ord("a") + action)

    def parse_action(self, text: str) -> int:
        """The column of that letter."""
        column = ord(text.lower()) - ord("a") if len(text) == 1 else -1
        if column not in range(self.num_actions):
            last = chr(ord("a") + self.num_actions - 1)
            raise InputError(f"no column {text!r}; columns are a to {last}")
        return column


def _four_in_a_row(discs: UInt16[Array, "R"]) -> Bool[Array, ""]:
    """Whether rows of bits hold four in a row in any of the four directions."""
    beside = [discs >> k for k in range(1, IN_A_ROW)]
    found = jnp.any(_all_set(discs, *beside))
    lines = len(discs) - IN_A_ROW + 1  # rows from which three more lie below
    below = [discs[k : k + lines] for k in range(IN_A_ROW)]
    for lean in (1, 0, -1):  # falling to the right, straight down, falling to the left
        leaning = [_shift(row, -lean * k) for k, row in enumerate(below)]
        found |= jnp.any(_all_set(*leaning))
    return found


def _shift(rows: UInt16[Array, "n"], by: int) -> UInt16[Array, "n"]:
    """Bits moved to the left, or to the right if `by` is negative."""
    return rows << by if by >= 0 else rows >> -by


def _all_set(*rows: UInt16[Array, "n"]) -> Bool[Array, "n"]:
    """Where one bit is set in all of them."""
    return functools.reduce(jnp.bitwise_and, rows) != 0
