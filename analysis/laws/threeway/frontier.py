"""The rate at which training and search trade where size may be chosen too.

At each strength, the cheapest play over all sizes for each amount of training compute is the
frontier of the isoquants, as Jones 2021 traced it. The rate is minus the slope of log T over log C
along it, by least squares, leaving out its ends, where one node or the largest search is all there
is.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.laws.threeway.break_even import plan_grid
from analysis.laws.threeway.cells import Cells, strength_of
from analysis.laws.threeway.design import told
from analysis.laws.threeway.fit import ThreeWayLaw, interval_of
from analysis.laws.threeway.rates import LEVELS, needed_samples

_STEP = 0.1  # decades of training compute, as Jones rounds
_FEWEST = 10  # amounts of compute: from less than a decade no rate a decade is told


def frontier_rates(
    law: ThreeWayLaw, cells: Cells, levels: tuple[float, ...] = LEVELS
) -> pd.DataFrame:
    """The rate along the frontier at each level that it meets.

    Returns:
        Columns blunder_rate, frontier, frontier_low, frontier_high (95 %), frontier_told.
    """
    grid = plan_grid(cells)
    inside = (grid.places.nodes > 0) & (grid.places.nodes < grid.places.nodes.max() - 1e-9)
    play = cells.costs.test_flops(grid.places)
    lines = []
    for level in levels:
        samples = needed_samples(law, grid, float(strength_of(level)))
        samples = np.where(np.isneginf(samples), np.inf, samples)
        train = cells.costs.train_flops(grid.places._replace(samples=samples))
        rates = np.array([_slope(row, play, inside) for row in train])
        if np.isnan(rates[0]):
            continue
        low, high = interval_of(rates)
        lines.append((level, rates[0], low, high, told(float(rates[0]), low, high)))
    columns = ["blunder_rate", *(f"frontier{end}" for end in ("", "_low", "_high", "_told"))]
    return pd.DataFrame(lines, columns=pd.Index(columns))


def _slope(train: np.ndarray, play: np.ndarray, inside: np.ndarray) -> float:
    """Minus the slope of the frontier of places [G]; NaN if too little of it lies inside."""
    there = np.isfinite(train)
    if not there.any():
        return float("nan")
    budgets = np.arange(train[there].min(), train[there].max(), _STEP)
    cost = np.where(train <= budgets[:, None], play, np.inf)
    best = cost.argmin(axis=1)
    kept = inside[best]
    if kept.sum() < _FEWEST:
        return float("nan")
    return float(-np.polyfit(budgets[kept], play[best[kept]], 1)[0])
