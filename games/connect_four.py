"""Connect Four as pure JAX functions, on grids of 4 to 9 rows and 4 to 9 columns.

Players drop discs into columns; four of one player's in a row, across, up or slanting, win, and a
full grid without is a draw. The number of a grid is its rows and columns side by side: 67 is the
usual grid of six rows and seven columns, 44 the smallest.

A step looks for four in a row with some twenty operations on vectors as long as the grid is high.
"""

import dataclasses
import functools

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Shaped, UInt16

from games.errors import InputError
from games.protocol import Symmetries
from games.squares import NOBODY, RowState, SquareGame, bits, two_digits

NAME = "connect_four"
ROWS = COLUMNS = range(4, 10)
SIZES = two_digits(ROWS, COLUMNS)
IN_A_ROW = 4


@dataclasses.dataclass(frozen=True)
class ConnectFour(SquareGame):
    """The rules on a grid of 4 to 9 rows and columns."""

    size: int = 67

    name = NAME
    rows = ROWS
    columns = COLUMNS
    usual = 67
    plays_columns = True
    min_plies = 2 * IN_A_ROW - 1

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

    def init(self) -> RowState:
        """The empty grid, player 0 to move."""
        discs = jnp.zeros((2, self.shape[0]), jnp.uint16)
        return RowState(discs, jnp.int8(0), jnp.int8(NOBODY))

    def step(self, state: RowState, action: Int[Array, ""]) -> RowState:
        """The state after the side to move drops a disc into column `action` [].

        A finished state is absorbing and a full column changes nothing.
        """
        rows = self.shape[0]
        bit = jnp.uint16(1) << action.astype(jnp.uint16)
        taken = (state.stones[0] | state.stones[1]) & bit
        lands = rows - 1 - jnp.sum(taken != 0, dtype=jnp.int32)
        legal = (state.winner == NOBODY) & (lands >= 0) & (action >= 0)
        legal &= action < self.num_actions
        falls = legal & (jnp.arange(rows) == lands)
        mine = state.stones[state.to_move] | jnp.where(falls, bit, jnp.uint16(0))
        is_mover = jnp.arange(2, dtype=jnp.int8)[:, None] == state.to_move
        return RowState(
            stones=jnp.where(is_mover, mine[None], state.stones),
            to_move=jnp.where(legal, 1 - state.to_move, state.to_move),
            winner=jnp.where(legal & _four_in_a_row(mine), state.to_move, state.winner),
        )

    def legal(self, state: RowState) -> Bool[Array, "A"]:
        """Columns that are not full [A]; none once the game is over."""
        top = state.stones[0, 0] | state.stones[1, 0]
        return ~bits(top, self.num_actions) & (state.winner == NOBODY)

    def terminal(self, state: RowState) -> Bool[Array, ""]:
        """Whether somebody has four in a row, or the grid is full; bool []."""
        full = (state.stones[0, 0] | state.stones[1, 0]) == (1 << self.num_actions) - 1
        return super().terminal(state) | full

    def observe(self, state: RowState) -> Bool[Array, "2 R C"]:
        """Planes (mine, theirs)."""
        mine_first = jnp.where(state.to_move == 0, state.stones, state.stones[::-1])
        return bits(mine_first, self.num_actions)

    def to_mover_frame(self, state: RowState, per_action: Shaped[Array, "A"]) -> Shaped[Array, "A"]:
        """Both players see the same grid."""
        del state
        return per_action

    def to_board_frame(self, state: RowState, per_action: Shaped[Array, "A"]) -> Shaped[Array, "A"]:
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
