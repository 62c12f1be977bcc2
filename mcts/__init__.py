"""Batched Monte Carlo tree search; it knows games only through `games.protocol`.

Begin at `search.search`: how a batch of trees grows. What may be exchanged lies in two rooms:
`rules` (which edge a descent follows) and `strategies` (what a move is made of, search or not).
"""

from hexlaw import refuse_strangers
from mcts.rules import RULES, SearchRule
from mcts.rules.gumbel import Gumbel
from mcts.rules.puct import Puct
from mcts.rules.regularised import Regularised
from mcts.search import SearchResult, principal_variation, search, search_tree
from mcts.simulation import Evaluate
from mcts.strategies import STRATEGIES, AnyStrategy, Network, Strategy, TwoNetworkStrategy
from mcts.strategies.raw_policy import RawPolicy
from mcts.strategies.tree_search import JONES, SearchConfig
from mcts.trace import refuses_trace, search_trace

refuse_strangers()

__all__ = [
    "JONES",
    "RULES",
    "STRATEGIES",
    "AnyStrategy",
    "Evaluate",
    "Gumbel",
    "Network",
    "Puct",
    "RawPolicy",
    "Regularised",
    "SearchConfig",
    "SearchResult",
    "SearchRule",
    "Strategy",
    "TwoNetworkStrategy",
    "principal_variation",
    "refuses_trace",
    "search",
    "search_trace",
    "search_tree",
]
