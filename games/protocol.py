"""The contract every game keeps; `mcts/` and `training/` know games only through it.

All functions are pure and take one unbatched state; callers `jax.vmap` them.
`tests/games/test_contract.py` holds every registered game to what is written here.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np
from jaxtyping import Array, Bool, Int, Int8, Shaped

State = Any
"""A game's state: a pytree of arrays with static shapes."""

Offsets = tuple[tuple[int, int], ...]
"""Ways from a cell, as rows down and columns to the right."""

HEXAGONAL: Offsets = ((0, 0), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0))
"""A cell and the six that touch it where cells are hexagons, as on the slanting board of Hex."""

SQUARE: Offsets = ((0, 0), (-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
"""A cell and the eight around it."""


class Symmetries(NamedTuple):
    """K ways to turn the board under which the rules do not change; the first is the identity.

    Turn k takes cell c to `cells[k, c]` and action a to `actions[k, a]`, for both players, in the
    board frame and in the mover's frame alike. Where an action is a cell, both are the same.
    """

    cells: Int[np.ndarray, "K cells"]
    actions: Int[np.ndarray, "K A"]


class Game(Protocol):
    """A two-player, zero-sum game of perfect information whose players alternate strictly.

    Player 0 (black) moves first. The board is a grid of R rows and C columns whose cells are
    numbered `row * C + column`; actions are numbered apart from them.
    """

    @property
    def name(self) -> str:
        """Registry name, e.g. `"hex"`."""
        ...

    @property
    def size(self) -> int:
        """Board side S: the number in a board's name, of which the game makes its grid."""
        ...

    @property
    def shape(self) -> tuple[int, int]:
        """Rows R and columns C of the grid; Hex has S and S."""
        ...

    @property
    def neighbourhood(self) -> Offsets:
        """`HEXAGONAL` or `SQUARE`: what a convolution sees from a cell, the cell itself first."""
        ...

    @property
    def num_planes(self) -> int:
        """How many planes `observe` shows: at least the two of mine and theirs. A third one shows
        the cells that belong to the board."""
        ...

    @property
    def num_actions(self) -> int:
        """Number of actions A, legal or not."""
        ...

    @property
    def plays_columns(self) -> bool:
        """Whether each action is a column of the grid. Else action `k · cell + way` is one of k of
        a cell, and those after the last cell's, such as a swap, lie nowhere on the board."""
        ...

    @property
    def max_plies(self) -> int:
        """No game lasts longer than this."""
        ...

    @property
    def min_plies(self) -> int:
        """No game is over sooner: fewer random moves may open a game and decide nothing."""
        ...

    @property
    def fills_cells(self) -> bool:
        """Whether actions are cells, each legal until somebody has played it or the game ends."""
        ...

    @property
    def symmetries(self) -> Symmetries:
        """The turns of the board that keep the rules."""
        ...

    def init(self) -> State:
        """The position in which games begin, player 0 to move; an empty board in most games."""
        ...

    def step(self, state: State, action: Int[Array, ""]) -> State:
        """The state after the side to move plays `action` [].

        A finished state is absorbing and an illegal action changes nothing.
        """
        ...

    def legal(self, state: State) -> Bool[Array, "A"]:
        """Mask [A] of legal actions; all false exactly when the game is over."""
        ...

    def observe(self, state: State) -> Bool[Array, "num_planes R C"]:
        """What a network sees: planes in the mover's frame, the first two the stones of the side to
        move and its opponent's."""
        ...

    def terminal(self, state: State) -> Bool[Array, ""]:
        """Whether the game is over."""
        ...

    def winner(self, state: State) -> Int8[Array, ""]:
        """0 or 1, or -1 while nobody has won (and, once terminal, for a draw)."""
        ...

    def to_move(self, state: State) -> Int8[Array, ""]:
        """The player whose turn it is, 0 or 1. It keeps alternating into the end:
        after a winning move the loser is to move."""
        ...

    def to_mover_frame(self, state: State, per_action: Shaped[Array, "A"]) -> Shaped[Array, "A"]:
        """Re-index [A] from the board frame to the frame of the side to move."""
        ...

    def to_board_frame(self, state: State, per_action: Shaped[Array, "A"]) -> Shaped[Array, "A"]:
        """Re-index [A] from the frame of the side to move to the board frame."""
        ...

    def owners(self, state: State) -> Int8[Array, "cells"]:
        """Whose stone lies on each cell, board frame: 0, 1, or -1 for nobody's."""
        ...

    def action_name(self, action: int) -> str:
        """What people call an action, e.g. `c2`.

        Raises:
            InputError: if there is no such action.
        """
        ...

    def parse_action(self, text: str) -> int:
        """The action that people call `text`, capitals allowed.

        Raises:
            InputError: if none is called so; the message says how they are called.
        """
        ...
