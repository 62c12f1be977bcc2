"""Diverse beam search: sub-trees that do not compete, each with one line on the value.

Diverse verifier tree search (Beeching, Tunstall & Rush 2024, "Scaling test-time compute with open
models"): the budget is dealt out to sub-trees that begin apart, and in each the best continuation
is kept, so that one early favourite cannot crowd out all others. Everything else is `beam`.
"""

from __future__ import annotations

from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float32, Int32

from mcts.strategies.beam import Beam
from mcts.strategies.strategy import STRATEGIES


@STRATEGIES.add
class DiverseBeam(Beam, frozen=True):
    """Keeps the best line of each of `beams` sub-trees."""

    strategy: Literal["diverse-beam"] = "diverse-beam"  # pyright: ignore[reportIncompatibleVariableOverride]

    def _first_moves(self, priors: Float32[Array, "B A"]) -> tuple[jax.Array, jax.Array]:
        """Dealt out in turn, so that every sub-tree gets one of the likeliest."""
        return jax.tree.map(self._deal, super()._first_moves(priors))

    def _deal(self, in_order: jax.Array) -> jax.Array:
        rounds = in_order.reshape(-1, self.branching, self.beams)
        return rounds.swapaxes(1, 2).reshape(in_order.shape)

    def _keep(
        self, scores: Float32[Array, "B N"]
    ) -> tuple[Float32[Array, "B beams"], Int32[Array, "B beams"]]:
        apart = scores.reshape(-1, self.beams, self.branching)
        best = jnp.argmax(apart, axis=-1).astype(jnp.int32)
        return jnp.max(apart, axis=-1), best + self.branching * jnp.arange(self.beams)[None]
