"""Majority over samples of the policy: self-consistency (Wang et al. 2022, arXiv 2203.11171).

A language model samples many answers and gives the commonest. Here an answer is one move, and one
evaluation gives the policy that all samples are drawn from: more samples cost nothing, and tend to
the likeliest move. So this is what sampling alone can do, without a verifier.
"""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Key

from games.protocol import Game, State
from mcts.keys import draw_by_part
from mcts.lookahead import answer_by_value, by_root_action, draw_actions
from mcts.roots import SearchResult
from mcts.simulation import Evaluate, evaluate_states
from mcts.strategies.strategy import STRATEGIES, Strategy


@STRATEGIES.add
class Majority(Strategy, frozen=True):
    """The commonest of some moves drawn from the policy, on ties the likelier."""

    strategy: Literal["majority"] = "majority"

    samples: int = pydantic.Field(default=16, ge=1, le=4096)
    """Moves drawn."""

    @property
    def evaluations(self) -> int:
        """Of the position itself."""
        return 1

    @property
    def dependent_calls(self) -> int:
        """The same one."""
        return 1

    @property
    def draws(self) -> bool:
        """It samples."""
        return True

    def decide(
        self,
        game: Game,
        evaluate: Evaluate,
        params: Any,
        states: State,
        key: Key[Array, "*K"],
        memory: Any = None,
    ) -> tuple[SearchResult, Any]:
        """`policy` is the share of the samples; nothing is known of values after the moves."""
        root = evaluate_states(game, evaluate, params, states)
        batch = len(root.value)
        uniform = draw_by_part(jax.random.uniform, key, (batch, self.samples))
        votes = draw_actions(root.priors[:, None], uniform)
        unfinished = jnp.broadcast_to(~root.terminal[:, None], votes.shape)
        counts, q = by_root_action(root.priors, votes, unfinished, jnp.zeros(votes.shape))
        share = counts / self.samples
        found = answer_by_value(root, counts, q, jnp.ones(batch, jnp.int32), score=share)
        return found._replace(visits=jnp.zeros_like(counts), policy=share, value=root.value), memory
