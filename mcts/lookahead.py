"""What strategies share that look ahead without a tree of visits.

They try some moves of a position, ask the network about what follows, and answer with the move that
it likes best. Values are from the view of the side to move in the state they belong to.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float32, Int32

from games.protocol import Game, State
from mcts.reductions import UNAVAILABLE, draw_index
from mcts.roots import SearchResult
from mcts.simulation import Evaluate, Evaluation, evaluate_states


def policy_alone(root: Evaluation) -> SearchResult:
    """What one evaluation of B positions says: the likeliest legal move; a finished state gets a
    zero policy."""
    prior = jnp.maximum(root.priors, 0)
    return SearchResult(
        visits=jnp.zeros(prior.shape, jnp.int32),
        policy=prior,
        action=jnp.argmax(prior, axis=-1).astype(jnp.int32),
        q=jnp.zeros_like(prior),
        prior=prior,
        value=root.value,
        network_value=root.value,
        evaluations=jnp.ones(root.value.shape, jnp.int32),
    )


def step_each(game: Game, states: State, actions: Int32[Array, "B K"]) -> State:
    """The states [B, K, ...] after each of K actions in each of `states` [B, ...]."""
    return jax.vmap(jax.vmap(game.step, (None, 0)))(states, actions)


def evaluate_grid(game: Game, evaluate: Evaluate, params: Any, states: State) -> Evaluation:
    """`evaluate_states` of states [B, K, ...], in one batch."""
    rows, columns = jax.tree.leaves(states)[0].shape[:2]
    flat = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), states)
    found = evaluate_states(game, evaluate, params, flat)
    return jax.tree.map(lambda array: array.reshape(rows, columns, *array.shape[1:]), found)


def likeliest(
    priors: Float32[Array, "*rows A"], count: int
) -> tuple[Int32[Array, "*rows K"], Bool[Array, "*rows K"]]:
    """The `count` actions of largest prior, the lower one first on ties, and whether each exists:
    there may be fewer, and illegal ones have no prior."""
    tries = min(count, priors.shape[-1])
    prior, action = jax.lax.top_k(priors, tries)
    padding = [(0, 0)] * (priors.ndim - 1) + [(0, count - tries)]
    return jnp.pad(action, padding), jnp.pad(prior >= 0, padding)


def draw_actions(
    priors: Float32[Array, "B #K A"], uniform: Float32[Array, "B K"]
) -> Int32[Array, "B K"]:
    """Actions by their priors, each from a uniform number in [0, 1)."""
    weights = jnp.broadcast_to(jnp.maximum(priors, 0), (*uniform.shape, priors.shape[-1]))
    return jax.vmap(jax.vmap(draw_index))(weights, uniform)


def by_root_action(
    priors: Float32[Array, "B A"],
    actions: Int32[Array, "B K"],
    exists: Bool[Array, "B K"],
    value: Float32[Array, "B K"],
) -> tuple[Int32[Array, "B A"], Float32[Array, "B A"]]:
    """How often each action stands in `actions`, and the mean of its values there, 0 where it does
    not."""
    rows = jnp.arange(len(actions))[:, None]
    visits = jnp.zeros(priors.shape, jnp.int32).at[rows, actions].add(exists.astype(jnp.int32))
    total = jnp.zeros(priors.shape).at[rows, actions].add(jnp.where(exists, value, 0))
    return visits, total / jnp.maximum(visits, 1).astype(total.dtype)


def answer_by_value(
    root: Evaluation,
    visits: Int32[Array, "B A"],
    q: Float32[Array, "B A"],
    evaluations: Int32[Array, "B"],
    score: Float32[Array, "B A"] | None = None,
) -> SearchResult:
    """What was found, in the terms of a search; a finished state gets a zero policy.

    The move is the one of best `score` (q if none is given) among those tried, on ties the
    likelier, then the lower one; where none was tried, the likeliest.
    """
    score = q if score is None else score
    tried = visits > 0
    best = jnp.max(jnp.where(tried, score, -jnp.inf), axis=-1, keepdims=True)
    candidates = jnp.where(tried.any(-1, keepdims=True), tried & (score == best), True)
    action = jnp.argmax(jnp.where(candidates, root.priors, UNAVAILABLE), axis=-1).astype(jnp.int32)
    chosen = action[:, None] == jnp.arange(root.priors.shape[-1])[None]
    value = jnp.sum(jnp.where(chosen, q, 0), axis=-1)
    return SearchResult(
        visits=visits,
        policy=(chosen & (root.priors >= 0)).astype(jnp.float32),
        action=action,
        q=q,
        prior=jnp.maximum(root.priors, 0),
        value=jnp.where(tried.any(-1), value, root.value),
        network_value=root.value,
        evaluations=evaluations,
    )
