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
    # One board is enough: parameters do not hang on the batch.
    planes = jnp.zeros((1, game.num_planes, *game.shape), bool)
    return config.module(game).init(key, planes)


def pad_params(game: Game, params: Params, roomier: NetworkConfig) -> Params:
    """Parameters filled up with zeros to a roomier shape, which then computes the same.

    A neuron more has weights of zero on both sides, a layer more a factor α of zero.
    """
    known = dict(jax.tree_util.tree_leaves_with_path(params))

    def fill(path: Any, shape: jax.ShapeDtypeStruct) -> np.ndarray | jax.Array:
        if path not in known:
            return np.zeros(shape.shape, shape.dtype)
        leaf = known[path]
        more = [(0, to - now) for to, now in zip(shape.shape, leaf.shape, strict=True)]
        if not any(after for _, after in more):
            return leaf
        # Weights from a file stay on the host: dispatching each to the device would cost more.
        return np.pad(leaf, more) if isinstance(leaf, np.ndarray) else jnp.pad(leaf, more)

    return jax.tree_util.tree_map_with_path(fill, shapes_of(game, roomier))


def trim_params(game: Game, params: Params, config: NetworkConfig) -> Params:
    """What `pad_params` was given: the zeros of a roomier shape cut off again."""
    known = dict(jax.tree_util.tree_leaves_with_path(params))
    return jax.tree_util.tree_map_with_path(
        lambda path, shape: known[path][tuple(map(slice, shape.shape))], shapes_of(game, config)
    )


@functools.lru_cache(maxsize=64)
def shapes_of(game: Game, config: NetworkConfig) -> Any:
    """Shapes and types of a network's parameters."""
    return jax.eval_shape(lambda: init_params(game, config, jax.random.key(0)))


def weights_fit(config: NetworkConfig, one: Game, other: Game) -> bool:
    """Whether the weights of a network for one game are of the shapes of those for another."""
    return shapes_of(one, config) == shapes_of(other, config)


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
        # One product batched over members instead of P small ones, which would leave units idle.
        if members is None:
            logits, value = apply(params, planes)
        else:
            parts = planes.reshape(members, -1, *planes.shape[1:])
            logits, value = jax.vmap(apply)(params, parts)
            logits, value = logits.reshape(-1, game.num_actions), value.reshape(-1)
        return jax.vmap(game.to_board_frame)(states, logits), value

    return evaluate
