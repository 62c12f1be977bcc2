"""Anchors: players of known skill that need no training, from random to perfect.

They take part in tournaments beside networks: a perfect player makes zero Elo mean perfect play,
a random one is the floor, and the ladder between them gives weak agents opponents whose games
tell something.
"""

from __future__ import annotations

import numpy as np

from games.batches import legal_moves
from games.errors import InputError
from games.exact.protocol import ExactPlay
from games.exact.registry import perfect_play
from games.protocol import Game, State


class RandomPlayer:
    """Plays any legal move, all equally likely; on every game and board."""

    def __init__(self, game: Game) -> None:
        self._game = game

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """A legal action for each state; see `experiments.players.player.Player.act`."""
        legal = legal_moves(self._game, states)
        return np.where(legal, KeyedChance(keys).random(legal.shape), -1).argmax(1)


class LadderPlayer:
    """Plays perfectly with some probability at each move, else at random.

    Args:
        game: one on which perfect play is known from the first move on.
        probability: share of perfect moves; 0 is a random player, 1 a perfect one.
        exact: who knows perfect play; this process's own if none.

    Raises:
        InputError: if the game is out of reach or the probability is not in [0, 1].
    """

    def __init__(self, game: Game, probability: float, *, exact: ExactPlay | None = None) -> None:
        if not 0 <= probability <= 1:
            raise InputError(
                f"ladder: probability must be between 0 (random) and 1 (perfect), got {probability}"
            )
        self._exact = exact or perfect_play(game)
        self._probability = probability

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """A legal action for each state; see `experiments.players.player.Player.act`."""
        return self._exact.choose(states, KeyedChance(keys), self._probability)

    def close(self) -> None:
        """Let go of its exact player."""
        self._exact.close()


class PerfectPlayer(LadderPlayer):
    """Never throws a win or a draw away; in a lost position it resists as its game's exact player
    says (in Hex, it leaves the fewest winning replies)."""

    def __init__(self, game: Game, *, exact: ExactPlay | None = None) -> None:
        super().__init__(game, 1.0, exact=exact)


class KeyedChance:
    """NumPy's uniform variates with one source for each state: row i hangs on key i alone."""

    def __init__(self, keys: np.ndarray) -> None:
        self._generators = [np.random.default_rng(key) for key in keys]

    def random(self, shape: int | tuple[int, ...]) -> np.ndarray:
        """Variates in [0, 1), [L, ...]."""
        per_state = () if isinstance(shape, int) else shape[1:]
        return np.stack([generator.random(per_state) for generator in self._generators])
