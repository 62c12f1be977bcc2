"""The network against plain NumPy, and the frames it is shown."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import games
from training.architecture import NetworkConfig, parameter_count
from training.networks import build, forward, init_params, make_evaluate

GAME = games.make("hex", 3)
CONFIG = NetworkConfig(width=8, depth=2)


@pytest.fixture(scope="module")
def params():
    return jax.jit(functools.partial(init_params, GAME, CONFIG))(jax.random.key(0))


@pytest.fixture(scope="module")
def planes():
    return np.random.default_rng(0).random((16, 2, 3, 3)) < 0.4


@pytest.mark.parametrize(("size", "width", "depth"), [(3, 1, 0), (5, 16, 2), (9, 1024, 4)])
def test_parameter_count_is_that_of_all_weights_and_biases(size, width, depth):
    game, config = games.make("hex", size), NetworkConfig(width=width, depth=depth)
    shapes = jax.eval_shape(lambda key: init_params(game, config, key), jax.random.key(0))
    sizes = [leaf.size for leaf in jax.tree.leaves(shapes) if leaf.ndim > 0]  # without the alphas
    assert parameter_count(game, config) == sum(sizes)
    assert len(jax.tree.leaves(shapes)) - len(sizes) == depth


def plain_forward(params, planes):
    """The network in NumPy, from the equations of Bachlechner et al. 2020 and Jones 2021."""
    p = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params["params"])

    def linear(name, x):
        return x @ p[name]["kernel"] + p[name]["bias"]

    x = linear("input", planes.reshape(len(planes), -1).astype(float))
    for k in range(CONFIG.depth):
        x = x + p[f"alpha_{k}"] * linear(f"residual_{k}", np.maximum(x, 0))
    return linear("policy", x), np.tanh(linear("value", x))[:, 0]


@pytest.fixture(scope="module")
def apply():
    return jax.jit(functools.partial(forward, build(GAME, CONFIG)))


def with_alphas(params, alpha):
    return jax.tree.map(lambda leaf: jnp.full_like(leaf, alpha) if leaf.ndim == 0 else leaf, params)


@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_logits_and_values_are_those_of_the_equations(apply, params, planes, alpha):
    shown = with_alphas(params, alpha)
    for ours, theirs in zip(apply(shown, planes), plain_forward(shown, planes), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_residual_layers_do_nothing_at_the_start_and_something_later(apply, params, planes):
    scrambled = jax.tree.map(lambda leaf: leaf, params)
    scrambled["params"]["residual_0"] = jax.tree.map(
        lambda leaf: leaf + 3, params["params"]["residual_0"]
    )
    before, after = apply(params, planes), apply(scrambled, planes)
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_array_equal(before[1], after[1])
    opened = [apply(with_alphas(p, 0.1), planes)[0] for p in (params, scrambled)]
    assert np.abs(opened[0] - opened[1]).max() > 0.1


def test_values_stay_between_loss_and_win(apply, params, planes):
    _, value = apply(jax.tree.map(lambda leaf: 1e3 * leaf, params), planes)
    assert np.all(np.abs(value) <= 1)
    assert np.abs(value).max() > 0.99


def test_swapping_colours_and_transposing_transposes_logits_and_leaves_the_value(params):
    """White's network must see what black's would: the frames cancel out."""
    moves = np.array([[0, 4, 5], [8, 1, 3], [2, 6, 7], [4, 3, 8]])
    transposed = (moves % 3) * 3 + moves // 3

    @jax.jit
    def position(moves, first):
        state = GAME.init()._replace(to_move=first)
        return jax.lax.scan(lambda s, a: (GAME.step(s, a), None), state, moves)[0]

    evaluate = jax.jit(make_evaluate(GAME, CONFIG))
    black_first = jax.vmap(position)(moves, jnp.zeros(4, jnp.int8))
    white_first = jax.vmap(position)(transposed, jnp.ones(4, jnp.int8))
    logits, value = evaluate(params, black_first)
    swapped_logits, swapped_value = evaluate(params, white_first)
    np.testing.assert_array_equal(value, swapped_value)
    np.testing.assert_array_equal(
        np.reshape(logits, (4, 3, 3)), np.reshape(swapped_logits, (4, 3, 3)).transpose(0, 2, 1)
    )
    assert np.abs(logits - swapped_logits).max() > 0.1, "else nothing was compared"
