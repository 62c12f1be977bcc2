"""Strategies: how a trained network chooses its moves, tree search among them. One file a strategy.

`strategy.Strategy` says what players ask of one and what one declares of itself; `STRATEGIES` holds
them by name. Every module here is imported, so that a new file is a new strategy
(docs/extend/strategy.md).
"""

from games.kinds import import_all
from mcts.strategies.strategy import (
    STRATEGIES,
    AnyStrategy,
    Network,
    Strategy,
    TwoNetworkStrategy,
)

__all__ = ["STRATEGIES", "AnyStrategy", "Network", "Strategy", "TwoNetworkStrategy"]

import_all(__name__, __path__)
