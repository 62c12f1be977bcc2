"""What a level of Elo takes along the frontier: parameters and samples, whose product is compute.

Jones counts compute as nodes · parameters · samples, all three of self-play, so the factor that one
more cell of board side costs is the factor of parameters times that of samples. At the compute
where a frontier first passes a level, the best run there says both.

At one level alone the answer hangs on which network happens to be the best, and networks come in
steps of two to four. So it is the mean of the logarithms over several levels, on boards whose
frontier climbs through all of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.laws.frontier import FrontierSample
from analysis.statistics.bootstrap import percentile_interval

LEVELS = (-400.0, -350.0, -300.0, -250.0, -200.0, -150.0)
"""Elo at which a factor is split: where the boards from 4×4 on climb, short of the bend at the
top."""
PARTS = ("flops", "parameters", "samples")


class Interval(NamedTuple):
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


class Needs(NamedTuple):
    """What some levels of Elo take on each board that climbs through all of them."""

    boards: pd.DataFrame
    """boardsize; of each of `PARTS` the geometric mean over levels, and its interval: part_low,
    part_high."""
    draws: np.ndarray
    """log₁₀ of `PARTS` [R, boards, 3], NaN where a resample misses a level."""

    def factor(self, part: str) -> Interval:
        """How many times more of `part` the next larger board takes; NaN with fewer than two."""
        side = self.boards["boardsize"].to_numpy()
        if len(side) < 2:
            return Interval(np.nan, np.nan, np.nan)
        (value,) = factors(side, np.log10(self.boards[part].to_numpy())[None])
        drawn = factors(side, self.draws[:, :, PARTS.index(part)])
        return Interval(float(value), *percentile_interval(drawn, 0.95))


def factors(boardsize: np.ndarray, log_needs: np.ndarray) -> np.ndarray:
    """Factor from one board to the next [R], by regression of log₁₀ [R, boards] on board side."""
    off = boardsize - boardsize.mean()
    return 10 ** (log_needs * off / (off**2).sum()).sum(axis=1)


def needs(
    sample: FrontierSample, points: pd.DataFrame, levels: tuple[float, ...] = LEVELS
) -> Needs:
    """Compute, parameters and samples at which each board's frontier passes the levels.

    Args:
        sample: frontiers of all runs and of resamples.
        points: the rated snapshots they are made of: run_id, parameters, samples, and the compute
            of the sample's axis.
        levels: of Elo.
    """
    trained = points[points["samples"] > 0]
    by_run = trained.groupby("run_id")
    per_sample = (trained[sample.axis] / trained["samples"]).groupby(trained["run_id"]).median()
    of_run = pd.DataFrame({"parameters": by_run["parameters"].first(), "per_sample": per_sample})
    rows, drawn = [], []
    for size in sample.runs:
        own = sample.boardsize == size
        whole = sample.whole[own]
        elo, best = whole["elo"].to_numpy()[None], whole["run_id"].to_numpy()[None]
        (middle,) = _at_levels(sample.flops[own], elo, best, of_run, levels)
        if np.isnan(middle).any():
            continue
        resampled = sample.elo[:, own], sample.best[:, own]
        draws = _at_levels(sample.flops[own], *resampled, of_run, levels)
        limits = [10 ** np.array(percentile_interval(column, 0.95)) for column in draws.T]
        row = {"boardsize": size}
        for part, value, (low, high) in zip(PARTS, 10**middle, limits, strict=True):
            row |= {part: value, f"{part}_low": low, f"{part}_high": high}
        rows.append(row)
        drawn.append(draws)
    columns = ["boardsize", *(f"{part}{end}" for part in PARTS for end in ("", "_low", "_high"))]
    boards = pd.DataFrame(rows, columns=pd.Index(columns))
    shape = len(sample.elo), 0, len(PARTS)
    return Needs(boards, np.stack(drawn, axis=1) if drawn else np.empty(shape))


def _at_levels(
    flops: np.ndarray,
    elo: np.ndarray,
    best: np.ndarray,
    of_run: pd.DataFrame,
    levels: tuple[float, ...],
) -> np.ndarray:
    """log₁₀ of `PARTS` [R, 3], mean over levels, where frontiers of one board pass them.

    Args:
        flops: compute [P] of the grid.
        elo: frontiers [R, P], NaN where one has no point.
        best: run_id of the best run there [R, P].
        of_run: parameters and compute of a sample, by run_id.
        levels: Elo.
    """
    climbed = np.maximum.accumulate(np.nan_to_num(elo, nan=-np.inf), axis=1)
    x, each = np.log10(flops), np.arange(len(elo))
    total = np.zeros((len(elo), len(PARTS)))
    for level in levels:
        above = (climbed < level).sum(axis=1)
        place = np.clip(above, 1, len(x) - 1)
        low, high = climbed[each, place - 1], climbed[each, place]
        watched = (above > 0) & (above < len(x)) & np.isfinite(low)
        share = np.divide(level - low, high - low, out=np.zeros(len(elo)), where=watched)
        at = np.where(watched, x[place - 1] + share * (x[place] - x[place - 1]), np.nan)
        runs = of_run.loc[best[each, place]]
        parameters, per_sample = runs["parameters"].to_numpy(), runs["per_sample"].to_numpy()
        total += np.stack([at, np.log10(parameters), at - np.log10(per_sample)], axis=1)
    total[np.isnan(total[:, 0])] = np.nan
    return total / len(levels)
