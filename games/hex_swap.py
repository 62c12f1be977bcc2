"""Hex with the swap rule (pie rule): white may answer the first stone by taking it over.

One action more than Hex has, the last, swaps: black's stone becomes white's on the mirrored cell,
(r, c) → (c, r), where it is as good for white as it was for black. Then black is to move. These
are the conventions of OpenSpiel, and of SGF and GTP, which call the move `swap-pieces`.

Mirroring the board and exchanging the colours keeps Hex as it is. So a state is a position of plain
Hex, played on as if nobody had swapped, and whether the board that people see is its mirror image.
"""

import dataclasses
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int8, Int32, Shaped

from games.errors import InputError
from games.hex import BLACK, MAX_SIZE, MIN_SIZE, NOBODY, Hex, HexState
from games.protocol import HEXAGONAL, Symmetries
from games.text.notation import cell_name, parse_cell

NAME = "hex_swap"
SWAP = "swap-pieces"


class HexSwapState(NamedTuple):
    """A position."""

    plain: HexState  # of Hex without swap
    swapped: Bool[Array, ""]  # whether the board is the mirror image of `plain`, colours exchanged
    plies: Int32[Array, ""]


@dataclasses.dataclass(frozen=True)
class HexSwap:
    """The rules on a board of one size; hashable, so that it can be a static argument of `jit`.

    Raises:
        InputError: if the size is outside 2 to 19.
    """

    size: int = 11

    def __post_init__(self) -> None:
        if self.size not in range(MIN_SIZE, MAX_SIZE + 1):
            raise InputError(f"{NAME}: size must be {MIN_SIZE} to {MAX_SIZE}, got {self.size!r}")

    name = NAME
    neighbourhood = HEXAGONAL
    num_planes = 4
    plays_columns = False
    fills_cells = False

    @functools.cached_property
    def hex(self) -> Hex:
        """The same board without swap."""
        return Hex(self.size)

    @property
    def shape(self) -> tuple[int, int]:
        """S rows and S columns."""
        return self.size, self.size

    @property
    def swap(self) -> int:
        """The action that swaps."""
        return self.size**2

    @property
    def num_actions(self) -> int:
        """A = S² + 1."""
        return self.size**2 + 1

    @property
    def max_plies(self) -> int:
        """A swap adds no stone, and a full board has a winner."""
        return self.size**2 + 1

    @property
    def min_plies(self) -> int:
        """As without swap: who swaps is no sooner there."""
        return self.hex.min_plies

    @property
    def neighbours(self) -> Int32[np.ndarray, "cells 6"]:
        """The cells around each cell."""
        return self.hex.neighbours

    @property
    def symmetries(self) -> Symmetries:
        """Identity and rotation by 180°; a swap stays a swap."""
        cells = self.hex.symmetries.cells
        return Symmetries(cells, np.pad(cells, ((0, 0), (0, 1)), constant_values=self.swap))

    def init(self) -> HexSwapState:
        """The empty board, black to move."""
        return HexSwapState(self.hex.init(), jnp.bool_(False), jnp.int32(0))

    def step(self, state: HexSwapState, action: Int[Array, ""]) -> HexSwapState:
        """The state after the side to move plays `action` []: a cell, or the swap.

        A finished state is absorbing and an illegal action changes nothing.
        """
        legal = self.legal(state).at[action].get(mode="fill", fill_value=False)
        swaps = action == self.swap
        row, column = jnp.divmod(action, self.size)
        plain_action = jnp.where(state.swapped, column * self.size + row, action)
        moved = self.hex.step(state.plain, jnp.where(swaps, 0, plain_action))
        plain = jax.tree.map(
            lambda new, old: jnp.where(legal & ~swaps, new, old), moved, state.plain
        )
        return HexSwapState(
            plain, state.swapped | (legal & swaps), state.plies + legal.astype(jnp.int32)
        )

    def legal(self, state: HexSwapState) -> Bool[Array, "A"]:
        """Empty cells and, for white's first move, the swap [A]; none once the game is over."""
        cells = self._shown(state, self.hex.legal(state.plain))
        return jnp.append(cells, self._may_swap(state))

    def terminal(self, state: HexSwapState) -> Bool[Array, ""]:
        """Whether somebody has joined both edges, bool []."""
        return self.hex.terminal(state.plain)

    def winner(self, state: HexSwapState) -> Int8[Array, ""]:
        """0 or 1, or -1 while the game goes on, int8 []."""
        return _exchanged(state, state.plain.winner)

    def to_move(self, state: HexSwapState) -> Int8[Array, ""]:
        """The player whose turn it is, int8 []; the loser once the game is over."""
        return _exchanged(state, state.plain.to_move)

    def owners(self, state: HexSwapState) -> Int8[Array, "cells"]:
        """Whose stone lies on each cell, int8 [S²]: 0, 1, or -1."""
        return _exchanged(state, self._shown(state, self.hex.owners(state.plain)))

    def observe(self, state: HexSwapState) -> Bool[Array, "4 S S"]:
        """Planes (mine, theirs, the board itself, whether I may swap) in the mover's frame.

        The mover joins top and bottom, so mirrored or not, it sees what it would in plain Hex.
        """
        board = jnp.ones((1, *self.shape), bool)
        return jnp.concatenate(
            [self.hex.observe(state.plain), board, board & self._may_swap(state)]
        )

    def to_mover_frame(
        self, state: HexSwapState, per_action: Shaped[Array, "A"]
    ) -> Shaped[Array, "A"]:
        """Re-index [A] from the board frame to that of the mover, who joins top and bottom; the
        swap stays the last."""
        mirrored = jnp.append(_mirrored(per_action[:-1], self.size), per_action[-1])
        return jnp.where(self.to_move(state) == BLACK, per_action, mirrored)

    def to_board_frame(
        self, state: HexSwapState, per_action: Shaped[Array, "A"]
    ) -> Shaped[Array, "A"]:
        """Re-index [A] from the mover's frame to the board frame; mirroring undoes itself."""
        return self.to_mover_frame(state, per_action)

    def board(self, state: HexSwapState) -> HexState:
        """The board as people see it, as a position of plain Hex; unbatched."""
        owners = self.owners(state)
        base = jnp.where(owners == BLACK, 0, self.hex.white_base)
        labels = self._shown(state, state.plain.labels) % self.hex.white_base
        labels = jnp.where(owners == NOBODY, 0, base + labels).astype(state.plain.labels.dtype)
        return HexState(labels, self.to_move(state), self.winner(state))

    def action_name(self, action: int) -> str:
        """The cell's name, or `swap-pieces`."""
        return SWAP if action == self.swap else cell_name(action, self.size)

    def parse_action(self, text: str) -> int:
        """The cell called `text`, such as `c2`, or the swap, for which `swap` is enough."""
        if text.strip().lower() in (SWAP, "swap"):
            return self.swap
        return parse_cell(text, self.size)

    def _may_swap(self, state: HexSwapState) -> Bool[Array, ""]:
        return state.plies == 1

    def _shown(
        self, state: HexSwapState, per_cell: Shaped[Array, "cells"]
    ) -> Shaped[Array, "cells"]:
        """From the cells of plain Hex to those of the board that people see."""
        return jnp.where(state.swapped, _mirrored(per_cell, self.size), per_cell)


def _exchanged(state: HexSwapState, players: Int8[Array, "*n"]) -> Int8[Array, "*n"]:
    """Players of plain Hex as those whom people see; -1 is nobody in either."""
    return jnp.where(state.swapped & (players != NOBODY), 1 - players, players)


def _mirrored(per_cell: Shaped[Array, "cells"], size: int) -> Shaped[Array, "cells"]:
    return per_cell.reshape(size, size).T.reshape(-1)
