"""Drop: four in a row on a grid of seven columns, into which stones fall; draws happen.

A whole game in one file: not a square, fewer actions than cells, draws. The tests register it and
take it the way from training to report; docs/extend/game.md shows it as an example.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import games
from games.errors import InputError
from games.protocol import Symmetries

NAME = "drop"
COLUMNS = 7
SIZES = range(3, 5)
NOBODY = -1


class DropState(NamedTuple):
    """A position; row 0 is the top."""

    owner: jax.Array  # [R·C] int8, 0 or 1, -1 where empty
    to_move: jax.Array  # [] int8
    winner: jax.Array  # [] int8, -1 while the game goes on, and for a draw


@dataclasses.dataclass(frozen=True)
class Drop:
    """The rules on a grid of `size` rows.

    Raises:
        InputError: if there are fewer than 3 or more than 4 rows.
    """

    size: int = 4

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise InputError(f"{NAME}: size must be 3 to 4, got {self.size!r}")

    name = NAME
    num_planes = 2
    num_actions = COLUMNS
    min_plies = 7  # the first player's fourth stone
    fills_cells = False

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.size, COLUMNS

    @property
    def max_plies(self) -> int:
        """The grid is full."""
        return self.size * COLUMNS

    @property
    def symmetries(self) -> Symmetries:
        """Identity and mirror image."""
        cells = np.arange(self.max_plies).reshape(self.shape)
        columns = np.arange(COLUMNS)
        return Symmetries(
            np.stack([cells.ravel(), cells[:, ::-1].ravel()]), np.stack([columns, columns[::-1]])
        )

    @functools.cached_property
    def lines(self) -> np.ndarray:
        """The cells of every four in a row, [L, 4]."""
        rows, columns = self.shape
        return np.array(
            [
                [(r + k * dr) * columns + c + k * dc for k in range(4)]
                for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1))
                for r in range(rows)
                for c in range(columns)
                if 0 <= r + 3 * dr < rows and 0 <= c + 3 * dc < columns
            ]
        )

    def init(self) -> DropState:
        """The empty grid."""
        return DropState(jnp.full(self.max_plies, NOBODY, jnp.int8), jnp.int8(0), jnp.int8(NOBODY))

    def step(self, state: DropState, action: jax.Array) -> DropState:
        """A stone falls into a column."""
        column = state.owner.reshape(self.shape)[:, action]
        free = jnp.sum(column == NOBODY).astype(jnp.int32)
        legal = ~self.terminal(state) & (free > 0) & (action >= 0)
        cell = (free - 1) * COLUMNS + action
        owner = jnp.where(
            legal & (jnp.arange(self.max_plies) == cell), state.to_move, state.owner
        ).astype(jnp.int8)
        won = jnp.any(jnp.all(owner[self.lines] == state.to_move, axis=-1))
        return DropState(
            owner=owner,
            to_move=jnp.where(legal, 1 - state.to_move, state.to_move).astype(jnp.int8),
            winner=jnp.where(legal & won, state.to_move, state.winner).astype(jnp.int8),
        )

    def legal(self, state: DropState) -> jax.Array:
        """Columns that are not full."""
        return (state.owner[:COLUMNS] == NOBODY) & (state.winner == NOBODY)

    def terminal(self, state: DropState) -> jax.Array:
        """Won, or full."""
        return (state.winner != NOBODY) | jnp.all(state.owner != NOBODY)

    def winner(self, state: DropState) -> jax.Array:
        """0, 1, or -1."""
        return state.winner

    def to_move(self, state: DropState) -> jax.Array:
        """0 or 1."""
        return state.to_move

    def owners(self, state: DropState) -> jax.Array:
        """As they lie."""
        return state.owner

    def observe(self, state: DropState) -> jax.Array:
        """Mine and theirs."""
        mine = state.owner == state.to_move
        theirs = state.owner == 1 - state.to_move
        return jnp.stack([mine, theirs]).reshape(2, *self.shape)

    def to_mover_frame(self, state: DropState, per_action: jax.Array) -> jax.Array:
        """Both players see the same grid."""
        del state
        return per_action

    def to_board_frame(self, state: DropState, per_action: jax.Array) -> jax.Array:
        """Both players see the same grid."""
        del state
        return per_action

    def action_name(self, action: int) -> str:
        """The column's letter."""
        if action not in range(COLUMNS):
            raise InputError(f"no column {action}; actions are 0 to {COLUMNS - 1}")
        return "abcdefg"[action]

    def parse_action(self, text: str) -> int:
        """The column of that letter."""
        if len(text) != 1 or text.lower() not in "abcdefg":
            raise InputError(f"no column {text!r}; columns are a to g")
        return "abcdefg".index(text.lower())


games.register(NAME, Drop, SIZES)
