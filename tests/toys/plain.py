"""A fully connected network without residuals; a whole kind of network in one file.

docs/extend/network.md shows it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import flax.linen as nn
import jax
import jax.numpy as jnp

from games.protocol import Game
from training.networks import NETWORKS, Layer, NetworkConfig


@NETWORKS.add
class Plain(NetworkConfig, frozen=True):
    """`plain16x2`: 16 wide, two layers between the first and the heads."""

    examples: ClassVar[tuple[str, ...]] = ("plain16x2",)

    kind: Literal["plain"] = "plain"

    def layers(self, game: Game) -> list[Layer]:
        """See `NetworkConfig.layers`."""
        board = game.num_planes * game.shape[0] * game.shape[1]
        return [
            Layer(1, board, self.width, sees_board=True),
            *[Layer(1, self.width, self.width)] * self.depth,
            Layer(1, self.width, game.num_actions),
            Layer(1, self.width, 1),
        ]

    def module(self, game: Game) -> nn.Module:
        """See `NetworkConfig.module`."""
        return PlainNetwork(self.width, self.depth, game.num_actions)


class PlainNetwork(nn.Module):
    """Linear layers with relu between them."""

    width: int
    depth: int
    num_actions: int

    @nn.compact
    def __call__(self, planes: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Planes [B, P, R, C] → policy logits [B, A], values [B]."""
        x = planes.reshape(planes.shape[0], -1).astype(jnp.float32)
        for _ in range(1 + self.depth):
            x = nn.relu(nn.Dense(self.width)(x))
        return nn.Dense(self.num_actions)(x), jnp.tanh(nn.Dense(1)(x))[:, 0]
