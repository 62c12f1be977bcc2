"""`first_argmax` against NumPy."""

from __future__ import annotations

import jax
import numpy as np

from mcts.tree import first_argmax


def test_first_argmax_is_the_first_maximum_of_any_floats():
    """Random rows with many ties, infinities and both zeros."""
    rng = np.random.default_rng(0)
    values = np.array([-np.inf, -1e30, -1.5, -1e-40, -0.0, 0.0, 1e-40, 2.5, np.inf], np.float32)
    rows = rng.choice(values, size=(500, 4))
    index, best = jax.jit(first_argmax)(rows)
    np.testing.assert_array_equal(index, rows.argmax(axis=-1))
    np.testing.assert_array_equal(best, rows.max(axis=-1))
