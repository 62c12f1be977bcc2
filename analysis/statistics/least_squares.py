"""Nonlinear least squares by Levenberg–Marquardt, the same to the last digit each time.

Marquardt 1963, "An algorithm for least-squares estimation of nonlinear parameters", SIAM Journal on
Applied Mathematics 11: each step solves (JᵀJ + μ diag(JᵀJ)) s = −Jᵀr, with μ falling after a step
that helps and rising after one that does not.

SciPy's fits of one problem differ in their last digits from call to call. A law with kinks turns
that into another minimum, and a report into another report. Sums are therefore written out here,
not left to matrix products.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

MAX_STEPS = 200
_TOLERANCE = 1e-12  # relative gain of a step at which the descent ends
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-3, 1e-12, 1e12
_RISE, _FALL = 4.0, 5.0


def descend(
    residual: Callable[[np.ndarray], np.ndarray],
    jacobian: Callable[[np.ndarray], np.ndarray],
    start: Sequence[float],
) -> tuple[np.ndarray, float]:
    """The nearest minimum downhill of `start`.

    Args:
        residual: parameters [K] → errors [N].
        jacobian: parameters [K] → derivatives of the errors [N, K]; columns may be zero.
        start: parameters [K].

    Returns:
        Parameters [K], and the sum of squared errors.
    """
    place, damping = np.array(start, float), _FIRST_DAMPING
    error = residual(place)
    cost = _sum_of_squares(error)
    for _ in range(MAX_STEPS):
        slope = jacobian(place)
        curvature = (slope[:, :, None] * slope[:, None, :]).sum(axis=0)
        gradient = (slope * error[:, None]).sum(axis=0)
        diagonal = curvature.diagonal()
        scale = np.diag(np.where(diagonal > 0, diagonal, 1.0))
        gain = 0.0
        while damping <= _MOST_DAMPING:
            there = place - np.linalg.solve(curvature + damping * scale, gradient)
            new_error = residual(there)
            new_cost = _sum_of_squares(new_error)
            if new_cost < cost:
                gain = (cost - new_cost) / cost
                place, error, cost = there, new_error, new_cost
                damping = max(damping / _FALL, _LEAST_DAMPING)
                break
            damping *= _RISE
        if gain < _TOLERANCE:
            break
    return place, cost


def _sum_of_squares(error: np.ndarray) -> float:
    return float((error * error).sum())
