"""`first_argmax` against NumPy."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from mcts.tree import first_argmax


@pytest.mark.parametrize("length", [1, 4, 25, 64, 361])
def test_first_argmax_is_the_first_maximum_of_scores(length):
    """Random rows with many ties, infinity, denormal numbers and rows without any score."""
    rng = np.random.default_rng(0)
    values = np.array([-1, -1, 0.0, 1e-40, 1e-30, 0.5, 2.5, np.inf], np.float32)
    rows = rng.choice(values[: rng.integers(2, 9)], size=(500, length))
    rows[:3] = -1
    index, best = jax.jit(first_argmax)(rows)
    np.testing.assert_array_equal(index, rows.argmax(axis=-1))
    np.testing.assert_array_equal(best, rows.max(axis=-1))
