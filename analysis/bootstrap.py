"""Percentile intervals of bootstrap draws."""

from __future__ import annotations

import numpy as np


def percentile_interval(draws: np.ndarray, level: float) -> tuple[float, float]:
    """The middle `level` of draws [R], NaN ones left out; NaN if none is left.

    Each end is a draw itself, so a draw that is infinite does not spoil the others.
    """
    draws = draws[~np.isnan(draws)]
    if not len(draws):
        return np.nan, np.nan
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return float(low), float(high)
