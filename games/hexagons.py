"""What Y and Havannah share: boards of hexagons that are a part of a grid, decided by groups.

The cells of the grid touch as those of Hex do; those beside the board are never played, and a third
plane shows networks where it is. Both players see the same board and want the same: a group of
their stones, which touches so much of the border or is so shaped.
"""

import abc
import dataclasses
import functools
from typing import ClassVar, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int8, Int32, Shaped, UInt

from games.errors import InputError
from games.groups import Groups, cells_around
from games.protocol import HEXAGONAL
from games.text.notation import cell_at, parse_cell_at

NOBODY = -1


class GroupState(NamedTuple):
    """A position."""

    labels: UInt[Array, "cells"]  # of `games.groups`; marks are the parts of the border
    to_move: Int8[Array, ""]
    winner: Int8[Array, ""]  # -1 while the game goes on, and for a draw


@dataclasses.dataclass(frozen=True)
class HexagonGame(abc.ABC):
    """The rules on a board of one size; hashable, so that it can be a static argument of `jit`.

    Raises:
        InputError: if the game has no board of that size.
    """

    size: int

    name: ClassVar[str]
    sizes: ClassVar[range]
    marks: ClassVar[int]
    """Parts of the border that a group may touch."""

    neighbourhood = HEXAGONAL
    num_planes = 3
    plays_columns = False
    fills_cells = False

    def __post_init__(self) -> None:
        if self.size not in self.sizes:
            raise InputError(
                f"{self.name}: size must be {self.sizes[0]} to {self.sizes[-1]}, got {self.size!r}"
            )

    @functools.cached_property
    @abc.abstractmethod
    def on_board(self) -> Bool[np.ndarray, "R C"]:
        """Which cells of the grid belong to the board."""

    @functools.cached_property
    @abc.abstractmethod
    def border(self) -> Int[np.ndarray, "cells"]:
        """The parts of the border that a cell touches, a bit each."""

    @abc.abstractmethod
    def wins(
        self,
        state: GroupState,
        labels: UInt[Array, "cells"],
        touches: UInt[Array, ""],
        action: Int[Array, ""],
    ) -> Bool[Array, ""]:
        """Whether a legal move wins.

        Args:
            state: before it.
            labels: after it.
            touches: the parts of the border that the stone's group touches then.
            action: its cell.
        """

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        rows, columns = self.on_board.shape
        return rows, columns

    @property
    def num_actions(self) -> int:
        """One a cell of the grid, so that networks see moves where they see stones."""
        return self.on_board.size

    @property
    def max_plies(self) -> int:
        """The board is full."""
        return int(self.on_board.sum())

    @functools.cached_property
    def neighbours(self) -> Int32[np.ndarray, "cells 6"]:
        """The cells around each cell, filled up with the number of cells at the sides."""
        return cells_around(self.on_board)

    @property
    def groups(self) -> Groups:
        """How labels are read."""
        return Groups(self.num_actions, self.marks)

    def init(self) -> GroupState:
        """The empty board, black to move."""
        return GroupState(self.groups.empty(), jnp.int8(0), jnp.int8(NOBODY))

    def step(self, state: GroupState, action: Int[Array, ""]) -> GroupState:
        """The state after the side to move plays cell `action` [].

        A finished state is absorbing and a cell that is taken or beside the board changes nothing.
        """
        labels, touches = self.groups.place(
            state.labels, state.to_move, action, self.neighbours, self.border
        )
        legal = self.legal(state).at[action].get(mode="fill", fill_value=False)
        won = legal & self.wins(state, labels, touches, action)
        return GroupState(
            labels=jnp.where(legal, labels, state.labels),
            to_move=jnp.where(legal, 1 - state.to_move, state.to_move),
            winner=jnp.where(won, state.to_move, state.winner),
        )

    def legal(self, state: GroupState) -> Bool[Array, "A"]:
        """Empty cells of the board [A]; none once the game is over."""
        return self.empty(state) & (state.winner == NOBODY)

    def empty(self, state: GroupState) -> Bool[Array, "A"]:
        """Empty cells of the board [A]."""
        return (state.labels == 0) & jnp.asarray(self.on_board.ravel())

    def terminal(self, state: GroupState) -> Bool[Array, ""]:
        """Whether somebody has won, bool []."""
        return state.winner != NOBODY

    def winner(self, state: GroupState) -> Int8[Array, ""]:
        """0 or 1, or -1 while the game goes on and of a draw, int8 []."""
        return state.winner

    def to_move(self, state: GroupState) -> Int8[Array, ""]:
        """The player whose turn it is, int8 []; the loser once somebody has won."""
        return state.to_move

    def owners(self, state: GroupState) -> Int8[Array, "cells"]:
        """Whose stone lies on each cell, int8 [cells]: 0, 1, or -1."""
        return self.groups.owners(state.labels)

    def observe(self, state: GroupState) -> Bool[Array, "3 R C"]:
        """Planes (mine, theirs, the board itself)."""
        owners = self.owners(state).reshape(self.shape)
        mine, theirs = owners == state.to_move, owners == 1 - state.to_move
        return jnp.stack([mine, theirs, jnp.asarray(self.on_board)])

    def to_mover_frame(
        self, state: GroupState, per_action: Shaped[Array, "A"]
    ) -> Shaped[Array, "A"]:
        """Both players see the same board."""
        del state
        return per_action

    def to_board_frame(
        self, state: GroupState, per_action: Shaped[Array, "A"]
    ) -> Shaped[Array, "A"]:
        """Both players see the same board."""
        del state
        return per_action

    def action_name(self, action: int) -> str:
        """The cell's name: letter of the column, number of the row."""
        if action not in range(self.num_actions):
            raise InputError(f"no cell {action}; actions are 0 to {self.num_actions - 1}")
        return cell_at(action, self.shape)

    def parse_action(self, text: str) -> int:
        """The cell called `text`, such as `c2`."""
        return parse_cell_at(text, self.shape)
