"""Dirichlet noise: its distribution against scipy and JAX, and its place at the root.

Kolmogorov–Smirnov tests ask for p > 0.001; keys are fixed, so each is passed or failed for good.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from mcts import SearchConfig
from mcts.noise import dirichlet, gamma

SAMPLES = 20_000
LEGAL = np.array([True, False, True, True, False, True, True])


@pytest.mark.parametrize("alpha", [0.1, 0.4, 1.1])
def test_gamma_is_gamma_distributed(alpha):
    """Against the analytic distribution, and against JAX's own sampler."""
    ours = np.asarray(gamma(jax.random.key(1), alpha, (SAMPLES,)))
    theirs = np.asarray(jax.random.gamma(jax.random.key(2), jnp.float32(alpha), (SAMPLES,)))
    assert scipy.stats.kstest(ours, scipy.stats.gamma(alpha).cdf).pvalue > 1e-3
    assert scipy.stats.kstest(ours, theirs).pvalue > 1e-3


@pytest.fixture(scope="module", params=[0.1, 0.4, 1.1])
def noise(request):
    """(alpha, 20,000 draws over the legal ones of seven actions)."""
    legal = jnp.broadcast_to(jnp.asarray(LEGAL), (SAMPLES, len(LEGAL)))
    return request.param, np.asarray(dirichlet(jax.random.key(3), request.param, legal))


def test_dirichlet_lies_on_the_simplex_of_legal_actions(noise):
    _, draws = noise
    assert (draws[:, ~LEGAL] == 0).all()
    assert (draws >= 0).all()
    np.testing.assert_allclose(draws.sum(axis=-1), 1, atol=1e-6)


def test_dirichlet_has_the_moments_and_margins_of_its_alpha(noise):
    """Each margin is Beta(α, (k - 1) α), k the number of legal actions, so mean 1 / k.

    Bounds: five standard errors for means, 10 % for variances and covariances (5 to 30 standard
    errors, by α).
    """
    alpha, draws = noise
    draws = draws[:, LEGAL].astype(np.float64)
    k = draws.shape[1]
    margin = scipy.stats.beta(alpha, (k - 1) * alpha)
    mean_error = np.sqrt(margin.var() / SAMPLES)
    np.testing.assert_allclose(draws.mean(axis=0), 1 / k, atol=5 * mean_error)
    covariance = np.cov(draws.T)
    np.testing.assert_allclose(np.diag(covariance), margin.var(), rtol=0.1)
    between = covariance[~np.eye(k, dtype=bool)]
    np.testing.assert_allclose(between, -margin.var() / (k - 1), rtol=0.2)
    for column in draws.T:
        assert scipy.stats.kstest(column, margin.cdf).pvalue > 1e-3


def test_rows_are_independent(noise):
    """Neighbouring rows are uncorrelated within five standard errors."""
    _, draws = noise
    first, second = draws[0::2, 0], draws[1::2, 0]
    assert abs(np.corrcoef(first, second)[0, 1]) < 5 / np.sqrt(len(first))


def test_variates_that_all_underflow_give_a_uniform_row():
    legal = jnp.array([[True, True, False, True], [False] * 4])
    draws = dirichlet(jax.random.key(4), 1e-6, legal)
    np.testing.assert_allclose(draws, [[1 / 3, 1 / 3, 0, 1 / 3], [0] * 4], atol=1e-7)


@pytest.fixture(scope="module")
def prior_of(search, hex_world):
    """The root priors of 64 5×5 games at a noise fraction; the same key gives the same noise."""
    world = hex_world(5)
    states = world.states(world.random_games(count=64, seed=5))

    def ask(fraction, seed=6, concentration=10.0):
        config = SearchConfig(nodes=1, noise_fraction=fraction, noise_concentration=concentration)
        key = jax.random.key(seed)
        return search(world.game, world.evaluate, config, world.params, states, key).prior

    return ask


@pytest.fixture(scope="module")
def plain_prior(oracle, hex_world):
    """What the network alone gives, over legal actions, by the oracle."""
    world = hex_world(5)
    rows = np.zeros((64, 25))
    for row, moves in zip(rows, world.random_games(count=64, seed=5), strict=True):
        position = world.position(moves)
        logits, _ = world.plain_evaluate(position)
        softmax = oracle("puct").softmax(logits, world.legal(position))
        row[list(softmax)] = list(softmax.values())
    return rows


def test_without_noise_the_prior_is_the_network_policy_over_legal_actions(prior_of, plain_prior):
    np.testing.assert_allclose(prior_of(0.0), plain_prior, atol=1e-6)


def test_noise_takes_the_share_asked_for_however_few_actions_are_legal(prior_of, plain_prior):
    """Noise over all actions, masked afterwards, would lose share as the board fills."""
    noise = prior_of(1.0)
    assert (noise[plain_prior == 0] == 0).all()
    np.testing.assert_allclose(noise.sum(axis=-1), 1, atol=1e-6)
    np.testing.assert_allclose(prior_of(0.25), 0.75 * plain_prior + 0.25 * noise, atol=1e-6)


def test_the_noise_parameter_is_the_concentration_over_the_number_of_cells(prior_of, plain_prior):
    """Its margins are Beta(α, (k - 1) α) with α = 50 / 25 and k legal actions.

    The probability integral transform makes margins of different k comparable; one action a board
    keeps them independent, eight keys make 512 of them.
    """
    legal = plain_prior > 0
    first = legal.argmax(axis=-1)
    alpha, k = 50 / 25, legal.sum(axis=-1)
    some = k > 1
    uniform = []
    for seed in range(8):
        noise = prior_of(1.0, seed, concentration=50.0)
        drawn = np.take_along_axis(noise, first[:, None], axis=-1)[:, 0]
        uniform.extend(scipy.stats.beta(alpha, (k - 1)[some] * alpha).cdf(drawn[some]))
    assert scipy.stats.kstest(uniform, "uniform").pvalue > 1e-3


def test_noise_differs_between_keys_and_between_boards(prior_of):
    noise = prior_of(1.0)
    other_key = prior_of(1.0, seed=7)
    several = (noise > 0).sum(axis=-1) > 1
    assert (noise != other_key).any(axis=-1)[several].all()
    assert len(np.unique(noise[several], axis=0)) == several.sum()
