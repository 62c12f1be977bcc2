"""The size of network that makes the most of each amount of training compute.

Along the frontier of each board, which run is the best one at that compute, and how large is its
network? Jones 2021 (code of 14 April 2021, `plot_optimal_model_size`) regresses log₁₀ of the size
on log₁₀ of the compute over all boards at once: size ∝ compute^exponent.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from analysis.laws.frontier import curves_of, frontier_of, ratings_of, sample_frontiers
from analysis.ratings.splits import Halves
from analysis.statistics.bootstrap import percentile_interval
from games.errors import InputError

_FLAT = 0.1  # share of a board's span of Elo at either end that is no climb


@dataclasses.dataclass(frozen=True)
class SizeFit:
    """size = 10^`constant` · compute^`exponent`, with a bootstrap over runs and games."""

    exponent: float
    constant: float
    best: pd.DataFrame  # boardsize, flops, run_id, elo, size: the best run at each compute
    climb_exponent: float  # of the climb alone, between random and perfect play
    draws: list[float]  # the exponent of each resample
    climb_draws: list[float]

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval of the exponent."""
        return percentile_interval(np.array(self.draws), level)

    def climb_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval of the climb's exponent."""
        return percentile_interval(np.array(self.climb_draws), level)


def fit_optimal_size(
    points: pd.DataFrame,
    axis: str = "train_flops",
    size: str = "parameters",
    halves: Halves | None = None,
    *,
    resamples: int = 200,
    seed: int = 0,
) -> SizeFit:
    """How the best network's size grows with training compute.

    Args:
        points: as in `analysis.laws.frontier.frontiers`, with the column `size`, one value a run.
        axis: the column that holds the compute.
        size: the column that holds the network's size.
        halves: as in `frontiers`; each resample picks the best runs by another split of the games.
        resamples: bootstrap resamples; runs are drawn with replacement within each board.
        seed: of the bootstrap.

    Raises:
        InputError: as `frontiers`, or if sizes are missing or not positive.
    """
    if size not in points.columns:
        raise InputError(f"rated snapshots lack the column {size}")
    if not (pd.to_numeric(points[size], errors="coerce") > 0).all():
        raise InputError(f"the column {size} holds a size that is no positive number")
    curves, elo = curves_of(points, axis), ratings_of(points)
    size_of = points.groupby("run_id")[size].first()

    def with_sizes(frontier: pd.DataFrame) -> pd.DataFrame:
        return frontier.assign(size=frontier["run_id"].map(size_of))

    best = with_sizes(pd.concat([frontier_of(board, elo) for board in curves], ignore_index=True))
    exponent, constant = _regress(best)
    resampled = [
        with_sizes(frontier)
        for frontier in sample_frontiers(
            points, axis, halves, resamples=resamples, seed=seed
        ).frames()
    ]
    return SizeFit(
        exponent=exponent,
        constant=constant,
        best=best,
        climb_exponent=_regress(_climb(best))[0],
        draws=[_regress(frontier)[0] for frontier in resampled],
        climb_draws=[_regress(_climb(frontier))[0] for frontier in resampled],
    )


def _climb(best: pd.DataFrame) -> pd.DataFrame:
    """Without both ends of each board: where all play at random, or all are near perfect, which run
    is best is chance, which pulls the exponent towards zero."""
    elo = best.groupby("boardsize")["elo"]
    low, high = elo.transform("min"), elo.transform("max")
    share = (best["elo"] - low) / (high - low).replace(0, np.nan)
    return best[(share > _FLAT) & (share < 1 - _FLAT)]


def _regress(best: pd.DataFrame) -> tuple[float, float]:
    x, y = np.log10(best["flops"].to_numpy(float)), np.log10(best["size"].to_numpy(float))
    if not len(x):
        return np.nan, np.nan
    slope = float(np.cov(x, y, bias=True)[0, 1] / np.var(x)) if np.var(x) > 0 else np.nan
    return slope, float(y.mean() - slope * x.mean())
