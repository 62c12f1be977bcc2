"""The exact player of Havannah: alpha-beta search, from the start on hexagons of side 2 and 3."""

import functools

import numpy as np

from games.batches import ask
from games.exact import havannah_search
from games.exact.bounds import LIMIT, NODES, UNKNOWN, empty_table
from games.exact.compiled import COMPILED
from games.exact.met import positions_met
from games.exact.protocol import ExactPlay, JudgedSet, Verdicts
from games.havannah import Havannah
from games.protocol import State

ENTRIES = 4_000_037
"""Positions that the table holds at most, 9 bytes each; a prime, so that keys spread."""


class HavannahPlay(ExactPlay):
    """Perfect play on one hexagon of side 2 or 3."""

    game: Havannah

    def __init__(self, game: Havannah) -> None:
        super().__init__(game)
        self._hexagon = havannah_search.make_hexagon(game)
        self._table = empty_table(ENTRIES)

    @property
    def quick(self) -> bool:
        """Plain Python takes too long on side 3."""
        return COMPILED or self.game.size == 2

    def judge(self, states: State, *, max_nodes: int | None = None) -> Verdicts:
        """By search, each position by itself."""
        legal = self.legal(states)
        owners, to_move = ask(self.game, states, "owners", "to_move")
        places = 1 << np.arange(self.game.num_actions, dtype=np.int64)
        mine, theirs = (
            ((owners == player[:, None]) @ places).tolist() for player in (to_move, 1 - to_move)
        )
        value, known = np.zeros(len(legal), np.int8), np.zeros(len(legal), bool)
        keeping = np.zeros_like(legal)
        for row in np.flatnonzero(legal.any(1)):
            self._table.work[NODES] = 0
            self._table.work[LIMIT] = 2**62 if max_nodes is None else max_nodes
            left = {
                action: self._left(mine[row], theirs[row], 1 << action)
                for action in np.flatnonzero(legal[row]).tolist()
            }
            known[row] = UNKNOWN not in left.values()
            if known[row]:
                value[row] = -min(left.values())
                keeping[row, [a for a in left if left[a] == -value[row] < 1]] = True
        return Verdicts(value, keeping, known)

    def judged_set(self) -> JudgedSet | None:
        """Positions met in random games."""
        return self._judged

    @functools.cached_property
    def _judged(self) -> JudgedSet | None:
        return positions_met(self)

    def _left(self, mine: int, theirs: int, cell: int) -> int:
        """What the opponent is left with after a legal move: 1 won, 0 drawn, -1 lost, or
        `UNKNOWN`."""
        if havannah_search.completes(mine, cell, self._hexagon):
            return -1
        return int(havannah_search.search(theirs, mine | cell, -1, 1, self._hexagon, self._table))
