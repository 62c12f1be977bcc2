"""Networks, and the adapter that shows a network to the search."""

from __future__ import annotations

import functools
import math
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from games.protocol import Game, State
from mcts.simulation import Evaluate
from training.architecture import NetworkConfig

Params = Any
"""A network's parameters: a pytree of arrays. A population's have a leading axis of members."""


class Network(nn.Module):
    """A residual trunk (or two) with linear heads for policy and value.

    x₀ = L(board), xₖ₊₁ = xₖ + αₖ · L(relu(xₖ)) with αₖ = 0 at the start (Bachlechner et al. 2020,
    "ReZero is all you need"). In an `mlp` L is a linear layer over the whole board: Jones's
    network (boardlaw `networks.py`). In a `conv` L sees a cell and its six neighbours.
    """

    config: NetworkConfig
    num_actions: int

    @nn.compact
    def __call__(self, planes: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Planes [B, num_planes, R, C] → policy logits [B, A], values [B]; in the mover's frame."""
        trunks = [
            self._trunk(planes, width, depth, prefix)
            for (width, depth), prefix in zip(self.config.trunks, ["", "value_"], strict=False)
        ]
        if self.config.kind == "conv":
            logits = self._linear(1, "policy")(trunks[0])[..., 0]
            seen = nn.relu(trunks[-1])
            board = jnp.concatenate([seen.mean(axis=-2), seen.max(axis=-2)], axis=-1)
        else:
            logits = self._linear(self.num_actions, "policy")(trunks[0])
            board = trunks[-1]
        value = jnp.tanh(self._linear(1, "value")(board))
        return logits, value[:, 0]

    def _trunk(self, planes: jax.Array, width: int, depth: int, prefix: str) -> jax.Array:
        """[B, W], or [B, A, W] of a convolution."""
        orthogonal = nn.initializers.orthogonal(math.sqrt(2))
        size = planes.shape[-1]
        conv = self.config.kind == "conv"
        seen = see_edges(planes) if conv else planes.reshape(planes.shape[0], -1)
        x = self._linear(width, f"{prefix}input", orthogonal)(seen.astype(jnp.float32))
        for k in range(depth):
            alpha = self.param(f"{prefix}alpha_{k}", nn.initializers.zeros, ())
            seen = nn.relu(x)
            if conv:
                grid = seen.reshape(-1, size, size, width)
                seen = neighbourhood(jnp.pad(grid, ((0, 0), (1, 1), (1, 1), (0, 0))))
            x = x + alpha * self._linear(width, f"{prefix}residual_{k}", orthogonal)(seen)
        return x

    def _linear(self, outputs: int, name: str, init: Any = None) -> nn.Dense:
        return nn.Dense(
            outputs,
            kernel_init=init or nn.initializers.lecun_normal(),
            dot_general=functools.partial(rounded_dot, self.config.matmul),
            name=name,
        )


def rounded_dot(dtype: str, x: jax.Array, kernel: jax.Array, *args: Any, **kwargs: Any):
    """A matrix product of float32 arrays whose inputs are rounded to `dtype`; sums are float32."""
    if dtype != "float32":
        x, kernel = x.astype(dtype), kernel.astype(dtype)
        kwargs["preferred_element_type"] = jnp.float32
    return jax.lax.dot_general(x, kernel, *args, **kwargs)


def see_edges(planes: jax.Array) -> jax.Array:
    """Planes [B, 2, S, S] → [B, A, 14]: the stones of each cell's neighbourhood.

    A network that is to fit every board must see where the board ends: the mover, who joins top
    and bottom, has stones beyond those edges, the opponent beyond the other two.
    """
    mine = jnp.pad(planes[:, 0], ((0, 0), (1, 1), (0, 0)), constant_values=True)
    theirs = jnp.pad(planes[:, 1], ((0, 0), (0, 0), (1, 1)), constant_values=True)
    mine = jnp.pad(mine, ((0, 0), (0, 0), (1, 1)))
    theirs = jnp.pad(theirs, ((0, 0), (1, 1), (0, 0)))
    return neighbourhood(jnp.stack([mine, theirs], axis=-1))


def neighbourhood(padded: jax.Array) -> jax.Array:
    """A border and a board [B, S+2, S+2, C] → each cell and its six neighbours [B, A, 7C].

    Side by side and then one matrix product: seven ninths of a 3×3 convolution, whose other two
    cells do not touch, and a batched product, not a grouped convolution, where the members of a
    population share the pass.
    """
    size = padded.shape[1] - 2
    offsets = [(1, 1), (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]  # own cell first
    around = [padded[:, r : r + size, c : c + size] for r, c in offsets]
    return jnp.concatenate(around, axis=-1).reshape(padded.shape[0], size**2, -1)


def build(game: Game, config: NetworkConfig) -> Network:
    """The network of that shape for that game."""
    return Network(config, game.num_actions)


def init_params(game: Game, config: NetworkConfig, key: jax.Array) -> Params:
    """Fresh parameters."""
    planes = jnp.zeros((1, game.num_planes, *game.shape), bool)
    return build(game, config).init(key, planes)


def forward(network: Network, params: Params, planes: jax.Array) -> tuple[jax.Array, jax.Array]:
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
    apply = functools.partial(forward, build(game, config))

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
