"""Networks, and the adapter that shows a network to the search."""

from __future__ import annotations

import math
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import pydantic

from games.protocol import Game, State
from mcts.config import FrozenModel
from mcts.simulation import Evaluate

Params = Any
"""A network's parameters: a pytree of arrays."""


class NetworkConfig(FrozenModel, frozen=True):
    """Shape of a network."""

    width: int = pydantic.Field(default=16, ge=1, le=8192)
    """Neurons in each layer W. Jones: 1 to 1,024."""

    depth: int = pydantic.Field(default=2, ge=0, le=64)
    """Residual layers D. Jones: 1 to 8."""


class ReZeroMLP(nn.Module):
    """Jones's fully connected residual network (boardlaw `networks.py`).

    x₀ = L(planes), xₖ₊₁ = xₖ + αₖ · L(relu(xₖ)) with αₖ = 0 at the start (Bachlechner et al. 2020,
    "ReZero is all you need"), then linear heads: policy logits, and the value through tanh.
    """

    width: int
    depth: int
    num_actions: int

    @nn.compact
    def __call__(self, planes: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Planes [B, 2, S, S] → policy logits [B, A], values [B]; all in the mover's frame."""
        orthogonal = nn.initializers.orthogonal(math.sqrt(2))
        x = planes.reshape(planes.shape[0], -1).astype(jnp.float32)
        x = nn.Dense(self.width, kernel_init=orthogonal, name="input")(x)
        for k in range(self.depth):
            alpha = self.param(f"alpha_{k}", nn.initializers.zeros, ())
            layer = nn.Dense(self.width, kernel_init=orthogonal, name=f"residual_{k}")
            x = x + alpha * layer(nn.relu(x))
        logits = nn.Dense(self.num_actions, name="policy")(x)
        value = jnp.tanh(nn.Dense(1, name="value")(x))
        return logits, value[:, 0]


def build(game: Game, config: NetworkConfig) -> ReZeroMLP:
    """The network of that shape for that game."""
    return ReZeroMLP(config.width, config.depth, game.num_actions)


def init_params(game: Game, config: NetworkConfig, key: jax.Array) -> Params:
    """Fresh parameters."""
    planes = jnp.zeros((1, 2, game.size, game.size), bool)
    return build(game, config).init(key, planes)


def forward(network: ReZeroMLP, params: Params, planes: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Planes [B, 2, S, S] → policy logits [B, A] and values [B], in the mover's frame."""
    output: Any = network.apply(params, planes)
    return output


def make_evaluate(game: Game, config: NetworkConfig) -> Evaluate:
    """The network as the search wants it: it sees the mover's frame, the search the board frame."""
    network = build(game, config)

    def evaluate(params: Params, states: State) -> tuple[jax.Array, jax.Array]:
        logits, value = forward(network, params, jax.vmap(game.observe)(states))
        return jax.vmap(game.to_board_frame)(states, logits), value

    return evaluate


def parameter_count(game: Game, config: NetworkConfig) -> int:
    """Weights and biases P, counted as Jones did: the scalars α are left out.

    P = 2A·W + W + D(W² + W) + A·W + A + W + 1.
    """
    a, w, d = game.num_actions, config.width, config.depth
    return 2 * a * w + w + d * (w**2 + w) + a * w + a + w + 1
