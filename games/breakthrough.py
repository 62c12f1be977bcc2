"""Breakthrough as pure JAX functions, on grids of 4 to 8 rows and 3 to 8 columns.

Stones move: one row ahead, straight or slanting, onto an empty cell, or slanting onto a stone of
the opponent, which is taken. Who reaches the last row wins, or who takes all. Black begins on the
top rows and goes down, white comes up; each has two rows of stones, one where there are fewer than
six rows. Nobody is ever stuck: ahead of the foremost stone lie no stones of its own. These are the
conventions of OpenSpiel.

A board is called by two digits, rows then columns: 88 is the usual one.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Shaped, UInt8

from games.errors import InputError
from games.protocol import Symmetries
from games.squares import NOBODY, RowState, SquareGame, bits, two_digits
from games.text.notation import cell_at, parse_cell_at

NAME = "breakthrough"
ROWS, COLUMNS = range(4, 9), range(3, 9)
SIZES = two_digits(ROWS, COLUMNS)
TWO_ROWS_FROM = 6
WAYS = "lsr"  # to the left, straight, to the right, as one looks at the board


@dataclasses.dataclass(frozen=True)
class Breakthrough(SquareGame):
    """The rules on a grid of 4 to 8 rows and 3 to 8 columns."""

    size: int = 88

    name = NAME
    rows = ROWS
    columns = COLUMNS
    usual = 88
    plays_columns = False

    @property
    def num_actions(self) -> int:
        """Three a cell: action 3 · cell + way moves what lies on the cell, `WAYS[way]`."""
        return self.shape[0] * self.shape[1] * len(WAYS)

    @property
    def max_plies(self) -> int:
        """Every move brings a stone one row ahead, and the first to reach the last row ends it."""
        rows, columns = self.shape
        ahead = sum(rows - 2 - row for row in range(self._filled))
        return 2 * columns * ahead + 1

    @property
    def min_plies(self) -> int:
        """A foremost stone of black goes straight ahead."""
        return 2 * (self.shape[0] - self._filled) - 1

    @property
    def _filled(self) -> int:
        """Rows of stones of each side."""
        return 2 if self.shape[0] >= TWO_ROWS_FROM else 1

    @property
    def symmetries(self) -> Symmetries:
        """Identity and mirror image, left for right."""
        cells = np.arange(self.shape[0] * self.shape[1]).reshape(self.shape)
        mirrored = cells[:, ::-1].ravel()
        actions = (len(WAYS) * mirrored[:, None] + np.arange(len(WAYS))[::-1]).ravel()
        return Symmetries(
            np.stack([cells.ravel(), mirrored]), np.stack([np.arange(self.num_actions), actions])
        )

    def init(self) -> RowState:
        """Both sides on their first rows, player 0 to move."""
        black = np.zeros(self.shape[0], np.uint8)
        black[: self._filled] = (1 << self.shape[1]) - 1
        stones = jnp.asarray(np.stack([black, black[::-1]]))
        return RowState(stones, jnp.int8(0), jnp.int8(NOBODY))

    def step(self, state: RowState, action: Int[Array, ""]) -> RowState:
        """The state after the side to move plays `action` [].

        A finished state is absorbing and an illegal action changes nothing.
        """
        rows, columns = self.shape
        cell, way = jnp.divmod(action, len(WAYS))
        row, column = jnp.divmod(cell, columns)
        ahead = jnp.where(state.to_move == 0, row + 1, row - 1)
        to_column = column + way - 1
        at_row, bit = jnp.arange(rows), jnp.uint8(1)
        left = jnp.where(at_row == row, bit << column.astype(jnp.uint8), 0).astype(jnp.uint8)
        inside = (at_row == ahead) & (to_column >= 0) & (to_column < columns)
        reached = jnp.where(inside, bit << to_column.astype(jnp.uint8), 0).astype(jnp.uint8)
        mine, theirs = self._of_mover(state)
        blocked = mine | jnp.where(way == 1, theirs, 0).astype(jnp.uint8)
        legal = (mine & left).any() & (reached & ~blocked).any() & (state.winner == NOBODY)
        mine, theirs = mine & ~left | reached, theirs & ~reached
        won = (ahead == jnp.where(state.to_move == 0, rows - 1, 0)) | ~theirs.any()
        is_mover = jnp.arange(2, dtype=jnp.int8)[:, None] == state.to_move
        return RowState(
            stones=jnp.where(legal, jnp.where(is_mover, mine, theirs), state.stones),
            to_move=jnp.where(legal, 1 - state.to_move, state.to_move),
            winner=jnp.where(legal & won, state.to_move, state.winner),
        )

    def _of_mover(self, state: RowState) -> tuple[jax.Array, jax.Array]:
        """Rows [R] of the mover's stones and of the opponent's, as they lie."""
        return state.stones[state.to_move], state.stones[1 - state.to_move]

    def legal(self, state: RowState) -> Bool[Array, "A"]:
        """Moves of the mover's stones [A]; none once the game is over."""
        columns = self.shape[1]
        mine, theirs = self._of_mover(state)
        own, others = self._ahead(state, mine), self._ahead(state, theirs)
        blocked = own << 1 | 1, own | others, own >> 1 | 1 << columns - 1
        ways = jnp.stack([mine & ~taken for taken in blocked], axis=-1)  # [R, 3]
        moves = jnp.moveaxis(bits(ways, columns), 1, 2)  # [R, C, 3]
        return moves.reshape(-1) & (state.winner == NOBODY)

    def _ahead(self, state: RowState, stones: UInt8[Array, "R"]) -> UInt8[Array, "R"]:
        """What lies one row ahead of each row as the mover goes; nothing beyond the board."""
        down, up = jnp.pad(stones[1:], (0, 1)), jnp.pad(stones[:-1], (1, 0))
        return jnp.where(state.to_move == 0, down, up)

    def observe(self, state: RowState) -> Bool[Array, "2 R C"]:
        """Planes (mine, theirs), the mover's own stones going down."""
        seen = jnp.where(state.to_move == 0, state.stones, state.stones[::-1, ::-1])
        return bits(seen, self.shape[1])

    def to_mover_frame(self, state: RowState, per_action: Shaped[Array, "A"]) -> Shaped[Array, "A"]:
        """Re-index [A] to the frame in which the mover goes down: white's rows are turned round."""
        turned = per_action.reshape(self.shape[0], -1)[::-1].reshape(-1)
        return jnp.where(state.to_move == 0, per_action, turned)

    def to_board_frame(self, state: RowState, per_action: Shaped[Array, "A"]) -> Shaped[Array, "A"]:
        """Re-index [A] to the board frame; turning the rows round undoes itself."""
        return self.to_mover_frame(state, per_action)

    def action_name(self, action: int) -> str:
        """The cell that is left and the way, such as `c2s`."""
        if action not in range(self.num_actions):
            raise InputError(f"no move {action}; actions are 0 to {self.num_actions - 1}")
        cell, way = divmod(action, len(WAYS))
        return cell_at(cell, self.shape) + WAYS[way]

    def parse_action(self, text: str) -> int:
        """The move called `text`."""
        text = text.strip().lower()
        if text[-1:] not in tuple(WAYS):
            raise InputError(
                f"no move {text!r:.40}; a move is a cell and its way, left, straight or right as "
                "one looks at the board: c2l, c2s, c2r"
            )
        return len(WAYS) * parse_cell_at(text[:-1], self.shape) + WAYS.index(text[-1])
