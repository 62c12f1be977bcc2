"""Intervals: of bootstrap draws, and of a share of independent trials."""

from __future__ import annotations

import numpy as np
import scipy.stats


def percentile_interval(draws: np.ndarray, level: float) -> tuple[float, float]:
    """The middle `level` of draws [R], NaN ones left out; NaN if none is left.

    Each end is a draw itself, so a draw that is infinite does not spoil the others.
    """
    draws = draws[~np.isnan(draws)]
    if not len(draws):
        return np.nan, np.nan
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return float(low), float(high)


def wilson(events: int, trials: int) -> tuple[float | None, float | None]:
    """The 95 % interval of a share of independent trials; none without any.

    Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
    American Statistical Association 22, 1927.
    """
    if trials == 0:
        return None, None
    interval = scipy.stats.binomtest(events, trials).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)
