"""The convolution on a game's own neighbourhood, whose parameters fit every size of its board."""

from __future__ import annotations

from typing import ClassVar, Literal

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool

from games.protocol import HEXAGONAL, Game, Offsets
from training.networks.neighbourhood import convolve, gather
from training.networks.network import NETWORKS, Layer
from training.networks.residual import ORTHOGONAL, Residual, ResidualNetwork


@NETWORKS.add
class Conv(Residual, frozen=True):
    """Every layer sees, from each cell, the cell and its neighbours: six, or eight on squares."""

    prefix: ClassVar[str] = "conv"
    examples: ClassVar[tuple[str, ...]] = ("conv32x4",)

    kind: Literal["conv"] = "conv"

    def layers(self, game: Game) -> list[Layer]:
        """See `NetworkConfig.layers`; the value sees each channel's mean and maximum."""
        cells = game.shape[0] * game.shape[1]
        seen = len(game.neighbourhood)
        planes = seen * planes_with_edges(game.num_planes, game.neighbourhood)
        found = []
        for (width, depth), heads in zip(self.trunks, self.heads_of_trunks, strict=True):
            found.append(Layer(cells, planes, width, sees_board=True, heads=heads))
            found += [Layer(cells, seen * width, width, heads=heads)] * depth
        policy_width, value_width = self.trunks[0][0], self.trunks[-1][0]
        per_cell, others = actions_of_cells(game)
        found.append(Layer(cells, policy_width, per_cell, heads=("policy",)))
        if others:
            found.append(Layer(1, 2 * policy_width, others, heads=("policy",)))
        return [*found, Layer(1, 2 * value_width, 1, heads=("value",))]

    def module(self, game: Game) -> ConvNetwork:
        """See `NetworkConfig.module`."""
        return ConvNetwork(self, game)


def actions_of_cells(game: Game) -> tuple[int, int]:
    """How many actions lie on each cell, and how many on none."""
    if game.plays_columns:
        return 1, 0
    return divmod(game.num_actions, game.shape[0] * game.shape[1])


class ConvNetwork(ResidualNetwork):
    """Trunks [B, cells, W]."""

    def see_board(self, planes: jax.Array) -> jax.Array:
        """See `see_edges`."""
        return see_edges(planes, self.game.neighbourhood)

    def layer(self, x: jax.Array, planes: jax.Array, name: str) -> jax.Array:
        """A convolution."""
        del planes
        convolution = Convolution(self.game.neighbourhood, self.config.matmul, name=name)
        return convolution(x, self.game.shape)

    def read_policy(self, x: jax.Array) -> jax.Array:
        """As many numbers as there are actions a cell, and those of no cell, such as Hex's swap,
        from the whole board. A column is played by landing on one of its cells: its probability is
        the sum of theirs."""
        per_cell, others = actions_of_cells(self.game)
        logits = self.linear(per_cell, "policy")(x)
        if self.game.plays_columns:
            return jax.nn.logsumexp(logits.reshape(-1, *self.game.shape), axis=1)
        logits = logits.reshape(x.shape[0], -1)
        if not others:
            return logits
        return jnp.concatenate([logits, self.linear(others, "other_actions")(_pooled(x))], axis=-1)

    def read_value(self, x: jax.Array) -> jax.Array:
        """See `_pooled`."""
        return _pooled(x)


def _pooled(x: jax.Array) -> jax.Array:
    """Mean and maximum of each channel, [B, cells, W] → [B, 2·W]: the board's size does not
    matter."""
    seen = nn.relu(x)
    return jnp.concatenate([seen.mean(axis=-2), seen.max(axis=-2)], axis=-1)


class Convolution(nn.Module):
    """As many channels as it is given, from each cell's neighbourhood; see `convolve`."""

    offsets: Offsets
    matmul: str

    @nn.compact
    def __call__(self, x: jax.Array, shape: tuple[int, int]) -> jax.Array:
        """[B, cells, W] on a grid of R rows and C columns → [B, cells, W]."""
        width = x.shape[-1]
        # In the layout of a linear layer on gathered neighbourhoods, as snapshots have held it.
        kernel = self.param("kernel", ORTHOGONAL, (len(self.offsets) * width, width))
        bias = self.param("bias", nn.initializers.zeros, (width,))
        cells: jax.Array = convolve(x.reshape(-1, *shape, width), kernel, self.offsets, self.matmul)
        return cells.reshape(x.shape) + bias[None, None]


def planes_with_edges(planes: int, offsets: Offsets) -> int:
    """How many planes `see_edges` makes of so many."""
    return planes + (planes == 2 and offsets != HEXAGONAL)


def see_edges(planes: Bool[Array, "B P R C"], offsets: Offsets) -> Bool[Array, "B cells NQ"]:
    """Planes [B, P, R, C] → [B, R·C, N·Q]: what lies on each cell's neighbourhood.

    A network that is to fit every board must see where the board ends. A third plane says it; to
    the two of a game of squares one is added. On the two of Hex, the mover, who joins top and
    bottom, has stones beyond those edges, the opponent beyond the other two.
    """
    if planes_with_edges(planes.shape[1], offsets) == 2:
        return gather(_with_stones_beyond(planes), offsets)
    if planes.shape[1] == 2:
        planes = jnp.concatenate([planes, jnp.ones_like(planes[:, :1])], axis=1)
    around = ((0, 0), (1, 1), (1, 1), (0, 0))
    return gather(jnp.pad(jnp.moveaxis(planes, 1, -1), around), offsets)


def _with_stones_beyond(planes: Bool[Array, "B 2 R C"]) -> Bool[Array, "B R2 C2 2"]:
    """A row and a column more on all sides, the mover's stones above and below."""
    mine = jnp.pad(planes[:, 0], ((0, 0), (1, 1), (0, 0)), constant_values=True)
    theirs = jnp.pad(planes[:, 1], ((0, 0), (0, 0), (1, 1)), constant_values=True)
    # The corners, beyond two edges, are nobody's.
    mine = jnp.pad(mine, ((0, 0), (0, 0), (1, 1)))
    theirs = jnp.pad(theirs, ((0, 0), (1, 1), (0, 0)))
    return jnp.stack([mine, theirs], axis=-1)
