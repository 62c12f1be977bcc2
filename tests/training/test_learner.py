"""The loss by hand, its gradient by finite differences, and that it can be driven to zero."""

from __future__ import annotations

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from games.hex import Hex
from training.learner import Losses, StepSize, init_learner, learn, losses
from training.networks import Mlp, init_params
from training.replay import Batch

GAME = Hex(2)
CONFIG = Mlp(width=8, depth=1)
NETWORK = CONFIG.module(GAME)
L, A = 8, 4
STEP_SIZE = StepSize(*map(jnp.float32, (0.02, 1, 100)))  # the same all the way


@jax.jit
def loss_of(params, batch: Batch) -> Losses:
    return losses(NETWORK, params, batch)


@jax.jit
def gradient_of(params, batch: Batch):
    """The whole loss and its gradient."""
    return jax.value_and_grad(lambda params: sum(losses(NETWORK, params, batch)))(params)


@pytest.fixture(scope="module")
def params():
    """Fresh weights, with residual layers switched on so that every weight matters."""
    fresh = jax.jit(functools.partial(init_params, GAME, CONFIG))(jax.random.key(2))
    return jax.tree.map(lambda leaf: np.float32(0.5) if leaf.ndim == 0 else np.asarray(leaf), fresh)


@pytest.fixture(scope="module")
def constant_network(params):
    """Logits log 1, log 2, log 3 and 20, value tanh 0.5, on every board."""
    nothing = jax.tree.map(np.zeros_like, params)
    nothing["params"]["policy"]["bias"] = np.array([0, math.log(2), math.log(3), 20], np.float32)
    nothing["params"]["value"]["bias"] = np.array([0.5], np.float32)
    return nothing


def batch_of(**fields) -> Batch:
    """A batch of L positions in which the last action is illegal, with fields replaced."""
    base: dict[str, Any] = {
        "planes": np.zeros((L, 2, 2, 2), bool),
        "legal": np.tile([True, True, True, False], (L, 1)),
        "policy": np.tile(np.array([0.5, 0.5, 0, 0], np.float32), (L, 1)),
        "outcome": np.ones(L, np.float32),
        "known": np.ones(L, bool),
    }
    return Batch(**(base | fields))


@pytest.fixture(scope="module")
def varied():
    """Eight different positions with random targets, seed 4."""
    rng = np.random.default_rng(4)
    policy = rng.dirichlet(np.ones(3), L)
    # Rows 0 to 7 in binary, so that no two positions are the same.
    bits = (np.arange(L)[:, None] >> np.arange(3) & 1).astype(bool)
    planes = np.zeros((L, 2, 4), bool)
    planes[:, 0, :3], planes[:, 1, :3] = bits, ~bits
    return batch_of(
        planes=planes.reshape(L, 2, 2, 2),
        policy=np.pad(policy, ((0, 0), (0, 1))).astype(np.float32),
        outcome=np.where(np.arange(L) % 3 == 0, np.float32(1), np.float32(-1)),
        known=np.arange(L) != 5,
    )


def test_policy_loss_by_hand(constant_network):
    """Legal shares are 1/6, 2/6 and 3/6; the target is half on the first, half on the second."""
    policy, _ = loss_of(constant_network, batch_of())
    assert float(policy) == pytest.approx(0.5 * math.log(6) + 0.5 * math.log(3), rel=1e-5)


def test_value_loss_by_hand_counts_known_outcomes_only(constant_network):
    outcome = np.array([1, -1, 0, 1, 1, 1, 1, 1], np.float32)
    known = np.arange(L) < 3
    _, value = loss_of(constant_network, batch_of(outcome=outcome, known=known))
    v = math.tanh(0.5)
    expected = ((1 - v) ** 2 + (-1 - v) ** 2 + v**2) / 3
    assert float(value) == pytest.approx(expected, rel=1e-5)


def test_a_batch_without_a_known_outcome_has_no_value_loss(constant_network):
    policy, value = loss_of(constant_network, batch_of(known=np.zeros(L, bool)))
    assert float(value) == 0
    assert math.isfinite(float(policy))


@pytest.mark.parametrize("logit", [-1e4, 0.0, 1e4])
def test_illegal_actions_take_no_part(params, varied, logit):
    """Whatever the network says of them, neither loss nor gradient hears it."""
    said = jax.tree.map(lambda leaf: leaf, params)
    said["params"]["policy"]["bias"] = np.append(params["params"]["policy"]["bias"][:3], logit)
    loss, gradient = gradient_of(said, varied)
    assert float(loss) == pytest.approx(float(sum(loss_of(params, varied))), rel=1e-6)
    assert gradient["params"]["policy"]["bias"][3] == 0
    assert np.all(gradient["params"]["policy"]["kernel"][:, 3] == 0)
    assert np.all(gradient["params"]["policy"]["bias"][:3] != 0)


def test_the_gradient_is_that_of_finite_differences(params, varied):
    """Central differences along eight random directions, seed 6; float32 leaves about 1e-3."""
    rng = np.random.default_rng(6)
    _, gradient = gradient_of(params, varied)
    step = 1e-2

    def loss_at(t: float, way) -> float:
        moved = jax.tree.map(lambda leaf, w: np.float32(leaf + t * w), params, way)
        return float(sum(loss_of(moved, varied)))

    for _ in range(8):
        way = jax.tree.map(lambda leaf: rng.normal(size=leaf.shape) / 10, params)
        slope = sum(jax.tree.leaves(jax.tree.map(lambda g, w: np.sum(g * w), gradient, way)))
        measured = (loss_at(step, way) - loss_at(-step, way)) / (2 * step)
        assert measured == pytest.approx(float(slope), abs=5e-3)
        assert abs(slope) > 5e-3, "else the comparison says nothing"


def test_the_first_step_of_adam_moves_every_weight_by_the_learning_rate(params, varied):
    """Kingma and Ba 2015, section 2.1: with fresh moments the step is the gradient's sign."""
    state = init_learner(params)
    after, _ = jax.jit(functools.partial(learn, NETWORK))(
        state, varied, STEP_SIZE._replace(first=np.float32(0.01)), np.float32(0)
    )
    _, gradient = gradient_of(params, varied)
    for old, new, slope in zip(
        *(jax.tree.leaves(jax.device_get(tree)) for tree in (params, after.params, gradient)),
        strict=True,
    ):
        steep = np.abs(slope) > 1e-4
        np.testing.assert_allclose((new - old)[steep], -0.01 * np.sign(slope[steep]), rtol=0.01)


@pytest.mark.parametrize(
    ("averaging", "weights"),
    [
        (0.0, [0, 0, 0, 0, 0, 1]),
        # 1/t of the way: the plain mean.
        (1.0, [1, 1, 1, 1, 1, 1]),
        # 2/t of the way: the k-th step counts k - 1 times.
        (0.5, [0, 1, 2, 3, 4, 5]),
    ],
)
def test_the_average_of_the_weights_by_hand(params, varied, averaging, weights):
    """Six steps, whose weights do not depend on whether they are averaged."""

    @jax.jit
    def study(state, averaging):
        def step(state, _):
            after, _ = learn(NETWORK, state, varied, STEP_SIZE, averaging)
            return after, after.params

        return jax.lax.scan(step, state, length=6)

    after, steps = jax.device_get(study(init_learner(params), np.float32(averaging)))
    _, plain_steps = jax.device_get(study(init_learner(params), np.float32(0)))
    jax.tree.map(np.testing.assert_array_equal, steps, plain_steps)
    for average, each in zip(*map(jax.tree.leaves, (after.average, steps)), strict=True):
        expected = np.average(each.astype(np.float64), axis=0, weights=weights)
        np.testing.assert_allclose(average, expected, rtol=1e-5, atol=1e-6)
        assert np.abs(each[-1] - each[0]).max() > 0.05, "else nothing is averaged"


def test_one_batch_can_be_learnt_by_heart(params, varied):
    """The policy loss falls to the entropy of its targets, the value loss to nothing."""

    @jax.jit
    def study(state):
        def step(state, _):
            return learn(NETWORK, state, varied, STEP_SIZE, jnp.float32(0.5))

        return jax.lax.scan(step, state, length=1_000)

    _, ((policy, value), fit) = study(init_learner(params))
    target = np.asarray(varied.policy[:, :3], np.float64)
    entropy = -np.sum(target * np.log(target)) / L
    assert float(policy[-1]) == pytest.approx(entropy, abs=0.02)
    assert float(policy[0]) > entropy + 0.1
    assert float(value[-1]) < 0.01
    # So do the other measures of a fit: the network's own entropy becomes that of its targets.
    assert float(fit.policy_entropy[-1]) == pytest.approx(entropy, abs=0.02)
    assert float(fit.policy_kl[0]) == pytest.approx(float(policy[0]) - entropy, abs=1e-5)
    assert float(fit.policy_kl[-1]) == pytest.approx(0, abs=0.02)
    assert float(fit.residual_variance[-1]) < 0.01 < float(fit.residual_variance[0])


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 0.02), (25, 0.0155), (50, 0.011), (100, 0.002), (150, 0.002)]
)
def test_the_step_size_falls_in_a_straight_line(step, expected):
    falling = StepSize(*map(jnp.float32, (0.02, 0.1, 100)))
    assert float(falling.at(jnp.int32(step))) == pytest.approx(expected, rel=1e-5)


def test_late_steps_are_as_small_as_the_falling_step_size_says(params, varied):
    """Adam's update does not hang on the step size, so equal moments move weights in proportion."""
    state = init_learner(params)
    late = state._replace(optimiser=state.optimiser._replace(count=jnp.int32(90)))
    step = jax.jit(functools.partial(learn, NETWORK))

    def moved(step_size: StepSize) -> np.ndarray:
        after, _ = step(late, varied, step_size, jnp.float32(0))
        pairs = zip(*map(jax.tree.leaves, (after.params, late.params)), strict=True)
        return np.concatenate([np.ravel(np.asarray(a - b)) for a, b in pairs])

    constant, falling = moved(STEP_SIZE), moved(STEP_SIZE._replace(last=jnp.float32(0.1)))
    assert np.abs(constant).max() > 1e-4
    np.testing.assert_allclose(falling, 0.19 * constant, rtol=0.02, atol=1e-7)
