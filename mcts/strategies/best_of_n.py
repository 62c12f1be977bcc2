"""Best of N with the value network as verifier, one ply deep (Cobbe et al. 2021, arXiv 2110.14168).

N moves are proposed by the policy and the one after which the network likes its position best is
played. They are all different, for a move drawn twice would be verified twice: drawn without
replacement, by the largest of log π + Gumbel noise (Kool et al. 2019, arXiv 1903.06059), or simply
the N likeliest. A second network may be the verifier, as in the paper, where it is one of its own.
"""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Key

from games.protocol import Game, State
from mcts.keys import draw_by_part
from mcts.lookahead import answer_by_value, by_root_action, evaluate_grid, likeliest, step_each
from mcts.reductions import UNAVAILABLE
from mcts.roots import SearchResult
from mcts.simulation import Evaluate, evaluate_states
from mcts.strategies.strategy import (
    STRATEGIES,
    Calls,
    LookaheadStrategy,
    Network,
    TwoNetworkStrategy,
)


@STRATEGIES.add
class BestOfN(LookaheadStrategy, TwoNetworkStrategy, frozen=True):
    """Proposes by the policy, verifies by the value."""

    strategy: Literal["best-of-n"] = "best-of-n"

    nodes: int = pydantic.Field(default=16, ge=1, le=4096)
    """Network evaluations: the position's, and one for each of the N = nodes - 1 moves proposed, of
    which there are no more than legal ones."""

    propose: Literal["drawn", "likeliest"] = "drawn"
    """Whether the moves are drawn from the policy, or its likeliest."""

    @property
    def evaluations(self) -> int:
        """As many as asked for."""
        return self.nodes

    def calls(self, game: Game) -> Calls:
        """The policy proposes, the value verifies."""
        return Calls(*map(sum, zip(*self.calls_of_both(game), strict=True)))

    def calls_of_both(self, game: Game) -> tuple[Calls, Calls]:
        """See `TwoNetworkStrategy`."""
        del game
        return Calls(policy=1), Calls(value=self.nodes - 1)

    @property
    def dependent_calls(self) -> int:
        """All moves are verified in one batch."""
        return min(self.nodes, 2)

    @property
    def draws(self) -> bool:
        """If moves are drawn."""
        return self.propose == "drawn" and self.nodes > 1

    def decide(
        self,
        game: Game,
        evaluate: Evaluate,
        params: Any,
        states: State,
        key: Key[Array, "*K"],
        memory: Any = None,
        *,
        second: Network | None = None,
    ) -> tuple[SearchResult, Any]:
        """See `TwoNetworkStrategy`."""
        if second is None or self.evaluations == 1:
            return super().decide(game, evaluate, params, states, key, memory)
        return self._verified(game, Network(evaluate, params), states, key, second), memory

    def look_ahead(
        self, game: Game, evaluate: Evaluate, params: Any, states: State, key: Key[Array, "*K"]
    ) -> SearchResult:
        """Both by one network."""
        alone = Network(evaluate, params)
        return self._verified(game, alone, states, key, alone)

    def _verified(
        self, game: Game, own: Network, states: State, key: Key[Array, "*K"], verifier: Network
    ) -> SearchResult:
        """`visits` are the moves verified, q what the verifier says of them."""
        root = evaluate_states(game, *own, states)
        actions, exists = likeliest(self._scores(root.priors, key), self.nodes - 1)
        reached = step_each(game, states, actions)
        after = evaluate_grid(game, *verifier, reached)
        visits, q = by_root_action(root.priors, actions, exists, -after.value)
        return answer_by_value(root, visits, q, 1 + jnp.sum(exists, axis=-1, dtype=jnp.int32))

    def _scores(self, priors: jax.Array, key: Key[Array, "*K"]) -> jax.Array:
        """What proposals are ordered by [B, A]: 0 or more, UNAVAILABLE where illegal."""
        if not self.draws:
            return priors
        noise = draw_by_part(jax.random.gumbel, key, priors.shape)
        # Any growing function of log π + noise has the same order; this one has no sign. A legal
        # move of prior 0 comes after all others.
        score = jnp.exp(noise - jnp.max(noise, axis=-1, keepdims=True)) * priors
        return jnp.where(priors >= 0, score, UNAVAILABLE)
