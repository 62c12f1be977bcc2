"""`hexlaw bench`: self-play speed, side by side with mctx in the same run.

Both play the same Hex (this project's: pgx has it at 11×11 only, and slower, which would flatter
us) with the same network; the peer searches with `mctx.gumbel_muzero_policy`, its faster rule.
Each is measured at the batch sizes asked for and quoted at its best one.
"""

from __future__ import annotations

import functools
import importlib
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pydantic
from rich.console import Console
from rich.table import Table

import games
from experiments.plan import NetworkShape
from experiments.verb import Outcome, VerbConfig
from games.errors import InputError
from games.protocol import Game
from mcts.simulation import Evaluate
from training.architecture import NetworkConfig
from training.config import SELFPLAY_SEARCH
from training.networks import Params, init_params, make_evaluate
from training.provenance import code_version, device_name
from training.selfplay import Lanes, Schedule, play_move, select_lanes, start_lanes

PEER = "mctx.gumbel_muzero_policy on this project's Hex (pgx has Hex at 11×11 only, and slower)"
MOVES = 4  # of each lane in one timed call
Advance = Callable[[Params, Lanes, jax.Array], Lanes]


class BenchConfig(VerbConfig, frozen=True):
    """Measure self-play in moves a second, against mctx."""

    boards: tuple[int, ...] = (5, 9)
    """Board sides."""
    networks: tuple[NetworkShape, ...] = (NetworkConfig(width=16, depth=2),)
    """Networks, WIDTHxDEPTH."""
    nodes: int = pydantic.Field(default=64, ge=2, le=4096)
    """Network evaluations a move."""
    batches: tuple[int, ...] = (64, 128, 256)
    """Games side by side."""
    repeats: int = pydantic.Field(default=5, ge=1)
    """Timed calls of each; the median counts."""
    peer: bool = True
    """Measure mctx too (needs the extra: pip install 'hexlaw[bench]')."""


def bench(config: BenchConfig, console: Console) -> Outcome:
    """Print and return one row for each board and network."""
    console.print(
        f"self-play at {config.nodes} nodes a move on {device_name()}, commit {code_version()};\n"
        "moves a second, each side at its best batch, network-only bound beside it"
    )
    if config.peer:
        console.print(f"the peer: {PEER}")
    table = Table("board", "network", "hexlaw", "of bound", "mctx Gumbel", "ratio", "compile")
    rows = []
    for size in config.boards:
        for network in config.networks:
            row = _measure(games.make("hex", size), network, config)
            rows.append(row)
            table.add_row(
                f"{size}×{size}",
                network.name,
                f"{row['moves_per_second']:,.0f}",
                f"{row['share_of_bound']:.0%}",
                f"{row['peer_moves_per_second']:,.0f}" if config.peer else "–",
                f"{row['ratio']:.1f}×" if config.peer else "–",
                f"{row['compile_seconds']:.1f} s",
            )
    console.print(table)
    return Outcome(
        {
            "device": device_name(),
            "commit": code_version(),
            "nodes": config.nodes,
            "peer": PEER if config.peer else None,
            "rows": rows,
        }
    )


def _measure(game: Game, network: NetworkConfig, config: BenchConfig) -> dict[str, Any]:
    evaluate = make_evaluate(game, network)
    params = init_params(game, network, jax.random.key(0))
    contestants: dict[str, Advance] = {"ours": _our_move(game, evaluate, config.nodes)}
    if config.peer:
        contestants["peer"] = _peer_move(game, evaluate, config.nodes)
    rates: dict[str, list[float]] = {"ours": [], "peer": [], "bound": []}
    compile_seconds = 0.0
    for batch in config.batches:
        lanes = _lanes_in_play(game, batch)
        runs: dict[str, Advance] = {}
        for name, move in contestants.items():
            began = time.perf_counter()
            runs[name] = _compile(move, params, lanes)
            if name == "ours":
                compile_seconds = max(compile_seconds, time.perf_counter() - began)
        calls: dict[str, Callable[[], Any]] = {
            name: functools.partial(run, params, lanes, _key()) for name, run in runs.items()
        }
        bound = _compile_bound(evaluate, config.nodes, params, lanes)
        calls["bound"] = functools.partial(bound, params, lanes)
        for name, seconds in _time_in_turn(calls, config.repeats).items():
            rates[name].append(batch * MOVES / seconds)
    ours, bound_rate = max(rates["ours"]), max(rates["bound"])
    row = {
        "board": game.size,
        "width": network.width,
        "depth": network.depth,
        "moves_per_second": ours,
        "share_of_bound": ours / bound_rate,
        "compile_seconds": compile_seconds,
    }
    if config.peer:
        row |= {"peer_moves_per_second": max(rates["peer"]), "ratio": ours / max(rates["peer"])}
    return row


@functools.cache
def _key() -> jax.Array:
    return jax.random.key(1)


@functools.cache
def _schedule() -> Schedule:
    """No random openings; every move drawn by visit count."""
    return Schedule(max_opening_plies=jnp.int32(0), greedy_from=jnp.int32(1_000))


def _lanes_in_play(game: Game, batch: int) -> Lanes:
    """Games at every stage, as in continuous self-play: each lane some random moves in."""
    lanes = start_lanes(game, _schedule(), batch, _key())
    states, rng = lanes.states, np.random.default_rng(0)
    plies = rng.integers(0, game.num_actions // 2, batch)
    step = jax.jit(jax.vmap(game.step))
    for ply in range(plies.max()):
        legal = np.asarray(jax.vmap(game.legal)(states))
        action = np.argmax(rng.random(legal.shape) * legal, axis=1)
        after = step(states, action)
        plays = jnp.asarray(ply < plies) & ~jax.vmap(game.terminal)(after)
        states = select_lanes(plays, after, states)
    return lanes._replace(states=states)


def _our_move(game: Game, evaluate: Evaluate, nodes: int) -> Advance:
    search = SELFPLAY_SEARCH.model_copy(update={"nodes": nodes})

    def move(params: Params, lanes: Lanes, key: jax.Array) -> Lanes:
        return play_move(game, evaluate, search, _schedule(), params, lanes, key)[0]

    return move


def _peer_move(game: Game, evaluate: Evaluate, nodes: int) -> Advance:
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
        output = mctx.RecurrentFnOutput(
            reward=jnp.where(terminal & ~over, 1.0, 0.0),  # who ends a game of Hex has won it
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
        action: jax.Array = mctx.gumbel_muzero_policy(
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
        return lanes._replace(states=select_lanes(ended, fresh, after))

    return move


def _compile(move: Advance, params: Params, lanes: Lanes) -> Advance:
    def advance(params: Params, lanes: Lanes, key: jax.Array) -> Lanes:
        def one(lanes: Lanes, key: jax.Array) -> tuple[Lanes, None]:
            return move(params, lanes, key), None

        return jax.lax.scan(one, lanes, jax.random.split(key, MOVES))[0]

    return jax.jit(advance).lower(params, lanes, _key()).compile()


def _compile_bound(evaluate: Evaluate, nodes: int, params: Params, lanes: Lanes) -> Callable:
    """The network evaluations of the same moves and nothing else."""

    def evaluations(params: Params, lanes: Lanes) -> jax.Array:
        def one(_: int, total: jax.Array) -> jax.Array:
            # `total` is never NaN, but XLA does not know and cannot move the work out of the loop.
            states = jax.tree.map(lambda leaf: jnp.where(jnp.isnan(total), 0, leaf), lanes.states)
            logits, value = evaluate(params, states)
            return total + logits.sum() + value.sum()

        return jax.lax.fori_loop(0, nodes * MOVES, one, jnp.float32(0))

    return jax.jit(evaluations).lower(params, lanes).compile()


def _time_in_turn(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Median seconds of each call, taken in turn so that all meet the same machine."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats + 1):
        for name, call in calls.items():
            began = time.perf_counter()
            jax.block_until_ready(call())
            seconds[name].append(time.perf_counter() - began)
    return {name: float(np.median(times[1:])) for name, times in seconds.items()}
