"""How many times less compute one recipe needs than another at equal Elo: the compute multiplier.

It is the horizontal distance of their frontiers, board by board, on levels of Elo that both
frontiers climb through. Where the band of Elo that they share is narrow, one run's luck moves the
distance by an order of magnitude, so boards with less than `LEAST_BAND` are refused. There is no
mean over boards: they differ by more than their intervals allow.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from analysis.laws.frontier import FrontierSample, crossing, crossings_of, sample_frontiers
from analysis.ratings.splits import Halves
from analysis.statistics.bootstrap import percentile_interval

LEAST_BAND = 200.0
"""Elo that both frontiers must climb through together for a board to say anything."""
_LEVELS = 9  # of Elo, evenly spaced between where both have started and where the lower one ends
_MARGIN = 0.1  # share of that span left out at both ends, where curves are flat


@dataclasses.dataclass(frozen=True)
class Multiplier:
    """Decades of compute between two recipes, with a bootstrap over runs and games."""

    levels: pd.DataFrame  # boardsize, elo, decades, low, high
    bands: dict[
        int, tuple[float, float]
    ]  # Elo shared by both frontiers, by board; refused ones too
    boards: dict[int, float]  # mean decades of a board's levels; boards that inform
    draws: dict[int, np.ndarray]  # [R] the same of each resample, by board

    @property
    def refused(self) -> list[int]:
        """Boards on which both frontiers share too little Elo."""
        return [size for size in self.bands if size not in self.boards]

    def board_interval(self, boardsize: int, level: float = 0.95) -> tuple[float, float]:
        """Of a board's mean."""
        return percentile_interval(self.draws[boardsize], level)


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
        None if no board has frontiers of both. Boards whose bands meet in less than `LEAST_BAND`
        Elo, or not at all, have a band and no number.
    """
    samples = [
        sample_frontiers(points, axis, halves, resamples=resamples, seed=at)
        for (points, halves), at in ((cheap, seed), (dear, seed + 1))
    ]
    left, right = (sample.whole for sample in samples)
    bands = {
        int(size): _band(left, right, size)
        for size in sorted(set(left["boardsize"]) & set(right["boardsize"]))
    }
    if not bands:
        return None
    levels = {}
    for size, (low, high) in bands.items():
        if high - low >= LEAST_BAND:
            margin = _MARGIN * (high - low)
            levels[size] = np.linspace(low + margin, high - margin, _LEVELS)
    whole = {
        size: np.log10([crossing(_on(right, size), e) / crossing(_on(left, size), e) for e in at])
        for size, at in levels.items()
    }
    by_board = {size: _drawn_distance(samples, size, at) for size, at in levels.items()}
    rows = []
    for size, distance in whole.items():
        for place, elo in enumerate(levels[size]):
            limits = percentile_interval(by_board[size][:, place], 0.95)
            rows.append((size, float(elo), distance[place], *limits))
    return Multiplier(
        bands=bands,
        levels=pd.DataFrame(rows, columns=["boardsize", "elo", "decades", "low", "high"]),
        boards={size: _mean(distance) for size, distance in whole.items()},
        draws={size: np.array([_mean(d) for d in found]) for size, found in by_board.items()},
    )


def _band(left: pd.DataFrame, right: pd.DataFrame, size: int) -> tuple[float, float]:
    """Elo from where both frontiers have started to where the lower one ends."""
    elo = [frontier.loc[frontier["boardsize"] == size, "elo"] for frontier in (left, right)]
    return max(float(e.iloc[0]) for e in elo), min(float(e.max()) for e in elo)


def _on(frontier: pd.DataFrame, size: int) -> pd.DataFrame:
    return frontier[frontier["boardsize"] == size]


def _drawn_distance(samples: list[FrontierSample], size: int, levels: np.ndarray) -> np.ndarray:
    """Decades between the crossings of one board [R, levels]; NaN where one has none."""
    decades = []
    for sample in samples:
        own = sample.boardsize == size
        at = [crossings_of(sample.flops[own], sample.elo[:, own], level) for level in levels]
        decades.append(np.log10(at))
    return (decades[1] - decades[0]).T


def _mean(distances: np.ndarray) -> float:
    known = distances[np.isfinite(distances)]
    return float(known.mean()) if len(known) else np.nan
