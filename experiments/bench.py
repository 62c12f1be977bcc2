"""`hexlaw bench`: self-play speed of each search rule, side by side with mctx in the same run.

All play the same Hex (this project's: pgx has it at 11×11 only, and slower, which would flatter
us) with the same network; the peers are mctx's `gumbel_muzero_policy` and `muzero_policy` (PUCT).
Each is measured at the batch sizes asked for and quoted at its best one.
"""

from __future__ import annotations

import functools
import importlib
import time
from collections.abc import Callable
from typing import Annotated, Any, Literal

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
from mcts.settings import SearchConfig
from mcts.simulation import Evaluate, bytes_per_tree
from training.architecture import NetworkConfig
from training.config import SELFPLAY_SEARCH
from training.networks import Params, init_params, make_evaluate
from training.provenance import code_version, device_name
from training.selfplay import Lanes, Schedule, play_move, select_lanes, start_lanes

PEERS = {"mctx Gumbel": "gumbel_muzero_policy", "mctx PUCT": "muzero_policy"}
MOVES = 4  # of each lane in one timed call
Advance = Callable[[Params, Lanes, jax.Array], Lanes]


_SHAPE = pydantic.TypeAdapter(NetworkShape)


def _is_shape(text: str) -> str:
    _SHAPE.validate_python(text)
    return text


class BenchConfig(VerbConfig, frozen=True):
    """Measure self-play in moves a second, against mctx."""

    boards: tuple[int, ...] = (5, 9)
    """Board sides."""
    networks: tuple[Annotated[str, pydantic.AfterValidator(_is_shape)], ...] = ("16x2",)
    """Networks, WIDTHxDEPTH."""
    rules: tuple[Literal["puct", "gumbel", "regularised"], ...] = ("puct", "gumbel", "regularised")
    """Search rules."""
    nodes: int = pydantic.Field(default=64, ge=2, le=4096)
    """Network evaluations a move."""
    batches: tuple[int, ...] = (64, 128, 256)
    """Games side by side."""
    repeats: int = pydantic.Field(default=5, ge=1)
    """Timed calls of each; the fastest counts."""
    cpu_time: bool = False
    """Count the process's CPU seconds, for a machine that others use at the same time."""
    peer: bool = True
    """Measure mctx too (needs the extra: pip install 'hexlaw[bench]')."""


def bench(config: BenchConfig, console: Console) -> Outcome:
    """Print and return one row for each board, network and rule."""
    peers = list(PEERS) if config.peer else []
    console.print(
        f"self-play at {config.nodes} nodes a move on {device_name()}, commit {code_version()};\n"
        f"moves a {'CPU ' if config.cpu_time else ''}second, each at its best batch"
    )
    ratios = [f"× {name}" for name in peers]
    table = Table("board", "net", "rule", "moves/s", "of bound", *ratios, "compile", "a game")
    rows = []
    for size in config.boards:
        for shape in config.networks:
            network: NetworkConfig = _SHAPE.validate_python(shape)
            for row in _measure(games.make("hex", size), network, config):
                rows.append(row)
                table.add_row(
                    f"{size}×{size}",
                    shape.replace("x", "×"),
                    row["rule"],
                    f"{row['moves_per_second']:,.0f}",
                    f"{row['share_of_bound']:.0%}",
                    *[
                        f"{row['moves_per_second'] / rate:.1f}"
                        for rate in row["peer_moves_per_second"].values()
                    ],
                    f"{row['compile_seconds']:.1f} s",
                    f"{row['tree_bytes'] / 1024:.1f} KiB",
                )
    console.print(table)
    console.print(
        "of bound: of the speed of the network evaluations alone; ×: times the peer's speed, on "
        "this project's Hex; a game: memory of its tree"
    )
    return Outcome(
        {
            "device": device_name(),
            "commit": code_version(),
            "nodes": config.nodes,
            "peers": {name: PEERS[name] for name in peers},
            "rows": rows,
        }
    )


def _measure(game: Game, network: NetworkConfig, config: BenchConfig) -> list[dict[str, Any]]:
    """A row for each rule, all of them and the peers timed in turn."""
    evaluate = make_evaluate(game, network)
    params = init_params(game, network, jax.random.key(0))
    contestants: dict[str, Advance] = {
        rule: _our_move(game, evaluate, search_of(rule, config.nodes)) for rule in config.rules
    }
    peers = list(PEERS) if config.peer else []
    contestants |= {name: _peer_move(game, evaluate, config.nodes, name) for name in peers}
    rates: dict[str, list[float]] = {name: [] for name in [*contestants, "bound"]}
    compile_seconds = dict.fromkeys(contestants, 0.0)
    for batch in config.batches:
        lanes = _lanes_in_play(game, batch)
        calls: dict[str, Callable[[], Any]] = {}
        for name, move in contestants.items():
            began = time.perf_counter()
            calls[name] = functools.partial(_compile(move, params, lanes), params, lanes, _key())
            compile_seconds[name] = max(compile_seconds[name], time.perf_counter() - began)
        bound = _compile_bound(evaluate, config.nodes, params, lanes)
        calls["bound"] = functools.partial(bound, params, lanes)
        clock = time.process_time if config.cpu_time else time.perf_counter
        for name, seconds in _time_in_turn(calls, config.repeats, clock).items():
            rates[name].append(batch * MOVES / seconds)
    return [
        {
            "board": game.size,
            "width": network.width,
            "depth": network.depth,
            "network": network.name,
            "rule": rule,
            "moves_per_second": max(rates[rule]),
            "share_of_bound": max(rates[rule]) / max(rates["bound"]),
            "peer_moves_per_second": {name: max(rates[name]) for name in peers},
            "compile_seconds": compile_seconds[rule],
            "tree_bytes": bytes_per_tree(game, config.nodes),
        }
        for rule in config.rules
    ]


def search_of(rule: str, nodes: int) -> SearchConfig:
    """The self-play search of a rule: Dirichlet noise but for Gumbel, which has its own."""
    noise = 0.0 if rule == "gumbel" else SELFPLAY_SEARCH.noise_fraction
    return SearchConfig.model_validate({"nodes": nodes, "rule": rule, "noise_fraction": noise})


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


def _our_move(game: Game, evaluate: Evaluate, search: SearchConfig) -> Advance:
    def move(params: Params, lanes: Lanes, key: jax.Array) -> Lanes:
        return play_move(game, evaluate, search, _schedule(), params, lanes, key)[0]

    return move


def _peer_move(game: Game, evaluate: Evaluate, nodes: int, peer: str) -> Advance:
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


def _time_in_turn(
    calls: dict[str, Callable[[], Any]], repeats: int, clock: Callable[[], float]
) -> dict[str, float]:
    """Fewest seconds of each call, taken in turn so that all meet the same machine."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats + 1):
        for name, call in calls.items():
            began = clock()
            jax.block_until_ready(call())
            seconds[name].append(clock() - began)
    return {name: min(times[1:]) for name, times in seconds.items()}
