"""Nonlinear least squares by Levenberg–Marquardt, the same to the last digit each time.

Marquardt 1963, "An algorithm for least-squares estimation of nonlinear parameters", SIAM Journal on
Applied Mathematics 11: each step solves (JᵀJ + μ diag(JᵀJ)) s = −Jᵀr, with μ falling after a step
that helps and rising after one that does not.

SciPy's fits of one problem differ in their last digits from call to call. A law with kinks turns
that into another minimum, and a report into another report. Sums are therefore written out here,
not left to matrix products.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

MAX_STEPS = 200
TOLERANCE = 1e-12  # relative gain of a step at which the descent ends
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-3, 1e-12, 1e12
_RISE, _FALL = 4.0, 5.0


def descend_all(
    residual: Callable[[np.ndarray, np.ndarray], np.ndarray],
    jacobian: Callable[[np.ndarray, np.ndarray], np.ndarray],
    starts: np.ndarray,
    *,
    most_steps: int = MAX_STEPS,
    tolerance: float = TOLERANCE,
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest minimum downhill of each start, all of them at once and each for itself.

    Args:
        residual: parameters [A, K] of some problems and their numbers [A] → errors [A, N].
        jacobian: likewise → derivatives of the errors [A, K, N]; rows may be zero.
        starts: parameters [S, K] of all problems.
        most_steps: of each, at which its descent ends.
        tolerance: relative gain of a step at which it ends.

    Returns:
        Parameters [S, K], and the sums of squared errors [S].
    """
    places = np.array(starts, float)
    problems, size = places.shape
    errors = residual(places, np.arange(problems))
    costs = _sums_of_squares(errors)
    damping = np.full(problems, _FIRST_DAMPING)
    steps = np.zeros(problems, int)
    curvature, gradient = np.empty((problems, size, size)), np.empty((problems, size))
    active = turned = np.arange(problems)  # still descending; standing where they have not stood
    while len(active):
        if len(turned):
            slope = jacobian(places[turned], turned)
            gradient[turned] = (slope * errors[turned][:, None]).sum(axis=2)
            for row in range(size):
                products = (slope[:, row, None] * slope[:, : row + 1]).sum(axis=2)
                curvature[turned, row, : row + 1] = products
                curvature[turned, : row + 1, row] = products
        diagonal = curvature[active].diagonal(axis1=1, axis2=2)
        scale = damping[active, None] * np.where(diagonal > 0, diagonal, 1.0)
        damped = curvature[active] + scale[:, :, None] * np.eye(size)
        there = places[active] - np.linalg.solve(damped, gradient[active][:, :, None])[:, :, 0]
        new_errors = residual(there, active)
        new_costs = _sums_of_squares(new_errors)
        better = new_costs < costs[active]
        turned, worse = active[better], active[~better]
        gain = (costs[turned] - new_costs[better]) / costs[turned]
        places[turned], errors[turned] = there[better], new_errors[better]
        costs[turned] = new_costs[better]
        steps[turned] += 1
        damping[turned] = np.maximum(damping[turned] / _FALL, _LEAST_DAMPING)
        damping[worse] *= _RISE
        turned = turned[(gain >= tolerance) & (steps[turned] < most_steps)]
        active = np.sort(np.concatenate([turned, worse[damping[worse] <= _MOST_DAMPING]]))
    return places, costs


def _sums_of_squares(errors: np.ndarray) -> np.ndarray:
    return (errors * errors).sum(axis=1)
