"""Networks of different strengths by how much they search: what Jones 2021, figure 8, draws."""

from __future__ import annotations

import numpy as np
import pandas as pd

JONES_LEVELS = (-2000.0, -1500.0, -1000.0, -500.0)  # Elo; the four nets of his figure 8
_FEWEST_NODES = 3  # node counts that make a curve


def four_networks(searchers: pd.DataFrame, nodes: int = 64) -> pd.DataFrame:
    """The rows of the four cheapest networks to pass four levels of Elo at the league's search.

    The levels are the paper's where the board is deep enough, else fifths of its depth.

    Args:
        searchers: rated agents of one board and recipe: columns snapshot_id, nodes, train_flops,
            test_flops, elo.
        nodes: of the league.

    Returns:
        Their rows with a column `level`, by level and nodes; fewer networks where several levels
        are first passed by the same one.
    """
    counts = searchers.groupby("snapshot_id")["nodes"].nunique()
    swept = searchers[searchers["snapshot_id"].isin(counts[counts >= _FEWEST_NODES].index)]
    at_league = swept[swept["nodes"] == nodes].sort_values("train_flops")
    depth = -float(searchers["elo"].min())
    levels = JONES_LEVELS if depth > -JONES_LEVELS[0] else tuple(-depth * np.arange(4, 0, -1) / 5)
    chosen: dict[float, float] = {}
    for level in levels:
        above = at_league[at_league["elo"] > level]
        if len(above):
            chosen.setdefault(above["snapshot_id"].iloc[0], level)
    rows = swept[swept["snapshot_id"].isin(list(chosen))]
    rows = rows.assign(level=rows["snapshot_id"].map(chosen))
    return rows.sort_values(["level", "nodes"], ignore_index=True)


def slopes_per_tenfold(curve: pd.DataFrame) -> tuple[float, float]:
    """Elo that ten times the search buys one network with few nodes and with many: of the lines
    through the lower and through the upper half of its curve, which share the middle."""
    ordered = curve.sort_values("nodes")
    x, elo = np.log10(ordered["nodes"].to_numpy(float)), ordered["elo"].to_numpy(float)
    middle = len(x) // 2
    return _slope(x[: middle + 1], elo[: middle + 1]), _slope(x[middle:], elo[middle:])


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.polyfit(x, y, 1)[0]) if len(x) > 1 else np.nan
