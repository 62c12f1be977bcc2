"""Any network as training and the search ask it."""

from __future__ import annotations

import functools
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float32, Key

from games.protocol import Game, State
from mcts.simulation import Evaluate
from training.networks.network import NetworkConfig, Params


def init_params(game: Game, config: NetworkConfig, key: Key[Array, ""]) -> Params:
    """Fresh parameters."""
    planes = jnp.zeros((1, game.num_planes, *game.shape), bool)
    return config.module(game).init(key, planes)


def forward(
    network: nn.Module, params: Params, planes: Bool[Array | np.ndarray, "B P R C"]
) -> tuple[Float32[Array, "B A"], Float32[Array, "B"]]:
    """Planes [B, num_planes, R, C] → policy logits [B, A] and values [B], in the mover's frame."""
    output: Any = network.apply(params, planes)
    return output


def make_evaluate(game: Game, config: NetworkConfig, members: int | None = None) -> Evaluate:
    """The network as the search wants it: it sees the mover's frame, the search the board frame.

    Args:
        game: the rules.
        config: the network's shape.
        members: of a population, how many; its parameters have a leading axis of that length, and
            each member evaluates its equal part of the batch in one batched matrix product.
    """
    apply = functools.partial(forward, config.module(game))

    def evaluate(params: Params, states: State) -> tuple[jax.Array, jax.Array]:
        planes = jax.vmap(game.observe)(states)
        if members is None:
            logits, value = apply(params, planes)
        else:
            parts = planes.reshape(members, -1, *planes.shape[1:])
            logits, value = jax.vmap(apply)(params, parts)
            logits, value = logits.reshape(-1, game.num_actions), value.reshape(-1)
        return jax.vmap(game.to_board_frame)(states, logits), value

    return evaluate
