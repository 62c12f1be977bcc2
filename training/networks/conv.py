"""The convolution on the hexagonal neighbourhood, whose parameters fit every board size."""

from __future__ import annotations

from typing import ClassVar, Literal

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Shaped

from games.protocol import Game
from training.networks.network import NETWORKS, Layer
from training.networks.residual import Residual, ResidualNetwork

NEIGHBOURHOOD = 7  # a hexagonal cell and the six around it


@NETWORKS.add
class Conv(Residual, frozen=True):
    """Every layer sees, from each cell, the cell and its six neighbours."""

    prefix: ClassVar[str] = "conv"
    examples: ClassVar[tuple[str, ...]] = ("conv32x4",)

    kind: Literal["conv"] = "conv"

    def layers(self, game: Game) -> list[Layer]:
        """See `NetworkConfig.layers`; the value sees each channel's mean and maximum."""
        cells = game.shape[0] * game.shape[1]
        found = []
        for width, depth in self.trunks:
            found.append(Layer(cells, game.num_planes * NEIGHBOURHOOD, width, sees_board=True))
            found += [Layer(cells, NEIGHBOURHOOD * width, width)] * depth
        policy_width, value_width = self.trunks[0][0], self.trunks[-1][0]
        return [*found, Layer(cells, policy_width, 1), Layer(1, 2 * value_width, 1)]

    def module(self, game: Game) -> ConvNetwork:
        """See `NetworkConfig.module`."""
        return ConvNetwork(self, game.num_actions)


class ConvNetwork(ResidualNetwork):
    """Trunks [B, A, W]."""

    def see_board(self, planes: jax.Array) -> jax.Array:
        """See `see_edges`."""
        return see_edges(planes)

    def see_layer(self, x: jax.Array, planes: jax.Array) -> jax.Array:
        """Each cell's neighbourhood, zeros beyond the board."""
        grid = x.reshape(-1, *planes.shape[2:], x.shape[-1])
        return neighbourhood(jnp.pad(grid, ((0, 0), (1, 1), (1, 1), (0, 0))))

    def read_policy(self, x: jax.Array) -> jax.Array:
        """A number for each cell."""
        return self.linear(1, "policy")(x)[..., 0]

    def read_value(self, x: jax.Array) -> jax.Array:
        """Mean and maximum of each channel, so that the board's size does not matter."""
        seen = nn.relu(x)
        return jnp.concatenate([seen.mean(axis=-2), seen.max(axis=-2)], axis=-1)


def see_edges(planes: Bool[Array, "B 2 S S"]) -> Bool[Array, "B A 14"]:
    """Planes [B, 2, S, S] → [B, A, 14]: the stones of each cell's neighbourhood.

    A network that is to fit every board must see where the board ends: the mover, who joins top
    and bottom, has stones beyond those edges, the opponent beyond the other two.
    """
    mine = jnp.pad(planes[:, 0], ((0, 0), (1, 1), (0, 0)), constant_values=True)
    theirs = jnp.pad(planes[:, 1], ((0, 0), (0, 0), (1, 1)), constant_values=True)
    mine = jnp.pad(mine, ((0, 0), (0, 0), (1, 1)))
    theirs = jnp.pad(theirs, ((0, 0), (1, 1), (0, 0)))
    return neighbourhood(jnp.stack([mine, theirs], axis=-1))


def neighbourhood(padded: Shaped[Array, "B R C W"]) -> Shaped[Array, "B A V"]:
    """A border and a board [B, S+2, S+2, C] → each cell and its six neighbours [B, A, 7C].

    Side by side and then one matrix product: seven ninths of a 3×3 convolution, whose other two
    cells do not touch, and a batched product, not a grouped convolution, where the members of a
    population share the pass.
    """
    size = padded.shape[1] - 2
    offsets = [(1, 1), (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]  # own cell first
    around = [padded[:, r : r + size, c : c + size] for r, c in offsets]
    return jnp.concatenate(around, axis=-1).reshape(padded.shape[0], size**2, -1)
