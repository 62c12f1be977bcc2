"""The contract every game keeps; `mcts/` and `training/` know games only through it.

All functions are pure and take one unbatched state; callers `jax.vmap` them.
`tests/games/test_contract.py` holds every registered game to what is written here.
"""

from __future__ import annotations

from typing import Any, Protocol

import jax
import numpy as np

State = Any
"""A game's state: a pytree of arrays with static shapes."""


class Game(Protocol):
    """A two-player, zero-sum game of perfect information whose players alternate strictly.

    Player 0 (black) moves first. An action is one cell of the board, `row * size + column`.
    """

    @property
    def name(self) -> str:
        """Registry name, e.g. `"hex"`."""
        ...

    @property
    def size(self) -> int:
        """Board side S."""
        ...

    @property
    def num_actions(self) -> int:
        """Number of actions A, legal or not."""
        ...

    @property
    def max_plies(self) -> int:
        """No game lasts longer than this."""
        ...

    @property
    def symmetries(self) -> np.ndarray:
        """Cell permutations [K, A] under which the rules do not change; row 0 is the identity.

        Symmetry k takes cell a to `symmetries[k, a]` for both players, in the board frame and
        in the mover's frame alike.
        """
        ...

    def init(self) -> State:
        """The empty board, player 0 to move."""
        ...

    def step(self, state: State, action: jax.Array) -> State:
        """The state after the side to move plays `action` [].

        A finished state is absorbing and an illegal action changes nothing.
        """
        ...

    def legal(self, state: State) -> jax.Array:
        """Mask [A] of legal actions; all false exactly when the game is over."""
        ...

    def observe(self, state: State) -> jax.Array:
        """What a network sees: bool planes [2, S, S] (mine, theirs) in the mover's frame."""
        ...

    def terminal(self, state: State) -> jax.Array:
        """Whether the game is over, bool []."""
        ...

    def winner(self, state: State) -> jax.Array:
        """0 or 1, or -1 while nobody has won (and, once terminal, for a draw), int8 []."""
        ...

    def to_move(self, state: State) -> jax.Array:
        """The player whose turn it is, 0 or 1, int8 []. It keeps alternating into the end:
        after a winning move the loser is to move."""
        ...

    def to_mover_frame(self, state: State, per_action: jax.Array) -> jax.Array:
        """Re-index [A] from the board frame to the frame of the side to move."""
        ...

    def to_board_frame(self, state: State, per_action: jax.Array) -> jax.Array:
        """Re-index [A] from the frame of the side to move to the board frame."""
        ...
