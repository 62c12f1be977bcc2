"""Means with intervals."""

from __future__ import annotations

import numpy as np
from scipy import stats


def geometric_mean(logs: np.ndarray) -> tuple[float, float, float]:
    """Geometric mean of values given by their natural logarithms [N], and its 95 % interval
    (Student's t over them); of a single value the interval is all there is."""
    mean = float(np.mean(logs))
    if len(logs) < 2:
        return float(np.exp(mean)), 0.0, float("inf")
    half = stats.t.ppf(0.975, len(logs) - 1) * stats.sem(logs)
    low, high = np.exp([mean - half, mean + half])
    return float(np.exp(mean)), float(low), float(high)
