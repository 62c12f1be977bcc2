"""The compute ledger against XLA's own count, a hand count and a published row."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import games
from training.learner import losses
from training.ledger import Ledger, forward_flops, gradient_flops
from training.networks import NetworkConfig, build, forward, init_params, parameter_count
from training.replay import Batch

GAME = games.make("hex", 5)
CONFIG = NetworkConfig(width=128, depth=3)
B = 32


def xla_flops(function, *arguments) -> float:
    """What XLA counts for one position."""
    analysis: Any = jax.jit(function).lower(*arguments).compile().cost_analysis()
    return analysis["flops"] / B


@pytest.fixture(scope="module")
def shapes():
    """Parameters and a batch, as shapes only."""
    array: Any = jax.ShapeDtypeStruct
    params = jax.eval_shape(lambda key: init_params(GAME, CONFIG, key), jax.random.key(0))
    batch = Batch(
        planes=array((B, 2, 5, 5), bool),
        legal=array((B, 25), bool),
        policy=array((B, 25), jnp.float32),
        outcome=array((B,), jnp.float32),
        known=array((B,), bool),
    )
    return params, batch


def test_forward_flops_are_those_of_xla(shapes):
    params, batch = shapes
    counted = xla_flops(functools.partial(forward, build(GAME, CONFIG)), params, batch.planes)
    assert forward_flops(GAME, CONFIG) == pytest.approx(counted, rel=0.03)


def test_gradient_flops_are_those_of_xla(shapes):
    params, batch = shapes
    network = build(GAME, CONFIG)
    gradient = jax.grad(lambda params, batch: sum(losses(network, params, batch)))
    counted = xla_flops(gradient, params, batch)
    assert gradient_flops(GAME, CONFIG) == pytest.approx(counted, rel=0.03)


def test_forward_flops_by_hand():
    """2×2 board, width 3, depth 1: layers 8→3, 3→3, 3→4 and 3→1 are 48 multiply-adds."""
    assert forward_flops(games.make("hex", 2), NetworkConfig(width=3, depth=1)) == 2 * 48


def test_jones_flops_give_the_published_row():
    """Jones 2021, released data: 9×9, 4 layers of 1,024 neurons, 351,174,656 samples: 1e17."""
    game, config = games.make("hex", 9), NetworkConfig(width=1024, depth=4)
    assert parameter_count(game, config) == 4_449_362
    costs = Ledger(samples=351_174_656).costs(game, config, nodes=64)
    assert costs["jones_flops"] == pytest.approx(1.00000e17, rel=5e-6)


def test_costs_by_hand():
    """96 FLOPs forward; backward twice that less the input layer's 2 · 24 for its own input."""
    ledger = Ledger(samples=10, learner_samples=7, seconds=1.5)
    costs = ledger.costs(games.make("hex", 2), NetworkConfig(width=3, depth=1), nodes=5)
    assert costs == {
        "samples": 10,
        "learner_samples": 7,
        "seconds": 1.5,
        "network_evaluations": 50,
        "selfplay_flops": 50 * 96,
        "learner_flops": 7 * (96 + 2 * 96 - 48),
        "train_flops": 50 * 96 + 7 * 240,
        # Weights 24 + 9 + 12 + 3 and biases 3 + 3 + 4 + 1.
        "jones_flops": 10 * 5 * 59,
    }
