"""The convolution on the hexagonal neighbourhood, whose parameters fit every board size."""

from __future__ import annotations

from typing import ClassVar, Literal

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool

from games.errors import InputError
from games.protocol import Game
from training.networks.neighbourhood import NEIGHBOURHOOD, convolve, gather
from training.networks.network import NETWORKS, Layer
from training.networks.residual import ORTHOGONAL, Residual, ResidualNetwork


@NETWORKS.add
class Conv(Residual, frozen=True):
    """Every layer sees, from each cell, the cell and its six neighbours."""

    prefix: ClassVar[str] = "conv"
    examples: ClassVar[tuple[str, ...]] = ("conv32x4",)

    kind: Literal["conv"] = "conv"

    def layers(self, game: Game) -> list[Layer]:
        """See `NetworkConfig.layers`; the value sees each channel's mean and maximum.

        Raises:
            InputError: if the cells of the game do not touch as hexagons do.
        """
        if not hasattr(game, "neighbours"):
            raise InputError(
                f"{self.name}: cells of {game.name} are no hexagons; take a fully connected network"
            )
        cells = game.shape[0] * game.shape[1]
        found = []
        planes = game.num_planes * NEIGHBOURHOOD
        for (width, depth), heads in zip(self.trunks, self.heads_of_trunks, strict=True):
            found.append(Layer(cells, planes, width, sees_board=True, heads=heads))
            found += [Layer(cells, NEIGHBOURHOOD * width, width, heads=heads)] * depth
        policy_width, value_width = self.trunks[0][0], self.trunks[-1][0]
        per_cell, others = divmod(game.num_actions, cells)
        found.append(Layer(cells, policy_width, per_cell, heads=("policy",)))
        if others:
            found.append(Layer(1, 2 * policy_width, others, heads=("policy",)))
        return [*found, Layer(1, 2 * value_width, 1, heads=("value",))]

    def module(self, game: Game) -> ConvNetwork:
        """See `NetworkConfig.module`."""
        return ConvNetwork(self, game.num_actions)


class ConvNetwork(ResidualNetwork):
    """Trunks [B, A, W]."""

    def see_board(self, planes: jax.Array) -> jax.Array:
        """See `see_edges`."""
        return see_edges(planes)

    def layer(self, x: jax.Array, planes: jax.Array, name: str) -> jax.Array:
        """A convolution."""
        return HexConvolution(self.config.matmul, name=name)(x, (planes.shape[2], planes.shape[3]))

    def read_policy(self, x: jax.Array) -> jax.Array:
        """As many numbers as there are actions a cell, and those of no cell, such as Hex's swap,
        from the whole board."""
        per_cell, others = divmod(self.num_actions, x.shape[-2])
        logits = self.linear(per_cell, "policy")(x).reshape(x.shape[0], -1)
        if not others:
            return logits
        return jnp.concatenate([logits, self.linear(others, "other_actions")(_pooled(x))], axis=-1)

    def read_value(self, x: jax.Array) -> jax.Array:
        """See `_pooled`."""
        return _pooled(x)


def _pooled(x: jax.Array) -> jax.Array:
    """Mean and maximum of each channel, [B, A, W] → [B, 2·W]: the board's size does not matter."""
    seen = nn.relu(x)
    return jnp.concatenate([seen.mean(axis=-2), seen.max(axis=-2)], axis=-1)


class HexConvolution(nn.Module):
    """As many channels as it is given, from each cell's neighbourhood; see `convolve`."""

    matmul: str

    @nn.compact
    def __call__(self, x: jax.Array, shape: tuple[int, int]) -> jax.Array:
        """[B, A, W] on a grid of R rows and C columns → [B, A, W]."""
        width = x.shape[-1]
        # In the layout of a linear layer on gathered neighbourhoods, as snapshots have held it.
        kernel = self.param("kernel", ORTHOGONAL, (NEIGHBOURHOOD * width, width))
        bias = self.param("bias", nn.initializers.zeros, (width,))
        cells: jax.Array = convolve(x.reshape(-1, *shape, width), kernel, self.matmul)
        return cells.reshape(x.shape) + bias[None, None]


def see_edges(planes: Bool[Array, "B P S S"]) -> Bool[Array, "B A 7*P"]:
    """Planes [B, P, S, S] → [B, A, 7·P]: what lies on each cell's neighbourhood.

    A network that is to fit every board must see where the board ends. A third plane says it; on
    two, as in Hex, the mover, who joins top and bottom, has stones beyond those edges, the opponent
    beyond the other two.
    """
    if planes.shape[1] > 2:
        return gather(jnp.pad(jnp.moveaxis(planes, 1, -1), ((0, 0), (1, 1), (1, 1), (0, 0))))
    mine = jnp.pad(planes[:, 0], ((0, 0), (1, 1), (0, 0)), constant_values=True)
    theirs = jnp.pad(planes[:, 1], ((0, 0), (0, 0), (1, 1)), constant_values=True)
    # The corners, beyond two edges, are nobody's.
    mine = jnp.pad(mine, ((0, 0), (0, 0), (1, 1)))
    theirs = jnp.pad(theirs, ((0, 0), (1, 1), (0, 0)))
    return gather(jnp.stack([mine, theirs], axis=-1))
