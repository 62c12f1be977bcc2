"""Levenberg–Marquardt, against SciPy's and against itself."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize

from analysis.statistics.least_squares import descend_all

X = np.linspace(0.0, 3.0, 25)
Y = 2.5 * np.exp(-1.3 * X) + 0.4 + 0.05 * np.sin(40 * X)


def residual(p: np.ndarray) -> np.ndarray:
    return p[0] * np.exp(p[1] * X) + p[2] - Y


def jacobian(p: np.ndarray) -> np.ndarray:
    rising = np.exp(p[1] * X)
    return np.stack([rising, p[0] * X * rising, np.ones_like(X)])


def descend(residual, jacobian, start):
    """One start alone."""
    places, costs = descend_all(
        lambda places, _: np.array([residual(place) for place in places]),
        lambda places, _: np.array([jacobian(place) for place in places]),
        np.array([start], float),
    )
    return places[0], float(costs[0])


@pytest.mark.parametrize("start", [(1.0, -1.0, 0.0), (3.0, -0.2, 1.0)])
def test_it_finds_what_scipy_finds(start):
    found, cost = descend(residual, jacobian, start)
    theirs = scipy.optimize.least_squares(residual, start, method="lm")
    np.testing.assert_allclose(found, theirs.x, rtol=1e-5)
    assert cost == pytest.approx(2 * theirs.cost)


def test_a_parameter_without_influence_stays():
    def with_idle(p: np.ndarray) -> np.ndarray:
        return np.vstack([jacobian(p[:3]), np.zeros_like(X)])

    found, _ = descend(lambda p: residual(p[:3]), with_idle, (1.0, -1.0, 0.0, 7.0))
    assert found[3] == 7.0


def test_a_perfect_start_stays():
    exact, cost = descend(lambda p: p - 1.0, lambda p: np.eye(2), (1.0, 1.0))
    assert exact.tolist() == [1.0, 1.0]
    assert cost == 0.0


def test_many_starts_end_each_on_the_bits_of_one_alone():
    starts = [(1.0, -1.0, 0.0), (3.0, -0.2, 1.0), (1.0, 0.5, 0.0)]
    together, _ = descend_all(
        lambda places, _: np.array([residual(place) for place in places]),
        lambda places, _: np.array([jacobian(place) for place in places]),
        np.array(starts),
    )
    alone = [descend(residual, jacobian, start)[0] for start in starts]
    assert together.tobytes() == np.array(alone).tobytes()


def test_wherever_its_arrays_lie_it_ends_on_the_same_bits():
    found = []
    for offset in range(8):
        memory = np.zeros(len(X) + 8)
        x = memory[offset : offset + len(X)]  # eight bytes further each time
        x[:] = X

        def moved(p: np.ndarray, x: np.ndarray = x) -> np.ndarray:
            return p[0] * np.exp(p[1] * x) + p[2] - Y

        found.append(descend(moved, jacobian, (1.0, -1.0, 0.0))[0].tobytes())
    assert len(set(found)) == 1
