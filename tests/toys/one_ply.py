"""Look-ahead of one ply: the move after which the network likes its position best; a whole strategy
in one file. docs/extend/strategy.md shows it.
"""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp
import pydantic

from games.protocol import Game, State
from mcts import STRATEGIES, Evaluate, RawPolicy, SearchResult, Strategy
from mcts.simulation import evaluate_states


@STRATEGIES.add
class OnePly(Strategy, frozen=True):
    """Evaluates the position, and those after its likeliest moves."""

    strategy: Literal["one-ply"] = "one-ply"

    nodes: int = pydantic.Field(default=10, ge=2, le=4096)
    """Network evaluations: the position itself, and one for each move tried."""

    @property
    def evaluations(self) -> int:
        """As many as asked for."""
        return self.nodes

    @property
    def dependent_calls(self) -> int:
        """All moves are tried in one batch."""
        return 2

    def decide(
        self,
        game: Game,
        evaluate: Evaluate,
        params: Any,
        states: State,
        key: jax.Array,
        memory: None = None,
    ) -> tuple[SearchResult, None]:
        """The legal move of best value among those tried."""
        found, _ = RawPolicy().decide(game, evaluate, params, states, key)
        legal = jax.vmap(game.legal)(states)
        tries = min(self.nodes - 1, game.num_actions)
        _, actions = jax.lax.top_k(jnp.where(legal, found.prior, -1.0), tries)  # [B, K]
        after = jax.vmap(jax.vmap(game.step, (None, 0)))(states, actions)
        flat = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), after)
        value = -evaluate_states(game, evaluate, params, flat).value.reshape(actions.shape)
        rows = jnp.arange(len(actions))[:, None]
        tried = jnp.zeros(legal.shape, bool).at[rows, actions].set(True) & legal
        q = jnp.where(tried, jnp.zeros(legal.shape).at[rows, actions].set(value), 0)
        best = jnp.argmax(jnp.where(tried, q, -2), axis=-1).astype(jnp.int32)
        return found._replace(
            visits=tried.astype(jnp.int32),
            policy=jnp.where(legal, jax.nn.one_hot(best, game.num_actions), 0),
            action=best,
            q=q,
            value=jnp.max(jnp.where(tried, q, -1), axis=-1),
            evaluations=1 + jnp.sum(tried, axis=-1, dtype=jnp.int32),
        ), memory
