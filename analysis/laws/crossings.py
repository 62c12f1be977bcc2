"""What it takes to come near perfect play: seconds or compute until the frontier passes a level."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.laws.frontier import FrontierSample, crossing_of, crossings_of
from analysis.statistics.bootstrap import percentile_interval


class Crossings(NamedTuple):
    """Where each board's frontier first reaches a level."""

    boards: pd.DataFrame  # boardsize, at, low, high (95 %), reached (share of resamples)
    growth: float  # factor from one board size to the next, by regression of log `at`; NaN if one
    growth_low: float
    growth_high: float


def crossings(sample: FrontierSample, level: float) -> Crossings:
    """Seconds or compute to `level` Elo on each board, with a bootstrap over runs and games.

    Args:
        sample: frontiers of all runs and of resamples; one that does not reach the level says only
            that.
        level: Elo.
    """
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
