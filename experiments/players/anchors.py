"""Anchors: players of known skill that need no training, from random to perfect.

They take part in tournaments beside networks: a perfect player makes zero Elo mean perfect play,
a random one is the floor, and the ladder between them gives weak agents opponents whose games
tell something.
"""

from __future__ import annotations

import jax
import numpy as np

from games.errors import InputError
from games.exact.perfect import check_reach, choose_moves
from games.exact.solver import MoveSolver
from games.hex import Hex
from games.protocol import Game, State


class RandomPlayer:
    """Plays any legal move, all equally likely; on every game and board."""

    def __init__(self, game: Game) -> None:
        self._legal = jax.jit(jax.vmap(game.legal))

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """A legal action for each state; see `experiments.players.player.Player.act`."""
        length = len(jax.tree.leaves(states)[0])
        # The next power of two, filled up with copies: few batch sizes, few compilations.
        rows = np.minimum(np.arange(1 << (length - 1).bit_length()), length - 1)
        legal = np.asarray(self._legal(jax.tree.map(lambda leaf: leaf[rows], states)))[:length]
        return np.where(legal, Chance(keys).random(legal.shape), -1).argmax(1)


class LadderPlayer:
    """Plays perfectly with some probability at each move, else at random.

    Args:
        game: Hex of side 2 to 6.
        probability: share of perfect moves; 0 is a random player, 1 a perfect one.
        solver: who solves positions on boards larger than 4×4; this process's own if none.

    Raises:
        InputError: if the game is out of reach or the probability is not in [0, 1].
    """

    def __init__(self, game: Game, probability: float, *, solver: MoveSolver | None = None) -> None:
        if not 0 <= probability <= 1:
            raise InputError(
                f"ladder: probability must be between 0 (random) and 1 (perfect), got {probability}"
            )
        self._game: Hex = check_reach(game)
        self._probability = probability
        self._solver = solver

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """A legal action for each state; see `experiments.players.player.Player.act`."""
        return choose_moves(
            self._game, states, Chance(keys), self._probability, solver=self._solver
        )


class PerfectPlayer(LadderPlayer):
    """Never throws a win away, and in a lost position leaves the fewest winning replies."""

    def __init__(self, game: Game, *, solver: MoveSolver | None = None) -> None:
        super().__init__(game, 1.0, solver=solver)


class Chance:
    """NumPy's uniform variates with one source for each state: row i hangs on key i alone."""

    def __init__(self, keys: np.ndarray) -> None:
        self._generators = [np.random.default_rng(key) for key in keys]

    def random(self, shape: int | tuple[int, ...]) -> np.ndarray:
        """Variates in [0, 1), [L, ...]."""
        per_state = () if isinstance(shape, int) else shape[1:]
        return np.stack([generator.random(per_state) for generator in self._generators])
