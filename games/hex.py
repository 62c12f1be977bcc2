"""Hex without swap, as pure JAX functions, for boards of side 2 to 19.

Black (player 0) moves first and joins the top and bottom rows; white (player 1) joins the left
and right columns. Cell (r, c) touches (r-1, c), (r-1, c+1), (r, c-1), (r, c+1), (r+1, c-1) and
(r+1, c). These are the conventions of OpenSpiel and MoHex.

A stone carries the label of its group, so no step ever has to search the board: placing a stone
reads its six neighbours and renames the groups it joins in one pass of six compares. Labels of a
player count from that player's base: 1 is a group touching the player's first edge (top or left),
2 a group touching the second (bottom or right), 3 and more a group touching neither, named after
one of its cells. A stone that touches both edges wins.
"""

import dataclasses
import functools
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int8, Int32, Shaped, UInt

from games.errors import InputError
from games.groups import cells_around
from games.protocol import HEXAGONAL, Symmetries
from games.text.notation import cell_name, parse_cell

MIN_SIZE, MAX_SIZE = 2, 19
BLACK, WHITE, NOBODY = 0, 1, -1

FIRST_EDGE, SECOND_EDGE, FLOATING = 1, 2, 3  # labels relative to a player's base

Stones = Bool[Array, "*states A"] | Bool[np.ndarray, "*states A"]


class HexState(NamedTuple):
    """A position, in the board frame."""

    labels: UInt[Array, "A"]  # 0 is empty, else the player's base plus the group's label
    to_move: Int8[Array, ""]
    winner: Int8[Array, ""]  # -1 while the game goes on


@dataclasses.dataclass(frozen=True)
class Hex:
    """The rules on a board of one size; hashable, so that it can be a static argument of `jit`.

    Raises:
        InputError: if the size is outside 2 to 19.
    """

    size: int = 11

    def __post_init__(self) -> None:
        if self.size not in range(MIN_SIZE, MAX_SIZE + 1):
            raise InputError(f"hex: size must be {MIN_SIZE} to {MAX_SIZE}, got {self.size!r}")

    name = "hex"
    neighbourhood = HEXAGONAL
    num_planes = 2
    plays_columns = False
    fills_cells = True

    @property
    def shape(self) -> tuple[int, int]:
        """S rows and S columns."""
        return self.size, self.size

    @property
    def num_actions(self) -> int:
        """A = S²: one action a cell, no swap."""
        return self.size**2

    @property
    def max_plies(self) -> int:
        """A filled board always has a winner, so a game ends within S² plies."""
        return self.size**2

    @property
    def min_plies(self) -> int:
        """Black's shortest chain has S stones, between which white has played S - 1."""
        return 2 * self.size - 1

    @property
    def symmetries(self) -> Symmetries:
        """Identity and rotation by 180°; every other symmetry exchanges the players."""
        cells = np.arange(self.num_actions)
        turned = np.stack([cells, cells[::-1]])
        return Symmetries(turned, turned)

    @property
    def on_board(self) -> Bool[np.ndarray, "S S"]:
        """Every cell of the grid."""
        return np.ones(self.shape, bool)

    @property
    def white_base(self) -> int:
        """White's labels start here, black's at 0."""
        return 128 if self._narrow else 512

    @property
    def _narrow(self) -> bool:
        # Bytes hold two sets of A + 2 labels up to 11×11; memory traffic dominates small searches.
        return self.num_actions + FLOATING <= 128

    @property
    def _label_dtype(self) -> type:
        return np.uint8 if self._narrow else np.uint16

    @functools.cached_property
    def neighbours(self) -> Int32[np.ndarray, "A 6"]:
        """The cells around each cell, [A, 6], padded with A at the edges of the board."""
        return cells_around(self.on_board)

    @functools.cached_property
    def edges(self) -> Bool[np.ndarray, "2 2 A"]:
        """Whether a cell lies on a player's first and second edge, bool [2 players, 2 edges, A]."""
        row, column = np.divmod(np.arange(self.num_actions), self.size)
        last = self.size - 1
        return np.array([[row == 0, row == last], [column == 0, column == last]])

    def init(self) -> HexState:
        """The empty board, black to move."""
        return HexState(
            labels=jnp.zeros(self.num_actions, self._label_dtype),
            to_move=jnp.int8(BLACK),
            winner=jnp.int8(NOBODY),
        )

    def step(self, state: HexState, action: Int[Array, ""]) -> HexState:
        """The state after the side to move plays cell `action` [].

        A finished state is absorbing and an occupied cell changes nothing.
        """
        labels = state.labels
        dtype = labels.dtype
        base = state.to_move.astype(dtype) * self.white_base
        nothing = jnp.asarray(jnp.iinfo(dtype).max, dtype)  # no stone has this label

        around = labels.at[jnp.asarray(self.neighbours)[action]].get(mode="fill", fill_value=0)
        relative = around - base  # unsigned: what is not the mover's wraps past every label
        mine = (relative > 0) & (relative < self.white_base)
        group = jnp.where(mine, relative, 0)  # [6]

        on_edge = jnp.asarray(self.edges)[state.to_move, :, action]
        touches_first = on_edge[0] | jnp.any(group == FIRST_EDGE)
        touches_second = on_edge[1] | jnp.any(group == SECOND_EDGE)
        floating = action.astype(dtype) + FLOATING
        label = base + jnp.where(
            touches_first, FIRST_EDGE, jnp.where(touches_second, SECOND_EDGE, floating)
        ).astype(dtype)

        joined_labels = jnp.where(mine, around, nothing)  # [6]
        cells = jnp.arange(self.num_actions)
        renamed = cells == action
        for k in range(6):
            renamed |= labels == joined_labels[k]

        legal = (state.winner == NOBODY) & (labels[action] == 0)
        won = touches_first & touches_second
        return HexState(
            labels=jnp.where(legal & renamed, label, labels),
            to_move=jnp.where(legal, 1 - state.to_move, state.to_move),
            winner=jnp.where(legal & won, state.to_move, state.winner),
        )

    def legal(self, state: HexState) -> Bool[Array, "A"]:
        """Empty cells [A]; none once the game is over."""
        return (state.labels == 0) & (state.winner == NOBODY)

    def terminal(self, state: HexState) -> Bool[Array, ""]:
        """Whether somebody has joined both edges, bool []."""
        return state.winner != NOBODY

    def winner(self, state: HexState) -> Int8[Array, ""]:
        """0 or 1, or -1 while the game goes on, int8 []."""
        return state.winner

    def to_move(self, state: HexState) -> Int8[Array, ""]:
        """The player whose turn it is, int8 []; the loser once the game is over."""
        return state.to_move

    def stones(self, state: HexState) -> tuple[Stones, Stones]:
        """Black's and white's stones in the board frame, of states with any leading axes."""
        white = state.labels > self.white_base
        return (state.labels > 0) & ~white, white

    def owners(self, state: HexState) -> Int8[Array, "A"]:
        """Whose stone lies on each cell, int8 [A]: 0, 1, or -1."""
        black, white = self.stones(state)
        return jnp.where(black, BLACK, jnp.where(white, WHITE, NOBODY)).astype(jnp.int8)

    def observe(self, state: HexState) -> Bool[Array, "2 S S"]:
        """Planes [2, S, S] (mine, theirs) in the mover's frame."""
        turned = self.to_mover_frame(state, state.labels)
        mine = (turned > self.white_base) == (state.to_move == WHITE)
        owner = jnp.where(turned == 0, 0, jnp.where(mine, 1, 2))
        planes = owner[None] == jnp.array([[1], [2]])  # a comparison vectorises, a stack does not
        return planes.reshape(2, self.size, self.size)

    def to_mover_frame(self, state: HexState, per_action: Shaped[Array, "A"]) -> Shaped[Array, "A"]:
        """Re-index [A] from the board frame to the mover's frame, where the side to move always
        joins top and bottom: white's board is transposed."""
        transposed = per_action.reshape(self.size, self.size).T.reshape(-1)
        return jnp.where(state.to_move == BLACK, per_action, transposed)

    def to_board_frame(self, state: HexState, per_action: Shaped[Array, "A"]) -> Shaped[Array, "A"]:
        """Re-index [A] from the mover's frame to the board frame; transposing undoes itself."""
        return self.to_mover_frame(state, per_action)

    def action_name(self, action: int) -> str:
        """The cell's name: letter of the column, number of the row."""
        return cell_name(action, self.size)

    def parse_action(self, text: str) -> int:
        """The cell called `text`, such as `c2`."""
        return parse_cell(text, self.size)
