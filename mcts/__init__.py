"""Batched Monte Carlo tree search; it knows games only through `games.protocol`."""

from mcts.gumbel import Gumbel
from mcts.puct import Puct
from mcts.regularised import Regularised
from mcts.search import SearchResult, principal_variation, search, search_tree
from mcts.settings import JONES, SearchConfig
from mcts.simulation import Evaluate

__all__ = [
    "JONES",
    "Evaluate",
    "Gumbel",
    "Puct",
    "Regularised",
    "SearchConfig",
    "SearchResult",
    "principal_variation",
    "search",
    "search_tree",
]
