"""What Connect Four and Breakthrough share: squares, sizes of two digits, rows as integers.

A row is one integer a player, bit c for column c, so that a rule takes a few operations a row.
"""

import abc
import dataclasses
from typing import ClassVar, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int8, UInt

from games.errors import InputError
from games.protocol import SQUARE

NOBODY = -1


class RowState(NamedTuple):
    """A position; row 0 is the top."""

    stones: UInt[Array, "2 R"]  # of player 0 and of player 1, bit c for column c
    to_move: Int8[Array, ""]
    winner: Int8[Array, ""]  # -1 while the game goes on, and for a draw


@dataclasses.dataclass(frozen=True)
class SquareGame(abc.ABC):
    """The rules on a grid of one size; hashable, so that it can be a static argument of `jit`.

    Args:
        size: rows and columns as two digits.

    Raises:
        InputError: if it is not such digits.
    """

    size: int

    name: ClassVar[str]
    rows: ClassVar[range]
    columns: ClassVar[range]
    usual: ClassVar[int]
    """The size that most people play."""

    neighbourhood = SQUARE
    num_planes = 2
    fills_cells = False

    def __post_init__(self) -> None:
        if self.size not in two_digits(self.rows, self.columns):
            raise InputError(
                f"{self.name}: size must be rows and columns, a digit of {self.rows[0]} to "
                f"{self.rows[-1]} and one of {self.columns[0]} to {self.columns[-1]} "
                f"({self.usual} is the usual grid), got {self.size!r}"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.size // 10, self.size % 10

    def terminal(self, state: RowState) -> Bool[Array, ""]:
        """Whether somebody has won, bool []."""
        return state.winner != NOBODY

    def winner(self, state: RowState) -> Int8[Array, ""]:
        """0 or 1, or -1 while the game goes on and of a draw, int8 []."""
        return state.winner

    def to_move(self, state: RowState) -> Int8[Array, ""]:
        """The player whose turn it is, int8 []; the loser once somebody has won."""
        return state.to_move

    def owners(self, state: RowState) -> Int8[Array, "cells"]:
        """Whose stone lies on each cell, int8 [R·C]: 0, 1, or -1."""
        first, second = bits(state.stones, self.shape[1]).reshape(2, -1).astype(jnp.int8)
        return second - (first == second).astype(jnp.int8)  # equal where there is none


def two_digits(rows: range, columns: range) -> tuple[int, ...]:
    """The sizes of all grids of so many rows and columns, rising."""
    return tuple(10 * row + column for row in rows for column in columns)


def bits(rows: UInt[Array, "*rows"], columns: int) -> Bool[Array, "*rows C"]:
    """Whether bit c of each integer is set, for every column c."""
    places = jnp.arange(columns, dtype=rows.dtype).reshape(*[1] * rows.ndim, columns)
    return (rows[..., None] >> places & 1) != 0
