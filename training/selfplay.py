"""Continuous self-play: B lanes, each playing one game after another against itself.

Wherever a key is asked for, keys [K] may be given: each of the K equal parts of the lanes then
draws by its own key, as if it were alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float32, Int32, Key

from games.protocol import Game, State
from mcts import SearchConfig, SearchResult, search
from mcts.keys import draw_by_part, spawn
from mcts.simulation import Evaluate
from mcts.tree import select


class Schedule(NamedTuple):
    """How moves are chosen; run-time values, so that one compiled program serves all."""

    max_opening_plies: jax.Array  # [] or [B] int32, games open with 0 to this many random moves
    greedy_from: jax.Array  # [] or [B] int32, the ply from which the rule's own move is played


class Lanes(NamedTuple):
    """The games in progress. Never a finished one: every search starts on a live board."""

    states: State  # [B, ...]
    ply: jax.Array  # [B] int32, moves played in this game
    opening_plies: jax.Array  # [B] int32, random moves that open this game


class Move(NamedTuple):
    """One move of each lane as the learner wants it, in the mover's frame and view."""

    planes: jax.Array  # [B, num_planes, R, C] bool, the position before the move
    legal: jax.Array  # [B, A] bool
    policy: jax.Array  # [B, A] float32, the search's improved policy, no temperature
    value: jax.Array  # [B] float32, the root's value after the search
    network_value: jax.Array  # [B] float32, and before it
    reward: jax.Array  # [B] float32, the outcome if the move ended the game, else 0
    ended: jax.Array  # [B] bool, whether the move ended the game
    random: jax.Array  # [B] bool, whether it was an opening move, drawn at random


def start_lanes(game: Game, schedule: Schedule, lanes: int, key: Key[Array, "*K"]) -> Lanes:
    """Fresh games in every lane."""
    empty = game.init()
    states = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (lanes, *leaf.shape)), empty)
    return Lanes(
        states=states,
        ply=jnp.zeros(lanes, jnp.int32),
        opening_plies=_draw_opening_plies(schedule, lanes, key),
    )


def _draw_opening_plies(schedule: Schedule, lanes: int, key: jax.Array) -> jax.Array:
    uniform = draw_by_part(jax.random.uniform, key, (lanes,))
    return draw_below(schedule.max_opening_plies + 1, uniform)


def draw_below(
    count: Int32[Array, "*#shape"] | int, uniform: Float32[Array, "*shape"]
) -> Int32[Array, "*shape"]:
    """Integers drawn evenly from 0 to `count` - 1, given uniform variates below 1.

    `jax.random.randint` needs eight times the compiled code to spread counts up to 2³² evenly;
    with 24 bits of a float, counts below a million are even to within a tenth.
    """
    return (uniform * jnp.float32(count)).astype(jnp.int32)


def play_move(
    game: Game,
    evaluate: Evaluate,
    config: SearchConfig,
    schedule: Schedule,
    params: Any,
    lanes: Lanes,
    key: Key[Array, "*K"],
) -> tuple[Lanes, Move]:
    """Search and play one move in every lane; finished games make room for new ones."""
    search_key, action_key, opening_key = spawn(key, 3)
    states = lanes.states
    result = search(game, evaluate, config, params, states, search_key)
    legal = jax.vmap(game.legal)(states)
    random = lanes.ply < lanes.opening_plies
    greedy = lanes.ply >= schedule.greedy_from
    action = choose_action(result, legal, random, greedy, action_key)

    mover = jax.vmap(game.to_move)(states)
    after = jax.vmap(game.step)(states, action)
    winner = jax.vmap(game.winner)(after)
    ended = jax.vmap(game.terminal)(after)
    move = Move(
        planes=jax.vmap(game.observe)(states),
        legal=jax.vmap(game.to_mover_frame)(states, legal),
        policy=jax.vmap(game.to_mover_frame)(states, result.policy),
        value=result.value,
        network_value=result.network_value,
        reward=jnp.where(ended & (winner >= 0), jnp.where(winner == mover, 1.0, -1.0), 0.0),
        ended=ended,
        random=random,
    )

    return _go_on(game, schedule, lanes, after, ended, opening_key), move


def play_at_random(game: Game, schedule: Schedule, lanes: Lanes, key: Key[Array, "*K"]) -> Lanes:
    """Play one random legal move in every lane, of which nobody learns."""
    action_key, opening_key = spawn(key, 2)
    legal = jax.vmap(game.legal)(lanes.states)
    action = _sample(legal.astype(jnp.float32), action_key)
    after = jax.vmap(game.step)(lanes.states, action)
    return _go_on(game, schedule, lanes, after, jax.vmap(game.terminal)(after), opening_key)


def _go_on(
    game: Game, schedule: Schedule, lanes: Lanes, after: State, ended: jax.Array, key: jax.Array
) -> Lanes:
    """The lanes after a move: the next ply, or a fresh game where one has ended."""
    fresh = start_lanes(game, schedule, ended.shape[0], key)
    played = Lanes(after, lanes.ply + 1, lanes.opening_plies)
    return select(ended, fresh, played)


def choose_action(
    result: SearchResult,
    legal: Bool[Array, "B A"],
    random: Bool[Array, "B"],
    greedy: Bool[Array, "B"],
    key: Key[Array, "*K"],
) -> Int32[Array, "B"]:
    """Actions [B]: a random legal one where `random` [B], else the one the search rule plays where
    `greedy` [B], else one drawn by the search policy."""
    weights = jnp.where(random[:, None], legal.astype(jnp.float32), result.policy)
    return jnp.where(greedy & ~random, result.action, _sample(weights, key))


def _sample(weights: jax.Array, key: jax.Array) -> jax.Array:
    """An action [B] of each row, drawn in proportion to `weights` [B, A]."""
    gumbel = draw_by_part(jax.random.gumbel, key, weights.shape)
    return jnp.argmax(jnp.log(weights) + gumbel, axis=-1)
