"""The network's own value: the move after which it likes its position best; the policy has no say.

What TD-Gammon played without search (Tesauro 1995, "Temporal difference learning and TD-Gammon"):
`raw` is the policy alone, this the value alone.
"""

from typing import Any, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from games.protocol import Game, State
from mcts.lookahead import answer_by_value, evaluate_grid, step_each
from mcts.reductions import UNAVAILABLE
from mcts.roots import SearchResult
from mcts.simulation import Evaluate, Evaluation
from mcts.strategies.strategy import STRATEGIES, Calls, Strategy

MOST_MOVES = 400
"""That any position has; a board's own number is in `calls`."""


@STRATEGIES.add
class RawValue(Strategy, frozen=True):
    """Looks one move ahead, at all of them."""

    strategy: Literal["value"] = "value"

    @property
    def evaluations(self) -> int:
        """One a legal move; `SearchResult.evaluations` says how many there were."""
        return MOST_MOVES

    def calls(self, game: Game) -> Calls:
        """The values of as many positions as there are moves."""
        return Calls(value=game.num_actions)

    @property
    def dependent_calls(self) -> int:
        """All in one batch."""
        return 1

    def spent(self, evaluations: int) -> str:
        """As many as there were moves."""
        return f"{evaluations:,} evaluation{'' if evaluations == 1 else 's'}"

    def decide(
        self,
        game: Game,
        evaluate: Evaluate,
        params: Any,
        states: State,
        key: Key[Array, "*K"],
        memory: Any = None,
    ) -> tuple[SearchResult, Any]:
        """`prior` is the same for every legal move, `network_value` that of the best one."""
        del key
        legal = jax.vmap(game.legal)(states)
        actions = jnp.broadcast_to(jnp.arange(game.num_actions, dtype=jnp.int32), legal.shape)
        after = evaluate_grid(game, evaluate, params, step_each(game, states, actions))
        count = jnp.sum(legal, axis=-1, keepdims=True)
        even = jnp.where(legal, 1 / jnp.maximum(count, 1), UNAVAILABLE)
        q = jnp.where(legal, -after.value, 0)
        best = jnp.max(jnp.where(legal, q, -1), axis=-1)
        root = Evaluation(even, best, jax.vmap(game.terminal)(states))
        made = count[:, 0].astype(jnp.int32)
        return answer_by_value(root, legal.astype(jnp.int32), q, made), memory
