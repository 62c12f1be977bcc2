"""The compute ledger against XLA's own count, a hand count and a published row."""

from __future__ import annotations

import functools
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import games
import tests.toys.plain  # noqa: F401 - one kind more to count
from training.devices import measured_peak_flops
from training.learner import losses
from training.ledger import Ledger, forward_flops, gradient_flops, utilisation
from training.networks import (
    NETWORKS,
    Mlp,
    NetworkConfig,
    forward,
    init_params,
    neighbourhood,
    parameter_count,
)
from training.replay import Batch

GAME = games.make("hex", 5)
# A wide one of every kind there is, so that what is left out of the count is little.
WIDE = [NETWORKS[kind].model_validate({"width": 96, "depth": 3}).name for kind in NETWORKS.names]
B = 32


def xla_flops(function, *arguments) -> float:
    """What XLA counts for one position."""
    analysis: Any = jax.jit(function).lower(*arguments).compile().cost_analysis()
    return analysis["flops"] / B


@pytest.mark.parametrize("name", [*WIDE, "128x3+64x1", "128x3-bf16", "conv32x2+64x1"])
def test_flops_are_those_of_xla(name, monkeypatch):
    """One forward pass and one gradient. Biases, activations, pooling and the sums over a
    convolution's seven offsets are the rest; of wider networks it is less."""
    # XLA counts the body of a loop once: no gradient in pieces here.
    monkeypatch.setattr(neighbourhood, "POSITIONS_IN_CACHE", B)
    config = NetworkConfig.parse(name)
    network = config.module(GAME)
    array: Any = jax.ShapeDtypeStruct
    params = jax.eval_shape(lambda key: init_params(GAME, config, key), jax.random.key(0))
    batch = Batch(
        planes=array((B, 2, 5, 5), bool),
        legal=array((B, 25), bool),
        policy=array((B, 25), jnp.float32),
        outcome=array((B,), jnp.float32),
        known=array((B,), bool),
    )
    counted = xla_flops(functools.partial(forward, network), params, batch.planes)
    assert forward_flops(GAME, config) == pytest.approx(counted, rel=0.05)
    gradient = jax.grad(lambda params, batch: sum(losses(network, params, batch)))
    counted = xla_flops(gradient, params, batch)
    assert gradient_flops(GAME, config) == pytest.approx(counted, rel=0.05)


def test_forward_flops_by_hand():
    """2×2 board, width 3, depth 1: layers 8→3, 3→3, 3→4 and 3→1 are 48 multiply-adds."""
    assert forward_flops(games.make("hex", 2), Mlp(width=3, depth=1)) == 2 * 48


def test_jones_flops_give_the_published_row():
    """Jones 2021, released data: 9×9, 4 layers of 1,024 neurons, 351,174,656 samples: 1e17."""
    game, config = games.make("hex", 9), Mlp(width=1024, depth=4)
    assert parameter_count(game, config) == 4_449_362
    costs = Ledger(samples=351_174_656).costs(game, config, evaluations=64 * 351_174_656)
    assert costs["jones_flops"] == pytest.approx(1.00000e17, rel=5e-6)


def test_costs_by_hand():
    """96 FLOPs forward; backward twice that less the input layer's 2 · 24 for its own input."""
    ledger = Ledger(samples=10, learner_samples=7, selfplay_seconds=1.5, learner_seconds=0.5)
    network = Mlp(width=3, depth=1)
    costs = ledger.costs(games.make("hex", 2), network, evaluations=50)
    assert costs == {
        "samples": 10,
        "learner_samples": 7,
        "seconds": 2.0,
        "selfplay_seconds": 1.5,
        "learner_seconds": 0.5,
        "other_seconds": 0.0,
        "energy_joules": None,
        "network_evaluations": 50,
        "selfplay_flops": 50 * 96,
        "learner_flops": 7 * (96 + 2 * 96 - 48),
        "train_flops": 50 * 96 + 7 * 240,
        # Weights 24 + 9 + 12 + 3 and biases 3 + 3 + 4 + 1.
        "label_flops": 0.0,
        "teacher_flops": 0.0,
        "jones_flops": 10 * 5 * 59,
    }
    assert utilisation(costs, 10_000.0) == pytest.approx((4_800 + 1_680) / 2.0 / 10_000)


def test_what_is_spent_adds_up():
    once = Ledger().spend(samples=3, selfplay_seconds=0.5, other_seconds=0.25)
    assert once.energy_joules is None
    twice = once.spend(samples=3, learner_seconds=0.5, energy_joules=2.0)
    assert twice == Ledger(6, 0, 0.5, 0.5, 0.25, 2.0)
    assert twice.seconds == 1.0


def test_the_measured_peak_is_more_than_any_small_product_reaches():
    """And no machine of today makes 10 PFLOP/s."""
    peak = measured_peak_flops("float32")
    x = np.ones((128, 128), np.float32)
    product = jax.jit(jnp.dot)
    jax.block_until_ready(product(x, x))
    began = time.perf_counter()
    jax.block_until_ready(product(x, x))
    assert 2 * 128**3 / (time.perf_counter() - began) < 2 * peak < 1e16
