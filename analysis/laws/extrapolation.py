"""Can small boards foretell large ones? Laws fitted to boards up to b, judged on the next ones.

Jones 2021, figure 7: the residual variance mean(error²)/mean(Elo²) of the frontier's law on a board
that the fit has not seen; and the same question for the exchange of training for search.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.laws.frontier import FrontierSample, sample_frontiers
from analysis.laws.law import Law, least_squares_law, quality
from analysis.laws.search.exchange import ExchangeFit
from analysis.ratings.splits import Halves
from analysis.statistics.bootstrap import percentile_interval

_LEVEL = 0.95


def extrapolation(
    points: pd.DataFrame,
    axis: str = "train_flops",
    halves: Halves | None = None,
    *,
    resamples: int = 0,
    seed: int = 0,
) -> pd.DataFrame:
    """Fit the law to all boards up to each size, two at least, and judge it on each board.

    Args:
        points: as in `analysis.laws.frontier.frontiers`.
        axis: the column that holds the compute.
        halves: likewise.
        resamples: of runs and games, for the intervals.
        seed: of the resamples.

    Returns:
        Columns largest_fitted, boardsize (the board judged, not smaller), residual_variance, its
        95 % interval low, high (NaN without resamples), rmse in Elo; empty with fewer than two
        board sizes.

    Raises:
        InputError: as `frontiers`.
    """
    sample = sample_frontiers(points, axis, halves, resamples=resamples, seed=seed)
    return extrapolation_of(sample)


def extrapolation_of(sample: FrontierSample) -> pd.DataFrame:
    """The same from frontiers that have been drawn already."""
    judged, laws = _judge(sample.whole, {})
    draws = [_judge(frame, laws)[0]["residual_variance"] for frame in sample.frames()]
    spread = np.array(draws).reshape(len(draws), len(judged))
    limits = [percentile_interval(column, _LEVEL) for column in spread.T]
    low, high = zip(*limits, strict=True) if limits else ((), ())
    return judged.assign(low=low, high=high)


def _judge(frontier: pd.DataFrame, near: dict[int, Law]) -> tuple[pd.DataFrame, dict[int, Law]]:
    """The table and, by largest board fitted, its laws; sought from `near` where that has one."""
    sizes = sorted(frontier["boardsize"].unique().tolist())
    rows, laws = [], {}
    for largest in sizes[1:]:
        laws[largest] = least_squares_law(
            frontier[frontier["boardsize"] <= largest], near.get(largest)
        )
        for size in sizes[sizes.index(largest) :]:
            judged = quality(laws[largest], frontier[frontier["boardsize"] == size])
            rows.append((largest, size, judged.residual_variance, judged.rmse))
    columns = ["largest_fitted", "boardsize", "residual_variance", "rmse"]
    return pd.DataFrame(rows, columns=columns), laws


def exchange_extrapolation(fits: Mapping[int, ExchangeFit]) -> pd.DataFrame:
    """The exchange slope of each board foretold by the mean of all smaller ones.

    Args:
        fits: by board side.

    Returns:
        Columns boardsize, foretold (mean slope by surface of the smaller boards), measured, error
        (measured − foretold) and its 95 % interval low, high.
    """
    sizes = sorted(fits)
    slope = {size: fits[size].surface.exchange.slope for size in sizes}
    draws = {
        size: np.array([draw.exchange.slope for draw in fits[size].surface_draws]) for size in sizes
    }
    rows = []
    for place, size in enumerate(sizes[1:], start=1):
        smaller = sizes[:place]
        foretold = float(np.mean([slope[other] for other in smaller]))
        error = draws[size] - np.mean([draws[other] for other in smaller], axis=0)
        low, high = percentile_interval(error, _LEVEL)
        rows.append((size, foretold, slope[size], slope[size] - foretold, low, high))
    columns = ["boardsize", "foretold", "measured", "error", "low", "high"]
    return pd.DataFrame(rows, columns=columns)
