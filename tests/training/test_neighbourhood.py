"""The convolution against one written with XLA's own, and its gradient against automatic ones."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from games.protocol import HEXAGONAL, SQUARE
from training.networks.neighbourhood import convolve

SHAPE, WIDTH, OUTPUTS = (5, 7), 3, 4  # no square, so that rows and columns cannot be mistaken


def plain(cells, kernel, offsets):
    """A 3×3 convolution; cells that are no neighbours weigh nothing."""
    square = jnp.zeros((3, 3, WIDTH, OUTPUTS))
    for k, (down, right) in enumerate(offsets):
        square = square.at[1 + down, 1 + right].set(kernel.reshape(len(offsets), WIDTH, -1)[k])
    layout = ("NHWC", "HWIO", "NHWC")
    return jax.lax.conv_general_dilated(cells, square, (1, 1), "SAME", dimension_numbers=layout)


def draw(batch, offsets, seed=0):
    rng = np.random.default_rng(seed)
    cells = rng.normal(size=(batch, *SHAPE, WIDTH)).astype(np.float32)
    kernel = rng.normal(size=(len(offsets) * WIDTH, OUTPUTS)).astype(np.float32)
    return jnp.asarray(cells), jnp.asarray(kernel)


@pytest.mark.parametrize(
    ("batch", "offsets"), [(1, HEXAGONAL), (3, HEXAGONAL), (32, HEXAGONAL), (32, SQUARE)]
)
def test_it_is_a_convolution_and_so_are_its_gradients(batch, offsets):
    cells, kernel = draw(batch, offsets)

    def loss(convolution, cells, kernel):
        found = convolution(cells, kernel, offsets=offsets)
        return jnp.sum(jnp.sin(found)), found

    def gradients(convolution):
        return jax.grad(functools.partial(loss, convolution), (0, 1), has_aux=True)

    ours = jax.jit(gradients(functools.partial(convolve, dtype="float32")))(cells, kernel)
    theirs = jax.jit(gradients(plain))(cells, kernel)
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_members_of_a_population_each_have_their_own():
    members = [draw(8, HEXAGONAL, seed) for seed in range(3)]
    cells, kernels = (jnp.stack(part) for part in zip(*members, strict=True))

    def gradient(cells, kernel):
        return jax.grad(lambda own: jnp.sum(convolve(cells, own, HEXAGONAL, "float32") ** 2))(
            kernel
        )

    together = jax.vmap(gradient)(cells, kernels)
    for found, (own_cells, own_kernel) in zip(together, members, strict=True):
        np.testing.assert_allclose(found, gradient(own_cells, own_kernel), rtol=1e-4, atol=1e-3)


def test_rounded_products_are_near_but_not_equal():
    cells, kernel = draw(4, SQUARE)
    exact, rough = (convolve(cells, kernel, SQUARE, dtype) for dtype in ("float32", "bfloat16"))
    assert rough.dtype == jnp.float32
    assert 1e-4 < np.abs(exact - rough).max() < 0.2
