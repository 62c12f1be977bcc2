"""The fully connected network: Jones's (boardlaw `networks.py`), one for each board size."""

from __future__ import annotations

from typing import ClassVar, Literal

import jax

from games.protocol import Game
from training.networks.network import NETWORKS, Layer
from training.networks.residual import ORTHOGONAL, Residual, ResidualNetwork


@NETWORKS.add
class Mlp(Residual, frozen=True):
    """Every layer sees the whole board."""

    prefix: ClassVar[str] = ""
    examples: ClassVar[tuple[str, ...]] = ("16x2", "16x2+64x1", "512x4-bf16")

    kind: Literal["mlp"] = "mlp"

    @property
    def roomier(self) -> Mlp:
        """All up to 32x2 fit into that: beside the tree, their products cost nothing."""
        # A second trunk or rounded products would make the common shape another computation.
        if self.value_width or self.matmul != "float32" or self.width > 32 or self.depth > 2:
            return self
        return Mlp(width=32, depth=2)

    def layers(self, game: Game) -> list[Layer]:
        """See `NetworkConfig.layers`."""
        # Every cell of every plane is an input of the first layer.
        board = game.num_planes * game.shape[0] * game.shape[1]
        found = []
        for (width, depth), heads in zip(self.trunks, self.heads_of_trunks, strict=True):
            found.append(Layer(1, board, width, sees_board=True, heads=heads))
            found += [Layer(1, width, width, heads=heads)] * depth
        policy_width, value_width = self.trunks[0][0], self.trunks[-1][0]
        return [
            *found,
            Layer(1, policy_width, game.num_actions, heads=("policy",)),
            Layer(1, value_width, 1, heads=("value",)),
        ]

    def module(self, game: Game) -> MlpNetwork:
        """See `NetworkConfig.module`."""
        return MlpNetwork(self, game)


class MlpNetwork(ResidualNetwork):
    """Trunks [B, W]."""

    def see_board(self, planes: jax.Array) -> jax.Array:
        """All of it, in one row."""
        return planes.reshape(planes.shape[0], -1)

    def layer(self, x: jax.Array, planes: jax.Array, name: str) -> jax.Array:
        """A linear layer."""
        del planes
        return self.linear(x.shape[-1], name, ORTHOGONAL)(x)

    def read_policy(self, x: jax.Array) -> jax.Array:
        """A linear layer."""
        return self.linear(self.game.num_actions, "policy")(x)

    def read_value(self, x: jax.Array) -> jax.Array:
        """All of it."""
        return x
