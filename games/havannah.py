"""Havannah as pure JAX functions, on hexagons of side 2 to 10.

Who joins two corners (a bridge), three sides (a fork; corners belong to no side) or closes a ring
around any cell, whoever's it is, wins; a full board without any is a draw. A hexagon of side S is
the middle of a grid of 2S - 1 rows and columns whose cells touch as those of Hex do; the upper left
and the lower right corner of the grid are never played. These are OpenSpiel's rules, where columns
run the other way.

A ring needs no search. A stone closes one if its neighbours of one group lie in two places with
others between, since the way around through that group and the stone then parts those others; or if
it was the last of six stones around a stone. Any other ring has held a smaller one before.
"""

import dataclasses
import functools
import itertools
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int8, Int32, Shaped, UInt

from games.errors import InputError
from games.groups import NEIGHBOUR_OFFSETS, Groups, cells_around
from games.protocol import HEXAGONAL, Symmetries
from games.text.notation import cell_at, parse_cell_at

NAME = "havannah"
MIN_SIZE, MAX_SIZE = 2, 10
NOBODY = -1
CORNERS = SIDES = 6
CORNER_BITS = (1 << CORNERS) - 1
RING_STONES = 6
CLOCKWISE = tuple(
    NEIGHBOUR_OFFSETS.index(offset)
    for offset in ((-1, 0), (-1, 1), (0, 1), (1, 0), (1, -1), (0, -1))
)


class HavannahState(NamedTuple):
    """A position."""

    labels: UInt[Array, "cells"]  # of `games.groups`; marks are the six corners, then the sides
    to_move: Int8[Array, ""]
    winner: Int8[Array, ""]  # -1 while the game goes on, and for a draw


@dataclasses.dataclass(frozen=True)
class Havannah:
    """The rules on a hexagon of one side; hashable, so that it can be a static argument of `jit`.

    Raises:
        InputError: if the size is outside 2 to 10.
    """

    size: int = 6

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
        """2S - 1 rows and columns, of which the hexagon is the middle."""
        return 2 * self.size - 1, 2 * self.size - 1

    @property
    def num_actions(self) -> int:
        """A = (2S - 1)², one a cell of the grid."""
        return self.shape[0] ** 2

    @property
    def max_plies(self) -> int:
        """The board is full."""
        return 3 * self.size * (self.size - 1) + 1

    @property
    def min_plies(self) -> int:
        """A bridge has S stones at least, a ring six."""
        return 2 * min(self.size, RING_STONES) - 1

    @functools.cached_property
    def on_board(self) -> Bool[np.ndarray, "R C"]:
        """Which cells of the grid belong to the hexagon."""
        diagonal = np.add.outer(np.arange(self.shape[0]), np.arange(self.shape[1]))
        return (diagonal >= self.size - 1) & (diagonal <= 3 * (self.size - 1))

    @functools.cached_property
    def neighbours(self) -> Int32[np.ndarray, "cells 6"]:
        """The cells around each cell, filled up with the number of cells at the sides."""
        return cells_around(self.on_board)

    @functools.cached_property
    def parts(self) -> Int[np.ndarray, "cells"]:
        """What a cell touches: bits 0 to 5 the corners, 6 to 11 the sides without them."""
        places = self._from_middle
        reach = self.size - 1
        sides = [places[axis] == sign * reach for axis in range(3) for sign in (1, -1)]
        corner = np.sum(sides, axis=0) == 2
        marks = np.zeros(self.num_actions, int)
        marks[np.flatnonzero(corner & self.on_board.ravel())] = 1 << np.arange(CORNERS)
        for k, side in enumerate(sides):
            marks |= (side & ~corner & self.on_board.ravel()) * (1 << CORNERS + k)
        return marks

    @property
    def _from_middle(self) -> Int[np.ndarray, "3 cells"]:
        """Each cell's place in three axes whose sum is zero."""
        row, column = np.divmod(np.arange(self.num_actions), self.shape[1])
        row, column = row - (self.size - 1), column - (self.size - 1)
        return np.stack([row, column, -row - column])

    @property
    def symmetries(self) -> Symmetries:
        """The twelve turns and mirror images of the hexagon; cells beside it stay in place."""
        inside = np.flatnonzero(self.on_board)
        places = self._from_middle[:, inside]
        turned = np.tile(np.arange(self.num_actions), (12, 1))
        ways = itertools.product((1, -1), itertools.permutations(range(3)))
        for turn, (sign, order) in zip(turned, ways, strict=True):
            row, column, _ = sign * places[list(order)] + self.size - 1
            turn[inside] = row * self.shape[1] + column
        return Symmetries(turned, turned)

    @property
    def _groups(self) -> Groups:
        return Groups(self.num_actions, marks=CORNERS + SIDES)

    def init(self) -> HavannahState:
        """The empty board, black to move."""
        return HavannahState(self._groups.empty(), jnp.int8(0), jnp.int8(NOBODY))

    def step(self, state: HavannahState, action: Int[Array, ""]) -> HavannahState:
        """The state after the side to move plays cell `action` [].

        A finished state is absorbing and a cell that is taken or beside the board changes nothing.
        """
        labels, touches = self._groups.place(
            state.labels, state.to_move, action, self.neighbours, self.parts
        )
        legal = self.legal(state).at[action].get(mode="fill", fill_value=False)
        corners = jnp.bitwise_count(touches & CORNER_BITS)
        sides = jnp.bitwise_count(touches >> CORNERS)
        won = (corners >= 2) | (sides >= 3) | self._closes_ring(state, labels, action)
        return HavannahState(
            labels=jnp.where(legal, labels, state.labels),
            to_move=jnp.where(legal, 1 - state.to_move, state.to_move),
            winner=jnp.where(legal & won, state.to_move, state.winner),
        )

    def _closes_ring(
        self, state: HavannahState, after: UInt[Array, "cells"], action: Int[Array, ""]
    ) -> Bool[Array, ""]:
        """Whether a stone closes a ring; see above.

        Args:
            state: before the move.
            after: labels once the stone lies there.
            action: its cell.
        """
        around = jnp.asarray(self.neighbours)[action]  # [6]
        before = state.labels.at[around].get(mode="fill", fill_value=0)
        mine = self._is_movers(state, before)
        group = jnp.where(mine, before, 0)[jnp.asarray(CLOCKWISE)]
        begins = jnp.where(jnp.roll(group, 1) == 0, group, 0)  # where a run of neighbours begins
        pairs = itertools.combinations(range(6), 2)
        twice = [(begins[i] != 0) & (begins[i] == begins[j]) for i, j in pairs]
        beyond = jnp.asarray(self.neighbours).at[around].get(mode="fill", fill_value=len(after))
        all_mine = self._is_movers(state, after.at[beyond].get(mode="fill", fill_value=0)).all(-1)
        return jnp.stack(twice).any() | (mine & all_mine).any()

    def _is_movers(self, state: HavannahState, labels: UInt[Array, "*n"]) -> Bool[Array, "*n"]:
        relative = labels - state.to_move.astype(labels.dtype) * self._groups.white_base
        return (relative > 0) & (relative < self._groups.white_base)

    def legal(self, state: HavannahState) -> Bool[Array, "A"]:
        """Empty cells of the hexagon [A]; none once the game is over."""
        return self._empty(state) & (state.winner == NOBODY)

    def _empty(self, state: HavannahState) -> Bool[Array, "A"]:
        return (state.labels == 0) & jnp.asarray(self.on_board.ravel())

    def terminal(self, state: HavannahState) -> Bool[Array, ""]:
        """Whether somebody has a ring, a bridge or a fork, or the board is full, bool []."""
        return (state.winner != NOBODY) | ~self._empty(state).any()

    def winner(self, state: HavannahState) -> Int8[Array, ""]:
        """0 or 1, or -1 while the game goes on and of a draw, int8 []."""
        return state.winner

    def to_move(self, state: HavannahState) -> Int8[Array, ""]:
        """The player whose turn it is, int8 []."""
        return state.to_move

    def owners(self, state: HavannahState) -> Int8[Array, "cells"]:
        """Whose stone lies on each cell: 0, 1, or -1."""
        return self._groups.owners(state.labels)

    def observe(self, state: HavannahState) -> Bool[Array, "3 R C"]:
        """Planes (mine, theirs, the hexagon itself)."""
        owners = self.owners(state).reshape(self.shape)
        mine, theirs = owners == state.to_move, owners == 1 - state.to_move
        return jnp.stack([mine, theirs, jnp.asarray(self.on_board)])

    def to_mover_frame(
        self, state: HavannahState, per_action: Shaped[Array, "A"]
    ) -> Shaped[Array, "A"]:
        """Both players see the same board and want the same."""
        del state
        return per_action

    def to_board_frame(
        self, state: HavannahState, per_action: Shaped[Array, "A"]
    ) -> Shaped[Array, "A"]:
        """Both players see the same board and want the same."""
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
