"""Beam search on the value: at every ply a few lines are kept, each gone on with a few moves.

As language models search against a verifier (Snell et al. 2024, arXiv 2408.03314, Section 5.2: N
continuations at every step, the best M kept, each continued N / M times), but for two sides: a move
is scored for the side that made it, and in the end the lines that were looked at are a tree, whose
values are backed up by minimax. A state whose continuations were looked at is worth the best of
them, any other what the network says.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Float32, Int32, Key

from games.protocol import Game, State
from mcts.lookahead import answer_by_value, by_root_action, evaluate_grid, likeliest, step_each
from mcts.roots import SearchResult
from mcts.simulation import Evaluate, Evaluation, evaluate_states
from mcts.strategies.strategy import STRATEGIES, LookaheadStrategy

NOT_KEPT = -jnp.inf


class Level(NamedTuple):
    """The N states looked at after so many moves, of B games."""

    value: jax.Array  # [B, N] the network's
    exists: jax.Array  # [B, N] bool
    parent: jax.Array  # [B, N] int32, place of the state before it in the level above


@STRATEGIES.add
class Beam(LookaheadStrategy, frozen=True):
    """Keeps the best lines of all."""

    strategy: Literal["beam"] = "beam"

    nodes: int = pydantic.Field(default=65, ge=1, le=4096)
    """Network evaluations: the position's, and `beams` times `branching` for each ply; what is left
    over is not spent. A budget too small for one ply tries fewer moves."""

    beams: int = pydantic.Field(default=4, ge=1, le=256)
    """Lines kept at every ply."""

    branching: int = pydantic.Field(default=4, ge=1, le=256)
    """Moves that each is gone on with, the likeliest; the position itself with `beams` times as
    many."""

    @property
    def plies(self) -> int:
        """How far it looks ahead."""
        return 0 if self.nodes == 1 else max(1, (self.nodes - 1) // (self.beams * self.branching))

    @property
    def evaluations(self) -> int:
        """Where there are enough moves."""
        return min(self.nodes, 1 + self.plies * self.beams * self.branching)

    @property
    def dependent_calls(self) -> int:
        """One a ply."""
        return 1 + self.plies

    def look_ahead(
        self, game: Game, evaluate: Evaluate, params: Any, states: State, key: Key[Array, "*K"]
    ) -> SearchResult:
        """`visits` are the moves looked at, q what minimax over the lines makes of them."""
        root = evaluate_states(game, evaluate, params, states)
        batch = len(root.value)
        actions, exists = self._first_moves(root.priors)

        def look(states: State) -> Evaluation:
            return evaluate_grid(game, evaluate, params, states)

        reached = step_each(game, states, actions)
        after = look(reached)
        first = Level(after.value, exists, jnp.zeros_like(actions))

        def go_on(carry: tuple[State, Evaluation, Level], _: None) -> tuple[Any, Level]:
            reached, after, level = carry
            scores = jnp.where(level.exists & ~after.terminal, -after.value, NOT_KEPT)
            kept, parent = self._keep(scores)
            own = jax.tree.map(lambda leaf: _along(leaf, parent), reached)
            tries, exists = likeliest(_along(after.priors, parent), self.branching)
            rows = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), own)
            reached = step_each(game, rows, tries.reshape(-1, self.branching))
            reached = jax.tree.map(lambda leaf: leaf.reshape(batch, -1, *leaf.shape[2:]), reached)
            after = look(reached)
            exists = (exists & (kept > NOT_KEPT)[..., None]).reshape(batch, -1)
            level = Level(after.value, exists, jnp.repeat(parent, self.branching, axis=1))
            return (reached, after, level), level

        _, deeper = jax.lax.scan(go_on, (reached, after, first), None, self.plies - 1)
        value = _minimax(first, deeper)
        visits, q = by_root_action(root.priors, actions, exists, -value)
        made = 1 + jnp.sum(exists, axis=-1, dtype=jnp.int32)
        made = made + jnp.sum(deeper.exists, axis=(0, 2), dtype=jnp.int32)
        return answer_by_value(root, visits, q, made)

    def _first_moves(self, priors: Float32[Array, "B A"]) -> tuple[jax.Array, jax.Array]:
        """The moves looked at first [B, N], and whether they exist."""
        actions, exists = likeliest(priors, self.beams * self.branching)
        return actions, exists & (jnp.arange(actions.shape[1])[None] < self.nodes - 1)

    def _keep(
        self, scores: Float32[Array, "B N"]
    ) -> tuple[Float32[Array, "B beams"], Int32[Array, "B beams"]]:
        """The scores of the lines that are kept, and their places."""
        best, place = jax.lax.top_k(scores, self.beams)
        return best, place


def _along(array: jax.Array, place: jax.Array) -> jax.Array:
    """`array[b, place[b, k]]`: [B, N, ...], [B, K] → [B, K, ...]."""
    return jax.vmap(lambda row, index: row[index])(array, place)


def _minimax(first: Level, deeper: Level) -> jax.Array:
    """What the states of the first level are worth to the side to move there [B, N].

    Args:
        first: that level.
        deeper: the levels after it, [D, B, N] each.
    """
    rows = jnp.arange(len(first.value))[:, None]

    def worth(level: Level, replies: jax.Array) -> jax.Array:
        return jnp.where(replies > -jnp.inf, replies, level.value)

    def lift(replies: jax.Array, level: Level) -> tuple[jax.Array, None]:
        """From the best replies to a level's states [B, N] to those of the level above."""
        gained = jnp.where(level.exists, -worth(level, replies), -jnp.inf)
        return jnp.full(replies.shape, -jnp.inf).at[rows, level.parent].max(gained), None

    none = jnp.full(first.value.shape, -jnp.inf)
    replies, _ = jax.lax.scan(lift, none, deeper, reverse=True)
    return worth(first, replies)
