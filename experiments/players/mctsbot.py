"""OpenSpiel's C++ MCTSBot with random rollouts: an opponent for every board that installs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from experiments.players.host_states import moves_to
from experiments.players.specs import MctsBotSpec
from games.protocol import Game, State
from games.spiel import from_spiel_action, spiel_game, to_spiel_state

if TYPE_CHECKING:
    import pyspiel


class MctsBotPlayer:
    """UCT with random rollouts; a fresh bot for each move, seeded by the move's own key.

    Raises:
        InputError: if OpenSpiel is not installed.
    """

    def __init__(self, game: Game, spec: MctsBotSpec) -> None:
        self._game = game
        self._spiel_game = spiel_game(game)
        self._spec = spec

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """A legal action for each state; see `experiments.players.player.Player.act`."""
        seeds = keys[:, -1] >> 1  # it takes 31 bits
        return np.array(
            [
                self._move(moves, int(seed))
                for moves, seed in zip(moves_to(self._game, states), seeds, strict=True)
            ]
        )

    def _move(self, moves: list[int], seed: int) -> int:
        state = to_spiel_state(self._game, moves)
        return from_spiel_action(self._game, self._bot(seed).step(state))

    def _bot(self, seed: int) -> pyspiel.MCTSBot:
        import pyspiel

        spec = self._spec
        return pyspiel.MCTSBot(
            self._spiel_game,
            pyspiel.RandomRolloutEvaluator(spec.rollouts, seed),
            spec.uct_c,
            spec.simulations,
            1000,  # MB at most
            spec.solve,
            seed,
            False,
        )
