"""Is progress counted in learner steps or in samples? The batch at which one turns into the other.

While a batch holds more positions than a step can use, a run is as far as its steps; while it holds
fewer, as far as its samples. The simplest law between (McCandlish et al. 2018, arXiv 1812.06162,
equation 2.11) says that strength is one curve of

    t = steps / (1 + C / B)                             (1)

for batches of B positions: t is the number of steps where B is far above the critical batch C, and
steps · B / C, the positions learnt from over C, where it is far below. To be as strong as t says
takes t · (1 + C / B) steps of B positions, so t steps whatever the batch: a floor in steps.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from games.errors import InputError

DEGREE = 5
"""Of the polynomial in log t that strength is fitted with; any smooth curve does."""
_CRITICAL = np.geomspace(1, 1e7, 141)
"""Critical batches that are tried; beyond them one of the two floors is not in sight."""


class StepFloor(NamedTuple):
    """What a set of runs says of the critical batch."""

    critical: float
    """C of equation (1), positions."""
    low: float
    high: float
    """95 % bootstrap interval of C over runs; at an end of what is tried (1 to 10⁷) one of the two
    floors is not in sight. NaN if no batch has two runs: nothing then tells of chance."""
    residual: float
    """Root mean square distance from the common curve at C, in units of strength."""
    by_steps: float
    """The same if steps alone counted (C = 0)."""
    by_samples: float
    """The same if samples alone counted (C infinite)."""


def effective_steps(steps: np.ndarray, batch: np.ndarray, critical: float) -> np.ndarray:
    """t of equation (1)."""
    return steps / (1 + critical / batch)


def fit_step_floor(points: pd.DataFrame, *, resamples: int = 100, seed: int = 0) -> StepFloor:
    """The critical batch at which the curves of all batches fall together.

    Args:
        points: a row a snapshot: run_id, batch, steps (above 0), strength (any measure).
        resamples: of the bootstrap, which draws the runs of each batch anew. Batches with a
            single run stay as they are, so with few seeds the interval is too narrow.
        seed: of the bootstrap.

    Raises:
        InputError: if there are fewer than two batches, or too few points for a curve.
    """
    trained = points[points["steps"] > 0]
    if trained["batch"].nunique() < 2 or len(trained) < DEGREE + 3:
        raise InputError(
            "a floor in steps needs runs with two batches or more, several snapshots each"
        )
    random, low, high = np.random.default_rng(seed), np.nan, np.nan
    if trained.groupby("batch")["run_id"].nunique().max() > 1:
        drawn = [_best(_drawn_anew(trained, random)) for _ in range(resamples)]
        low, high = np.quantile(drawn, [0.025, 0.975])
    critical = _best(trained)
    return StepFloor(
        critical, float(low), float(high), _residual(trained, critical), _residual(trained, 0.0),
        _residual(trained, 1e12),
    )  # fmt: skip


def _best(points: pd.DataFrame) -> float:
    residuals = [_residual(points, float(critical)) for critical in _CRITICAL]
    return float(_CRITICAL[int(np.argmin(residuals))])


def _residual(points: pd.DataFrame, critical: float) -> float:
    """Root mean square distance of strength from its polynomial in log t."""
    steps, batch = (points[name].to_numpy(float) for name in ("steps", "batch"))
    at = np.log(effective_steps(steps, batch, critical))
    spread = (at - at.mean()) / at.std()
    strength = points["strength"].to_numpy(float)
    curve = np.polynomial.Polynomial.fit(spread, strength, DEGREE)
    return float(np.sqrt(np.mean((strength - curve(spread)) ** 2)))


def _drawn_anew(points: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """As many runs of each batch, drawn with replacement."""
    drawn = []
    for _, of_batch in points.groupby("batch"):
        runs = [run for _, run in of_batch.groupby("run_id")]
        drawn += [runs[k] for k in random.integers(len(runs), size=len(runs))]
    return pd.concat(drawn, ignore_index=True)
