"""The learner: loss, gradient and Adam."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from training.networks import Params, ReZeroMLP, forward
from training.replay import Batch


class LearnerState(NamedTuple):
    """What the learner changes."""

    params: Params
    optimiser: Any  # Adam's moments


class Losses(NamedTuple):
    """Both parts of the loss."""

    policy: jax.Array  # [], nats
    value: jax.Array  # [], squared error


ADAM = optax.scale_by_adam()


def init_learner(params: Params) -> LearnerState:
    """Fresh moments for these parameters."""
    return LearnerState(params, ADAM.init(params))


def losses(network: ReZeroMLP, params: Params, batch: Batch) -> Losses:
    """AlphaZero's loss: cross-entropy to the search policy plus squared error to the outcome.

    l = −πᵀ log p + (z − v)² (Silver et al. 2017, Eq. 1, weights 1:1, no weight decay). Illegal
    actions take no part in the softmax; positions without an outcome take no part in the value
    loss, which is a mean over the others.
    """
    logits, value = forward(network, params, batch.planes)
    log_policy = jax.nn.log_softmax(jnp.where(batch.legal, logits, jnp.finfo(jnp.float32).min))
    cross_entropy = -jnp.sum(jnp.where(batch.legal, batch.policy * log_policy, 0), axis=-1)
    squared_error = jnp.where(batch.known, (batch.outcome - value) ** 2, 0)
    return Losses(
        policy=cross_entropy.mean(),
        value=squared_error.sum() / jnp.maximum(batch.known.sum(), 1),
    )


def learn(
    network: ReZeroMLP, state: LearnerState, batch: Batch, learning_rate: jax.Array
) -> tuple[LearnerState, Losses]:
    """One step of Adam."""

    def total(params: Params) -> tuple[jax.Array, Losses]:
        parts = losses(network, params, batch)
        return parts.policy + parts.value, parts

    gradient, parts = jax.grad(total, has_aux=True)(state.params)
    update, optimiser = ADAM.update(gradient, state.optimiser)
    step = jax.tree.map(lambda u: -learning_rate * u, update)
    return LearnerState(optax.apply_updates(state.params, step), optimiser), parts
