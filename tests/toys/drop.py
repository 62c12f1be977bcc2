"""Drop: four in a row on a grid of seven columns, into which stones fall; draws happen.

A whole game in one file: not a square, fewer actions than cells, draws, and its exact player on the
smallest grid. The tests register it and take it the way from training to blunder rates and a report
with perfect play at zero; docs/extend/game.md shows it as an example.
"""

import dataclasses
import functools
import hashlib
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int8, Shaped

import games
from games.batches import states_before
from games.errors import InputError
from games.exact import registry
from games.exact.protocol import ExactPlay, JudgedSet, Verdicts
from games.protocol import SQUARE, State, Symmetries

NAME = "drop"
COLUMNS = 7
SIZES = range(2, 5)
NOBODY = -1


class DropState(NamedTuple):
    """A position; row 0 is the top."""

    owner: Int8[Array, "cells"]  # 0 or 1, -1 where empty
    to_move: Int8[Array, ""]
    winner: Int8[Array, ""]  # -1 while the game goes on, and for a draw


@dataclasses.dataclass(frozen=True)
class Drop:
    """The rules on a grid of `size` rows.

    Raises:
        InputError: if there are fewer than 2 or more than 4 rows.
    """

    size: int = 4

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise InputError(f"{NAME}: size must be 2 to 4, got {self.size!r}")

    name = NAME
    neighbourhood = SQUARE
    num_planes = 2
    plays_columns = True
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
    def lines(self) -> Int[np.ndarray, "L 4"]:
        """The cells of every four in a row."""
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

    def step(self, state: DropState, action: Int[Array, ""]) -> DropState:
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

    def legal(self, state: DropState) -> Bool[Array, "A"]:
        """Columns that are not full."""
        return (state.owner[:COLUMNS] == NOBODY) & (state.winner == NOBODY)

    def terminal(self, state: DropState) -> Bool[Array, ""]:
        """Won, or full."""
        return (state.winner != NOBODY) | jnp.all(state.owner != NOBODY)

    def winner(self, state: DropState) -> Int8[Array, ""]:
        """0, 1, or -1."""
        return state.winner

    def to_move(self, state: DropState) -> Int8[Array, ""]:
        """0 or 1."""
        return state.to_move

    def owners(self, state: DropState) -> Int8[Array, "cells"]:
        """As they lie."""
        return state.owner

    def observe(self, state: DropState) -> Bool[Array, "2 R C"]:
        """Mine and theirs."""
        mine = state.owner == state.to_move
        theirs = state.owner == 1 - state.to_move
        return jnp.stack([mine, theirs]).reshape(2, *self.shape)

    def to_mover_frame(
        self, state: DropState, per_action: Shaped[Array, "A"]
    ) -> Shaped[Array, "A"]:
        """Both players see the same grid."""
        del state
        return per_action

    def to_board_frame(
        self, state: DropState, per_action: Shaped[Array, "A"]
    ) -> Shaped[Array, "A"]:
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


class DropPlay(ExactPlay):
    """Perfect play by a table of every position, worked out from the full grids backwards.

    A column is a number in binary: a one, then a digit a stone from below, 0 black and 1 white. A
    position's index has a digit a column, that number less one.
    """

    game: Drop

    def __init__(self, game: Drop) -> None:
        super().__init__(game)
        self._full = 2**game.size  # the least number of a full column
        self._place = (2 * self._full - 1) ** np.arange(COLUMNS)

    def judge(self, states: State, *, max_nodes: int | None = None) -> Verdicts:
        """From the table."""
        del max_nodes
        owner = np.asarray(states.owner).reshape(-1, *self.game.shape)
        columns = np.ones((len(owner), COLUMNS), int)
        for row in reversed(range(self.game.size)):
            stone = owner[:, row]
            columns = np.where(stone == NOBODY, columns, 2 * columns + stone)
        mover = np.asarray(states.to_move)
        value = self._table[(columns - 1) @ self._place]
        keeping = self._after(columns, mover, self._table) == value[:, None]
        return Verdicts(value, keeping & (value >= 0)[:, None], np.ones(len(value), bool))

    def judged_set(self) -> JudgedSet:
        """Those of 100 random games in which a mistake can be made, each once."""
        order = np.random.default_rng(0).random((100, self.game.max_plies)).argsort(1) % COLUMNS
        states = states_before(self.game, order)
        met = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), states)
        once = np.unique(met.owner, axis=0, return_index=True)[1]
        met = jax.tree.map(lambda leaf: leaf[once], met)
        legal = self.legal(met)
        verdicts = self.judge(met)
        hard = legal.any(1) & (verdicts.value >= 0) & (legal & ~verdicts.keeping).any(1)
        met, verdicts = jax.tree.map(lambda leaf: leaf[hard], (met, verdicts))
        content = met.owner.tobytes() + verdicts.keeping.tobytes()
        return JudgedSet(hashlib.sha256(content).hexdigest()[:8], met, verdicts)

    def _after(self, columns: np.ndarray, mover: np.ndarray, values: np.ndarray) -> np.ndarray:
        """What each move is worth to the mover, [N, 7]; less than a loss where a column is full."""
        here = ((columns - 1) @ self._place)[:, None]
        grown = 2 * columns + mover[:, None]
        after = np.where(columns < self._full, here + (grown - columns) * self._place, 0)
        return np.where(columns < self._full, -values[after], -2)

    @functools.cached_property
    def _table(self) -> np.ndarray:
        """The value of every position for the side to move, int8 [7^7 on two rows]."""
        index = np.arange((2 * self._full - 1) ** COLUMNS)
        columns = index[:, None] // self._place % (2 * self._full - 1) + 1
        height = np.log2(columns).astype(int)
        plies, rows = height.sum(1), np.arange(self.game.size)
        stones = columns[:, None] >> np.maximum(height[:, None] - 1 - rows[:, None], 0) & 1
        owner = np.where(rows[:, None] < height[:, None], stones, NOBODY)[:, ::-1]
        lines = owner.reshape(len(index), -1)[:, self.game.lines]
        last = (plies + 1) % 2  # who moved last; only that side can have won by it
        won = np.all(lines == last[:, None, None], -1).any(1)
        values = np.where(won, -1, 0).astype(np.int8)
        for ply in reversed(range(self.game.max_plies)):
            here = np.flatnonzero((plies == ply) & ~won)
            mover = np.full(len(here), ply % 2)
            values[here] = self._after(columns[here], mover, values).max(1)
        return values


games.register(NAME, Drop, SIZES)
registry.register(NAME, DropPlay, {2: registry.Reach()})
