"""The exact player of games whose positions are all in a table."""

import functools

import jax
import numpy as np
from jaxtyping import Bool

from games.exact.met import positions_met
from games.exact.protocol import ExactPlay, JudgedSet, Verdicts
from games.exact.tables import ConnectionGame, load_table
from games.protocol import State


class TablePlay(ExactPlay):
    """Perfect play on a board that `games.exact.tables` knows; nobody draws."""

    game: ConnectionGame

    def judge(self, states: State, *, max_nodes: int | None = None) -> Verdicts:
        """From the table."""
        del max_nodes
        winning = load_table(self.game).winning_moves(jax.device_get(states))
        value = np.where(winning.any(1), 1, -1).astype(np.int8)
        return Verdicts(value, winning, np.ones(len(winning), bool))

    def perfect_moves(self, states: State) -> Bool[np.ndarray, "N A"]:
        """All winning moves; in a lost position, those that leave the fewest winning replies."""
        return load_table(self.game).perfect_moves(jax.device_get(states))

    def judged_set(self) -> JudgedSet | None:
        """Positions met in random games."""
        return self._judged

    @functools.cached_property
    def _judged(self) -> JudgedSet | None:
        return positions_met(self)
