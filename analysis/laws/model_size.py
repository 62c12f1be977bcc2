"""The size of network that makes the most of each amount of training compute.

Along the frontier of each board, which run is the best one at that compute, and how large is its
network? Jones 2021 (code of 14 April 2021, `plot_optimal_model_size`) regresses log₁₀ of the size
on log₁₀ of the compute over all boards at once: size ∝ compute^exponent.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from analysis.laws.frontier import (
    FrontierSample,
    curves_of,
    frontier_of,
    ratings_of,
    sample_frontiers,
)
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
    sample = sample_frontiers(points, axis, halves, resamples=resamples, seed=seed)
    return optimal_size_of(sample, points, size)


def optimal_size_of(
    sample: FrontierSample, points: pd.DataFrame, size: str = "parameters"
) -> SizeFit:
    """The same from frontiers of `points` that have been drawn already."""
    curves, elo = curves_of(points, sample.axis), ratings_of(points)
    size_of = points.groupby("run_id")[size].first()
    best = pd.concat([frontier_of(board, elo) for board in curves], ignore_index=True)
    best["size"] = best["run_id"].map(size_of)
    of_all = best["elo"].to_numpy()[None], np.log10(best[["size"]].to_numpy(float).T)
    names = pd.Index(sample.best.ravel())
    found = np.log10(size_of.to_numpy(float)[size_of.index.get_indexer(names)])
    drawn = sample.elo, found.reshape(sample.best.shape)

    def exponents(elo: np.ndarray, log_size: np.ndarray, *, climb: bool) -> np.ndarray:
        kept = _climbs(best["boardsize"].to_numpy(), elo) if climb else ~np.isnan(elo)
        return _regress(np.log10(best["flops"].to_numpy()), log_size, kept)

    whole = exponents(*of_all, climb=False)[0]
    return SizeFit(
        exponent=float(whole[0]),
        constant=float(whole[1]),
        best=best,
        climb_exponent=float(exponents(*of_all, climb=True)[0, 0]),
        draws=exponents(*drawn, climb=False)[:, 0].tolist(),
        climb_draws=exponents(*drawn, climb=True)[:, 0].tolist(),
    )


def _climbs(boardsize: np.ndarray, elo: np.ndarray) -> np.ndarray:
    """Which points [R, P] lie off both ends of their board: where all play at random, or all are
    near perfect, which run is best is chance, which pulls the exponent towards zero."""
    kept = np.zeros(elo.shape, bool)
    for size in np.unique(boardsize):
        own = elo[:, boardsize == size]
        low, high = np.nanmin(own, axis=1, keepdims=True), np.nanmax(own, axis=1, keepdims=True)
        share = (own - low) / np.where(high > low, high - low, np.nan)
        kept[:, boardsize == size] = (share > _FLAT) & (share < 1 - _FLAT)
    return kept


def _regress(x: np.ndarray, y: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Slope and constant [R, 2] of y [R, P] over x [P] through the points that are kept [R, P]; NaN
    where x does not vary."""
    count = kept.sum(axis=1).clip(min=1)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.where(kept, values, 0.0).sum(axis=1) / count

    middle_x, middle_y = mean(np.broadcast_to(x, kept.shape)), mean(y)
    off = x - middle_x[:, None]
    spread = mean(off**2)
    slope = mean(off * (y - middle_y[:, None])) / np.where(spread > 0, spread, np.nan)
    return np.stack([slope, middle_y - slope * middle_x], axis=1)
