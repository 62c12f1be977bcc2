"""What it takes to come near perfect play: seconds or compute until the frontier passes a level."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.laws.frontier import crossing_of, crossings_of, sample_frontiers
from analysis.ratings.splits import Halves
from analysis.statistics.bootstrap import percentile_interval


class Crossings(NamedTuple):
    """Where each board's frontier first reaches a level."""

    boards: pd.DataFrame  # boardsize, at, low, high (95 %), reached (share of resamples)
    growth: float  # factor from one board size to the next, by regression of log `at`; NaN if one
    growth_low: float
    growth_high: float


def crossings(
    points: pd.DataFrame,
    axis: str,
    halves: Halves | None,
    level: float,
    *,
    resamples: int = 200,
    seed: int = 0,
) -> Crossings:
    """Seconds or compute to `level` Elo on each board, with a bootstrap over runs and games.

    Args:
        points: as in `frontiers`.
        axis: the column that is spent.
        halves: as in `frontiers`.
        level: Elo.
        resamples: of runs and games; one that does not reach the level says only that.
        seed: of the resamples.
    """
    sample = sample_frontiers(points, axis, halves, resamples=resamples, seed=seed)
    sizes = list(sample.runs)
    on = [sample.boardsize == size for size in sizes]
    elo = sample.whole["elo"].to_numpy()
    at = np.array([crossing_of(sample.flops[own], elo[own], level) for own in on])
    draws = np.stack(
        [crossings_of(sample.flops[own], sample.elo[:, own], level) for own in on], axis=1
    )
    limits = np.reshape([percentile_interval(column, 0.95) for column in draws.T], (-1, 2))
    boards = pd.DataFrame(
        {
            "boardsize": sizes,
            "at": at,
            "low": limits[:, 0],
            "high": limits[:, 1],
            "reached": np.isfinite(draws).mean(axis=0) if len(draws) else np.nan,
        }
    )
    growth = np.array([_growth(sizes, draw) for draw in draws])
    return Crossings(boards, _growth(sizes, at), *percentile_interval(growth, 0.95))


def _growth(sizes: list[int], at: np.ndarray) -> float:
    known = np.isfinite(at)
    if known.sum() < 2:
        return np.nan
    return float(10 ** np.polyfit(np.array(sizes)[known], np.log10(at[known]), 1)[0])
