"""Alpha-beta of fixed depth on the network (Knuth & Moore 1975, "An analysis of alpha-beta
pruning", procedure F2).

The policy orders the moves and, if `branching` says so, leaves out all but the likeliest; the value
judges the ends. The result is that of minimax over the same moves: pruning spares evaluations and
changes nothing. As one evaluation decides whether the next is needed, they all wait for each other.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Key

from games.protocol import Game, State
from mcts.lookahead import answer_by_value
from mcts.reductions import UNAVAILABLE
from mcts.roots import SearchResult
from mcts.simulation import Evaluate, Evaluation, evaluate_states
from mcts.strategies.strategy import STRATEGIES, Strategy
from mcts.tree import select


class Path(NamedTuple):
    """The states from the root to the one whose moves are tried now, of one game; D levels."""

    states: State  # [D, ...]
    untried: jax.Array  # [D, A] priors, UNAVAILABLE where illegal or already tried
    left: jax.Array  # [D] int32, moves that may still be tried
    action: jax.Array  # [D] int32, the one being tried
    alpha: jax.Array  # [D] what the side to move is sure of
    beta: jax.Array  # [D] what the other side will not allow
    level: jax.Array  # [] int32
    visits: jax.Array  # [A] int32, of the root's moves
    q: jax.Array  # [A]
    evaluations: jax.Array  # [] int32


@STRATEGIES.add
class AlphaBeta(Strategy, frozen=True):
    """Minimax of fixed depth, pruned."""

    strategy: Literal["alpha-beta"] = "alpha-beta"

    depth: int = pydantic.Field(default=2, ge=1, le=8)
    """Moves ahead."""

    branching: int = pydantic.Field(default=8, ge=1, le=400)
    """Moves tried in a position at most, the likeliest."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> AlphaBeta:
        if self.evaluations > 1_000_000:
            raise ValueError(f"depth and branching ask for up to {self.evaluations:,} evaluations")
        return self

    @property
    def evaluations(self) -> int:
        """Of minimax without pruning; `SearchResult.evaluations` says how many there were."""
        return sum(self.branching**ply for ply in range(self.depth + 1))

    @property
    def dependent_calls(self) -> int:
        """All of them."""
        return self.evaluations

    def decide(
        self,
        game: Game,
        evaluate: Evaluate,
        params: Any,
        states: State,
        key: Key[Array, "*K"],
        memory: Any = None,
    ) -> tuple[SearchResult, Any]:
        """`visits` are the moves tried. Where one is worse than the best before it, its q is only a
        bound from above, which is what the search proves of it."""
        del key
        root = evaluate_states(game, evaluate, params, states)
        start = jax.vmap(self._begin)(states, root.priors)

        def goes_on(path: Path) -> jax.Array:
            return ~jax.vmap(self._exhausted)(path)

        def one_more(path: Path) -> Path:
            active = goes_on(path)
            action, child = jax.vmap(lambda own: _try_next(game, own))(path)
            known = evaluate_states(game, evaluate, params, child)
            entered = jax.vmap(self._enter)(path, action, child, known)
            return select(active, jax.vmap(self._climb)(entered), path)

        path = jax.lax.while_loop(lambda path: jnp.any(goes_on(path)), one_more, start)
        return answer_by_value(root, path.visits, path.q, path.evaluations), memory

    def _begin(self, state: State, priors: jax.Array) -> Path:
        levels = self.depth

        def level(fill: float, dtype: Any) -> jax.Array:
            return jnp.full(levels, fill, dtype)

        num_actions = len(priors)
        return Path(
            states=jax.tree.map(lambda leaf: jnp.repeat(leaf[None], levels, axis=0), state),
            untried=jnp.repeat(priors[None], levels, axis=0),
            left=level(self.branching, jnp.int32),
            action=level(0, jnp.int32),
            alpha=level(-jnp.inf, jnp.float32),
            beta=level(jnp.inf, jnp.float32),
            level=jnp.int32(0),
            visits=jnp.zeros(num_actions, jnp.int32),
            q=jnp.zeros(num_actions),
            evaluations=jnp.int32(1),
        )

    def _exhausted(self, path: Path) -> jax.Array:
        """Whether nothing is left to try at the present level."""
        at = path.level
        none_left = (path.left[at] == 0) | (jnp.max(path.untried[at]) < 0)
        return none_left | (path.alpha[at] >= path.beta[at])

    def _enter(self, path: Path, action: jax.Array, child: State, known: Evaluation) -> Path:
        """Take the move tried off its level; go down to what follows it, or take its value."""
        at = path.level
        path = path._replace(
            untried=path.untried.at[at, action].set(UNAVAILABLE),
            left=path.left.at[at].add(-1),
            action=path.action.at[at].set(action),
            evaluations=path.evaluations + 1,
        )
        below = jnp.minimum(at + 1, self.depth - 1)
        down = path._replace(
            states=jax.tree.map(lambda all_, new: all_.at[below].set(new), path.states, child),
            untried=path.untried.at[below].set(known.priors),
            left=path.left.at[below].set(self.branching),
            alpha=path.alpha.at[below].set(-path.beta[at]),
            beta=path.beta.at[below].set(-path.alpha[at]),
            level=below,
        )
        is_end = known.terminal | (at + 1 == self.depth)
        ended = _gain(path, -known.value)
        return jax.tree.map(lambda end, on: jnp.where(is_end, end, on), ended, down)

    def _climb(self, path: Path) -> Path:
        """Back to the deepest level with something left to try."""
        for _ in range(self.depth - 1):
            value = path.alpha[path.level]
            up = _gain(path._replace(level=path.level - 1), -value)
            moves = self._exhausted(path) & (path.level > 0)
            path = jax.tree.map(lambda new, old: jnp.where(moves, new, old), up, path)  # noqa: B023
        return path


def _try_next(game: Game, path: Path) -> tuple[jax.Array, State]:
    """The likeliest move left at the present level, and the state after it."""
    state = jax.tree.map(lambda leaf: leaf[path.level], path.states)
    action = jnp.argmax(path.untried[path.level]).astype(jnp.int32)
    return action, game.step(state, action)


def _gain(path: Path, value: jax.Array) -> Path:
    """The move being tried at the present level is worth `value` to the side to move there."""
    at, action = path.level, path.action[path.level]
    at_root = at == 0
    return path._replace(
        alpha=path.alpha.at[at].max(value),
        visits=path.visits.at[action].add(at_root.astype(jnp.int32)),
        q=path.q.at[action].set(jnp.where(at_root, value, path.q[action])),
    )
