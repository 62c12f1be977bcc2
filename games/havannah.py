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

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, UInt

from games.groups import NEIGHBOUR_OFFSETS
from games.hexagons import GroupState, HexagonGame
from games.protocol import Symmetries

NAME = "havannah"
SIZES = range(2, 11)
CORNERS = SIDES = 6
CORNER_BITS = (1 << CORNERS) - 1
RING_STONES = 6
CLOCKWISE = tuple(
    NEIGHBOUR_OFFSETS.index(offset)
    for offset in ((-1, 0), (-1, 1), (0, 1), (1, 0), (1, -1), (0, -1))
)


@dataclasses.dataclass(frozen=True)
class Havannah(HexagonGame):
    """The rules on a hexagon of side S; marks are the six corners, then the sides."""

    size: int = 6

    name = NAME
    sizes = SIZES
    marks = CORNERS + SIDES

    @property
    def min_plies(self) -> int:
        """A bridge has S stones at least, a ring six."""
        return 2 * min(self.size, RING_STONES) - 1

    @functools.cached_property
    def on_board(self) -> Bool[np.ndarray, "R C"]:
        """Which cells of the grid belong to the hexagon."""
        diagonal = np.add.outer(np.arange(2 * self.size - 1), np.arange(2 * self.size - 1))
        return (diagonal >= self.size - 1) & (diagonal <= 3 * (self.size - 1))

    @functools.cached_property
    def border(self) -> Int[np.ndarray, "cells"]:
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

    def wins(
        self,
        state: GroupState,
        labels: UInt[Array, "cells"],
        touches: UInt[Array, ""],
        action: Int[Array, ""],
    ) -> Bool[Array, ""]:
        """Two corners, three sides, or a ring."""
        corners = jnp.bitwise_count(touches & CORNER_BITS)
        sides = jnp.bitwise_count(touches >> CORNERS)
        return (corners >= 2) | (sides >= 3) | self._closes_ring(state, labels, action)

    def _closes_ring(
        self, state: GroupState, after: UInt[Array, "cells"], action: Int[Array, ""]
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

    def _is_movers(self, state: GroupState, labels: UInt[Array, "*n"]) -> Bool[Array, "*n"]:
        relative = labels - state.to_move.astype(labels.dtype) * self.groups.white_base
        return (relative > 0) & (relative < self.groups.white_base)

    def terminal(self, state: GroupState) -> Bool[Array, ""]:
        """Whether somebody has a ring, a bridge or a fork, or the board is full, bool []."""
        return super().terminal(state) | ~self.empty(state).any()
