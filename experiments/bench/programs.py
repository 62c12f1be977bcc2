"""The programs that `hexlaw bench` times: some moves of ours, the same with mctx, and the network
evaluations of either alone."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec

from games.errors import InputError
from games.protocol import Game
from mcts import SearchConfig
from mcts.simulation import Evaluate
from mcts.tree import select
from training.devices import LANES, lane_mesh, sharding
from training.networks import Params
from training.selfplay import Lanes, Schedule, play_move, start_lanes

PEERS = {"mctx Gumbel": "gumbel_muzero_policy", "mctx PUCT": "muzero_policy"}
MOVES = 4  # of each lane in one timed call
Advance = Callable[[Params, Lanes, jax.Array], Lanes]


@functools.cache
def _key() -> jax.Array:
    return jax.random.key(1)


@functools.cache
def _schedule() -> Schedule:
    """No random openings; every move drawn by visit count."""
    return Schedule(max_opening_plies=jnp.int32(0), greedy_from=jnp.int32(1_000))


def lanes_in_play(game: Game, batch: int) -> Lanes:
    """Games at every stage, as in continuous self-play: each lane some random moves in."""
    lanes = start_lanes(game, _schedule(), batch, _key())
    states, rng = lanes.states, np.random.default_rng(0)
    plies = rng.integers(0, game.max_plies // 2, batch)
    step = jax.jit(jax.vmap(game.step))
    for ply in range(plies.max()):
        legal = np.asarray(jax.vmap(game.legal)(states))
        action = np.argmax(rng.random(legal.shape) * legal, axis=1)
        after = step(states, action)
        plays = jnp.asarray(ply < plies) & ~jax.vmap(game.terminal)(after)
        states = select(plays, after, states)
    return lanes._replace(states=states)


def our_move(game: Game, evaluate: Evaluate, search: SearchConfig) -> Advance:
    """One move of every lane: search, play, start finished games again."""

    def move(params: Params, lanes: Lanes, key: jax.Array) -> Lanes:
        return play_move(game, evaluate, search, _schedule(), params, lanes, key)[0]

    return move


def peer_move(game: Game, evaluate: Evaluate, nodes: int, peer: str) -> Advance:
    """The same with mctx: search, play, start finished games again."""
    try:
        mctx: Any = importlib.import_module("mctx")
    except ImportError as error:
        raise InputError(
            "the peer mctx is not installed: pip install 'hexlaw[bench]', or use --no-peer"
        ) from error

    def masked(states: Any, logits: jax.Array) -> jax.Array:
        legal = jax.vmap(game.legal)(states)
        return jnp.where(legal, logits, jnp.finfo(logits.dtype).min)

    def recurrent(params: Params, _key: jax.Array, action: jax.Array, states: Any) -> Any:
        over = jax.vmap(game.terminal)(states)
        states = jax.vmap(game.step)(states, action)
        logits, value = evaluate(params, states)
        terminal = jax.vmap(game.terminal)(states)
        won = jax.vmap(game.winner)(states) >= 0
        output = mctx.RecurrentFnOutput(
            reward=jnp.where(won & ~over, 1.0, 0.0),  # nobody ends a game by losing it
            discount=jnp.where(terminal, 0.0, -1.0),
            prior_logits=masked(states, logits),
            value=jnp.where(terminal, 0.0, value),
        )
        return output, states

    def move(params: Params, lanes: Lanes, key: jax.Array) -> Lanes:
        logits, value = evaluate(params, lanes.states)
        root = mctx.RootFnOutput(
            prior_logits=masked(lanes.states, logits), value=value, embedding=lanes.states
        )
        # One simulation a node but the root's, so that both make the same network evaluations.
        action: jax.Array = getattr(mctx, PEERS[peer])(
            params,
            key,
            root,
            recurrent,
            num_simulations=nodes - 1,
            invalid_actions=~jax.vmap(game.legal)(lanes.states),
        ).action
        after = jax.vmap(game.step)(lanes.states, action)
        ended = jax.vmap(game.terminal)(after)
        fresh = start_lanes(game, _schedule(), ended.shape[0], key).states
        return lanes._replace(states=select(ended, fresh, after))

    return move


def advance(move: Advance) -> Advance:
    """Some moves of every lane."""

    def advance(params: Params, lanes: Lanes, key: jax.Array) -> Lanes:
        def one(lanes: Lanes, key: jax.Array) -> tuple[Lanes, None]:
            return move(params, lanes, key), None

        return jax.lax.scan(one, lanes, jax.random.split(key, MOVES))[0]

    return advance


def evaluations(evaluate: Evaluate, nodes: int) -> Callable[..., jax.Array]:
    """The network evaluations of the same moves and nothing else."""

    def evaluations(params: Params, lanes: Lanes, key: jax.Array) -> jax.Array:
        del key

        def one(_: int, carry: tuple[jax.Array, Any]) -> tuple[jax.Array, Any]:
            # States are carried over, as in a search: XLA would compute others anew at every use.
            total, states = carry
            logits, value = evaluate(params, states)
            total = total + logits.sum(axis=-1) + value
            # `total` is never NaN, but XLA does not know and cannot move the work out of the loop.
            impossible = jnp.isnan(total[0])
            return total, jax.tree.map(lambda leaf: jnp.where(impossible, 0, leaf), states)

        start = jnp.zeros(lanes.ply.shape[0]), lanes.states
        return jax.lax.fori_loop(0, nodes * MOVES, one, start)[0]

    return evaluations


def compile_on(program: Callable, devices: int, params: Params, lanes: Lanes) -> Any:
    """(params, lanes, key) → what `program` makes of them, every device with lanes of its own."""
    if devices > 1:
        on_one, by_lane = program, PartitionSpec(LANES)

        def on_each(params: Params, lanes: Lanes, key: jax.Array) -> Any:
            return on_one(params, lanes, jax.random.fold_in(key, jax.lax.axis_index(LANES)))

        program = jax.shard_map(
            on_each,
            mesh=lane_mesh(devices),
            in_specs=(PartitionSpec(), by_lane, PartitionSpec()),
            out_specs=by_lane,
            check_vma=False,
        )
    return jax.jit(program).lower(*place(devices, params, lanes)).compile()


def place(devices: int, params: Params, lanes: Lanes) -> tuple[Params, Lanes, jax.Array]:
    """The arguments where the program wants them."""
    if devices == 1:
        return params, lanes, _key()
    everywhere, by_lane = (
        sharding(devices, spec) for spec in (PartitionSpec(), PartitionSpec(LANES))
    )
    return (
        jax.device_put(params, everywhere),
        jax.device_put(lanes, by_lane),
        jax.device_put(_key(), everywhere),
    )
