"""The learner: loss, gradient, Adam and the average of its weights, and how well the network fits
its targets."""

from __future__ import annotations

from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float32, Int32

from training.networks import Params, forward
from training.replay import Batch


class LearnerState(NamedTuple):
    """What the learner changes."""

    params: Params  # the newest weights; they play the games that are learnt from
    optimiser: Any  # Adam's moments
    average: Params  # of the weights after the latest steps; agents are made of them


class Prediction(NamedTuple):
    """What the network says of a batch."""

    log_policy: jax.Array  # [L, A], over legal actions; very negative elsewhere
    value: jax.Array  # [L]


class Losses(NamedTuple):
    """Both parts of the loss."""

    policy: jax.Array  # [], nats
    value: jax.Array  # [], squared error


class Fit(NamedTuple):
    """How the network compares with its targets, beside the losses."""

    policy_entropy: jax.Array  # [], nats, of the network's policy
    policy_kl: jax.Array  # [], nats, from the search policy to the network's
    residual_variance: jax.Array  # [], share of the targets' variance left unexplained; NaN if 0


class StepSize(NamedTuple):
    """Adam's, over a run; run-time values."""

    first: jax.Array  # [] float32
    last: jax.Array  # [] float32, at the end of the run, as a share of the first
    steps: jax.Array  # [] float32, of the whole run

    def at(self, step: Int32[Array, ""]) -> Float32[Array, ""]:
        """After so many steps: a straight line from the first to the last."""
        done = jnp.minimum(step.astype(jnp.float32) / self.steps, 1)
        return self.first * (1 - (1 - self.last) * done)


ADAM = optax.scale_by_adam()


def init_learner(params: Params) -> LearnerState:
    """Fresh moments for these parameters."""
    return LearnerState(params, ADAM.init(params), average=params)


def predict(network: nn.Module, params: Params, batch: Batch) -> Prediction:
    """The network's policy and value; illegal actions take no part in the softmax."""
    logits, value = forward(network, params, batch.planes)
    masked = jnp.where(batch.legal, logits, jnp.finfo(jnp.float32).min)
    return Prediction(jax.nn.log_softmax(masked), value)


def compare(prediction: Prediction, batch: Batch) -> Losses:
    """AlphaZero's loss: cross-entropy to the search policy plus squared error to the outcome.

    l = −πᵀ log p + (z − v)² (Silver et al. 2017, Eq. 1, weights 1:1, no weight decay). Positions
    without an outcome take no part in the value loss, which is a mean over the others.
    """
    squared_error = jnp.where(batch.known, (batch.outcome - prediction.value) ** 2, 0)
    return Losses(
        policy=_cross_entropy(batch.policy, prediction.log_policy, batch.legal).mean(),
        value=squared_error.sum() / jnp.maximum(batch.known.sum(), 1).astype(jnp.float32),
    )


def losses(network: nn.Module, params: Params, batch: Batch) -> Losses:
    """`compare` what the network says."""
    return compare(predict(network, params, batch), batch)


def fit(prediction: Prediction, batch: Batch) -> Fit:
    """Entropies, and the residual variance Var(z − v) / Var(z) over known targets."""
    cross_entropy = _cross_entropy(batch.policy, prediction.log_policy, batch.legal)
    search_entropy = _cross_entropy(batch.policy, jnp.log(batch.policy), batch.policy > 0)
    policy = jnp.exp(prediction.log_policy)
    count = jnp.maximum(batch.known.sum(), 1).astype(jnp.float32)

    def variance(x: jax.Array) -> jax.Array:
        mean = jnp.where(batch.known, x, 0).sum() / count
        return jnp.where(batch.known, (x - mean) ** 2, 0).sum() / count

    spread = variance(batch.outcome)
    residual = variance(batch.outcome - prediction.value)
    return Fit(
        policy_entropy=_cross_entropy(policy, prediction.log_policy, batch.legal).mean(),
        policy_kl=(cross_entropy - search_entropy).mean(),
        residual_variance=jnp.where(spread > 0, residual / spread, jnp.nan),
    )


def _cross_entropy(policy: jax.Array, log_policy: jax.Array, where: jax.Array) -> jax.Array:
    """−πᵀ log p of each row, [L, A] → [L]."""
    return -jnp.sum(jnp.where(where, policy * jnp.where(where, log_policy, 0), 0), axis=-1)


def learn(
    network: nn.Module,
    state: LearnerState,
    batch: Batch,
    step_size: StepSize,
    averaging: Float32[Array, ""],
) -> tuple[LearnerState, tuple[Losses, Fit]]:
    """One step of Adam, and of the average over the latest `averaging` of all steps.

    With step t the average goes 1 / (averaging · t) of the way to the new weights, at most all of
    it. Its memory so grows with the run, and it fits snapshots early and late alike: the power
    function average of Karras et al. 2024, "Analyzing and improving the training dynamics of
    diffusion models", Section 3.1, with γ + 1 = 1 / averaging, to first order in 1 / t.
    """

    def total(params: Params) -> tuple[jax.Array, tuple[Losses, Prediction]]:
        prediction = predict(network, params, batch)
        parts = compare(prediction, batch)
        return parts.policy + parts.value, (parts, prediction)

    gradient, (parts, prediction) = jax.grad(total, has_aux=True)(state.params)
    with jax.numpy_dtype_promotion("standard"):  # optax multiplies floats by counts
        update, optimiser = ADAM.update(gradient, state.optimiser)
    learning_rate = step_size.at(state.optimiser.count)
    step = jax.tree.map(lambda u: -learning_rate * u, update)
    params = optax.apply_updates(state.params, step)
    step_number = (state.optimiser.count + 1).astype(jnp.float32)
    share = 1 / jnp.maximum(averaging * step_number, 1)
    average = optax.incremental_update(params, state.average, share)
    after = LearnerState(params, optimiser, average)
    return after, (parts, fit(prediction, batch))


def is_finite(state: LearnerState) -> Bool[Array, ""]:
    """Whether every number the learner holds is finite, bool []."""
    leaves = jax.tree.leaves(state)
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in leaves]))
