"""How many times less compute one recipe needs than another at equal Elo: the compute multiplier.

It is the horizontal distance of their frontiers, board by board, on levels of Elo that both
frontiers climb through. If it is the same everywhere, the two recipes obey one law with another
constant; if it changes with Elo or board, they differ in slope.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from analysis.laws.frontier import crossing, curves_of, frontiers, ratings_of
from analysis.laws.law import resampled_frontiers
from analysis.ratings.splits import Halves
from analysis.statistics.bootstrap import percentile_interval

_LEVELS = 9  # of Elo, evenly spaced between where both have started and where the lower one ends
_MARGIN = 0.1  # share of that span left out at both ends, where curves are flat


@dataclasses.dataclass(frozen=True)
class Multiplier:
    """Decades of compute between two recipes, with a bootstrap over runs and games."""

    levels: pd.DataFrame  # boardsize, elo, decades, low, high
    boards: dict[int, float]  # mean decades of a board's levels
    draws: dict[int, np.ndarray]  # [R] the same of each resample, by board

    @property
    def decades(self) -> float:
        """Mean over boards."""
        return float(np.mean(list(self.boards.values())))

    def board_interval(self, boardsize: int, level: float = 0.95) -> tuple[float, float]:
        """Of a board's mean."""
        return percentile_interval(self.draws[boardsize], level)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Of the mean over boards."""
        return percentile_interval(np.mean(list(self.draws.values()), axis=0), level)

    @property
    def drift(self) -> tuple[float, float, float]:
        """Change in decades from the smallest board to the largest, and its 95 % interval."""
        small, large = min(self.boards), max(self.boards)
        low, high = percentile_interval(self.draws[large] - self.draws[small], 0.95)
        return self.boards[large] - self.boards[small], low, high


def compute_multiplier(
    cheap: tuple[pd.DataFrame, Halves | None],
    dear: tuple[pd.DataFrame, Halves | None],
    axis: str,
    *,
    resamples: int = 200,
    seed: int = 0,
) -> Multiplier | None:
    """Decades of compute by which `dear`'s frontiers lie to the right of `cheap`'s.

    Args:
        cheap: points as in `frontiers` and their halves, rated on one scale with `dear`.
        dear: likewise.
        axis: the column that holds the compute.
        resamples: of runs and games.
        seed: of the resamples.

    Returns:
        None if no board has levels that both frontiers climb through.
    """
    left, right = (frontiers(points, axis, halves) for points, halves in (cheap, dear))
    levels = {}
    for size in sorted(set(left["boardsize"]) & set(right["boardsize"])):
        elo = [frontier.loc[frontier["boardsize"] == size, "elo"] for frontier in (left, right)]
        low, high = max(e.iloc[0] for e in elo), min(e.max() for e in elo)
        if high > low:
            margin = _MARGIN * (high - low)
            levels[int(size)] = np.linspace(low + margin, high - margin, _LEVELS)
    whole = {size: _distance(left, right, size, at) for size, at in levels.items()}
    whole = {size: distance for size, distance in whole.items() if np.isfinite(distance).any()}
    if not whole:
        return None
    pairs = zip(
        *(
            resampled_frontiers(curves_of(points, axis), ratings_of(points), halves, resamples, at)
            for (points, halves), at in ((cheap, seed), (dear, seed + 1))
        ),
        strict=True,
    )
    draws = [
        {size: _distance(first, second, size, levels[size]) for size in whole}
        for first, second in pairs
    ]
    by_board = {size: np.array([draw[size] for draw in draws]) for size in whole}
    rows = []
    for size, distance in whole.items():
        for place, elo in enumerate(levels[size]):
            limits = percentile_interval(by_board[size][:, place], 0.95)
            rows.append((size, float(elo), distance[place], *limits))
    return Multiplier(
        levels=pd.DataFrame(rows, columns=["boardsize", "elo", "decades", "low", "high"]),
        boards={size: _mean(distance) for size, distance in whole.items()},
        draws={size: np.array([_mean(d) for d in found]) for size, found in by_board.items()},
    )


def _distance(left: pd.DataFrame, right: pd.DataFrame, size: int, levels: np.ndarray) -> np.ndarray:
    """Decades between the crossings of one board at each level; NaN where one has none."""
    first, second = (frontier[frontier["boardsize"] == size] for frontier in (left, right))
    return np.array(
        [np.log10(crossing(second, elo) / crossing(first, elo)) for elo in levels.tolist()]
    )


def _mean(distances: np.ndarray) -> float:
    known = distances[np.isfinite(distances)]
    return float(known.mean()) if len(known) else np.nan
