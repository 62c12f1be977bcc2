"""Batched Monte Carlo tree search; it knows games only through `games.protocol`."""

from mcts.gumbel import Gumbel
from mcts.puct import Puct
from mcts.regularised import Regularised
from mcts.search import Evaluate, SearchResult, search, search_tree
from mcts.settings import JONES, SearchConfig

__all__ = [
    "JONES",
    "Evaluate",
    "Gumbel",
    "Puct",
    "Regularised",
    "SearchConfig",
    "SearchResult",
    "search",
    "search_tree",
]
