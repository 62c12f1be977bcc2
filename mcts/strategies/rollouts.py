"""Best of N by rollouts: the policy plays on from here N times, and the verifier judges the ends.

The rollouts of Tesauro & Galperin 1996 ("On-line policy improvement using Monte-Carlo search"),
truncated as there: after `depth` moves of both sides, drawn from the policy, the value network says
how the line stands, or the rules where the game is over. A first move is worth the mean of its
lines. With `depth` 1 it is the best of N draws with replacement.
"""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Key

from games.protocol import Game, State
from mcts.keys import draw_by_part
from mcts.lookahead import answer_by_value, by_root_action, draw_actions, evaluate_grid, step_each
from mcts.roots import SearchResult
from mcts.simulation import Evaluate, Evaluation, evaluate_states
from mcts.strategies.strategy import STRATEGIES, LookaheadStrategy


@STRATEGIES.add
class Rollouts(LookaheadStrategy, frozen=True):
    """Plays lines out by the policy, and the first move whose lines end best."""

    strategy: Literal["rollouts"] = "rollouts"

    nodes: int = pydantic.Field(default=65, ge=1, le=4096)
    """Network evaluations: the position's, and `depth` for each line; what is left over is not
    spent."""

    depth: int = pydantic.Field(default=4, ge=1, le=400)
    """Moves of a line; a shorter budget shortens its one line."""

    @property
    def lines(self) -> int:
        """How many are played."""
        return (self.nodes - 1) // max(self.plies, 1)

    @property
    def plies(self) -> int:
        """How long they are."""
        return min(self.depth, self.nodes - 1)

    @property
    def evaluations(self) -> int:
        """Of the position and of every state of the lines, finished ones included."""
        return 1 + self.lines * self.plies

    @property
    def dependent_calls(self) -> int:
        """All lines go on together."""
        return 1 + self.plies

    @property
    def draws(self) -> bool:
        """Its lines are drawn."""
        return self.nodes > 1

    def look_ahead(
        self, game: Game, evaluate: Evaluate, params: Any, states: State, key: Key[Array, "*K"]
    ) -> SearchResult:
        """`visits` counts lines by their first move, q is the mean of what their ends are worth."""
        root = evaluate_states(game, evaluate, params, states)
        batch = len(root.value)
        # Uniform numbers by line and ply.
        uniform = draw_by_part(jax.random.uniform, key, (batch, self.lines, self.plies))
        first = draw_actions(root.priors[:, None], uniform[:, :, 0])

        def play_on(ply: jax.Array, carry: tuple[State, Evaluation]) -> tuple[State, Evaluation]:
            reached, known = carry
            number = jax.lax.dynamic_index_in_dim(uniform, ply, axis=2, keepdims=False)
            actions = draw_actions(known.priors, number)
            # A finished state stays as it is and keeps its outcome.
            reached = jax.vmap(jax.vmap(game.step))(reached, actions)
            return reached, evaluate_grid(game, evaluate, params, reached)

        reached = step_each(game, states, first)
        start = reached, evaluate_grid(game, evaluate, params, reached)
        reached, end = jax.lax.fori_loop(1, self.plies, play_on, start)
        mover = jax.vmap(game.to_move)(states)
        mine = jax.vmap(jax.vmap(game.to_move))(reached) == mover[:, None]
        value = jnp.where(mine, end.value, -end.value)
        exists = jnp.broadcast_to(~root.terminal[:, None], first.shape)
        visits, q = by_root_action(root.priors, first, exists, value)
        made = jnp.full(batch, self.evaluations, jnp.int32)
        return answer_by_value(root, visits, q, made)
