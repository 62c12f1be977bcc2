"""The network's own policy: one evaluation, no search."""

from typing import Any, Literal

import jax.numpy as jnp
from jaxtyping import Array, Key

from games.protocol import Game, State
from mcts.roots import SearchResult
from mcts.simulation import Evaluate, evaluate_states
from mcts.strategies.strategy import STRATEGIES, Strategy


@STRATEGIES.add
class RawPolicy(Strategy, frozen=True):
    """What a tree search of one node finds, without its trees."""

    strategy: Literal["raw"] = "raw"

    @property
    def evaluations(self) -> int:
        """Of the position itself."""
        return 1

    @property
    def dependent_calls(self) -> int:
        """The same one."""
        return 1

    def decide(
        self,
        game: Game,
        evaluate: Evaluate,
        params: Any,
        states: State,
        key: Key[Array, "*K"],
        memory: Any = None,
    ) -> tuple[SearchResult, Any]:
        """The likeliest legal move; a finished state gets a zero policy."""
        del key
        priors, value, _ = evaluate_states(game, evaluate, params, states)
        prior = jnp.maximum(priors, 0)
        found = SearchResult(
            visits=jnp.zeros(prior.shape, jnp.int32),
            policy=prior,
            action=jnp.argmax(prior, axis=-1).astype(jnp.int32),
            q=jnp.zeros_like(prior),
            prior=prior,
            value=value,
            network_value=value,
            evaluations=jnp.ones(value.shape, jnp.int32),
        )
        return found, memory
