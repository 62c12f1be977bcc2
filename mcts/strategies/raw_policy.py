"""The network's own policy: one evaluation, no search."""

from typing import Literal

from games.protocol import Game
from mcts.strategies.strategy import STRATEGIES, Calls, LookaheadStrategy


@STRATEGIES.add
class RawPolicy(LookaheadStrategy, frozen=True):
    """What a tree search of one node finds, without its trees."""

    strategy: Literal["raw"] = "raw"

    @property
    def evaluations(self) -> int:
        """Of the position itself."""
        return 1

    def calls(self, game: Game) -> Calls:
        """The value is told, but decides nothing."""
        del game
        return Calls(policy=1)

    @property
    def dependent_calls(self) -> int:
        """The same one."""
        return 1
