"""Batched Monte Carlo tree search; it knows games only through `games.protocol`."""

from mcts.puct import Puct
from mcts.search import Evaluate, SearchConfig, SearchResult, search

__all__ = ["Evaluate", "Puct", "SearchConfig", "SearchResult", "search"]
