"""Rules and search of every game, and of Connect Four beside mctx with pgx's own environment.

    pip install 'hexlaw[bench]' pgx
    python benchmarks/every_game.py             # CPU seconds, in some minutes

Everything of a table is measured in turn and its fastest call counts, so that all meet the same
machine; seconds are those of the process on all its cores together, so that others may use it too.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import games
from experiments.bench.bench import search_of
from experiments.bench.programs import MOVES, PEERS, advance, lanes_in_play, our_move, peer_move
from games.connect_four import ConnectFour
from games.protocol import Game
from mcts.tree import select
from training.networks import NetworkConfig, init_params, make_evaluate
from training.provenance import code_version, device_name

RULES_OF = {
    "hex": 9,
    "hex_swap": 9,
    "y": 9,
    "havannah": 6,
    "connect_four": 67,
    "breakthrough": 88,
}
BATCH, STEPS = 2048, 64  # of games side by side and of steps of each in a timed call
SEARCHED = ConnectFour(67)
NODES = 64


def fastest(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Fewest CPU seconds of each call, all taken in turn after one turn to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats + 1):
        for name, call in calls.items():
            began = time.process_time()
            jax.block_until_ready(call())
            seconds[name].append(time.process_time() - began)
    return {name: min(times[1:]) for name, times in seconds.items()}


@functools.partial(jax.jit, static_argnums=0)
def steps_at_random(game: Game, key: jax.Array) -> Any:
    """Games of random legal moves, each begun again as soon as it is over."""
    first = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (BATCH, *leaf.shape)), game.init())

    def one(states: Any, key: jax.Array) -> tuple[Any, jax.Array]:
        legal = jax.vmap(game.legal)(states)
        # One draw a game and a product an action: a draw for each would cost more than the rules.
        draw = jax.random.bits(key, (BATCH, 1), jnp.uint32)
        noise = (draw * (2 * jnp.arange(game.num_actions, dtype=jnp.uint32)[None] + 1)) >> 8
        after = jax.vmap(game.step)(states, jnp.argmax(jnp.where(legal, noise | 1, 0), axis=-1))
        ended = jax.vmap(game.terminal)(after)
        return select(ended, first, after), ended.sum()

    return jax.lax.scan(one, first, jax.random.split(key, STEPS))[1].sum()


def report_rules(repeats: int) -> None:
    """Steps a second of each game's rules."""
    boards = {name: games.make(name, size) for name, size in RULES_OF.items()}
    if pgx := pgx_connect_four():
        boards["pgx's connect_four"] = pgx
    calls = {
        name: functools.partial(steps_at_random, game, jax.random.key(0))
        for name, game in boards.items()
    }
    for name, seconds in fastest(calls, repeats).items():
        print(f"{name} {boards[name].size}: {BATCH * STEPS / seconds / 1e6:.2f} million steps/s")


def report_search(repeats: int, batches: list[int]) -> None:
    """Searched moves of Connect Four, ours and mctx's on pgx's environment."""
    network = NetworkConfig.parse("16x2")
    pgx = pgx_connect_four()
    rates: dict[str, float] = {}
    for batch in batches:
        calls = {}
        for name in ("puct", "gumbel", *PEERS):
            game = SEARCHED if name not in PEERS or pgx is None else pgx
            evaluate = make_evaluate(game, network)
            move = (
                peer_move(game, evaluate, NODES, name)
                if name in PEERS
                else our_move(game, evaluate, search_of(name, NODES))
            )
            params = init_params(SEARCHED, network, jax.random.key(0))
            arguments = params, lanes_in_play(game, batch), jax.random.key(1)
            calls[name] = functools.partial(jax.jit(advance(move)), *arguments)
        for name, seconds in fastest(calls, repeats).items():
            rates[name] = max(rates.get(name, 0), batch * MOVES / seconds)
    for name in ("puct", "gumbel"):
        ratios = [f"{rates[name] / rates[peer]:.1f} × {peer}" for peer in PEERS]
        print(
            f"connect_four {SEARCHED.size}, {name}: {rates[name]:,.0f} moves/s", *ratios, sep=", "
        )


def pgx_connect_four() -> ConnectFour | None:
    """pgx's environment behind our protocol, its states as they are; none without pgx."""
    try:
        pgx: Any = importlib.import_module("pgx")
    except ImportError:
        print("pgx is not installed: it is left out, and mctx plays our own Connect Four")
        return None
    env: Any = pgx.make("connect_four")

    class PgxConnectFour(ConnectFour):
        """What `peer_move` asks of a game."""

        def init(self) -> Any:
            return env.init(jax.random.key(0))

        def step(self, state: Any, action: jax.Array) -> Any:
            return env.step(state, action)

        def legal(self, state: Any) -> jax.Array:
            return state.legal_action_mask & ~state.terminated

        def terminal(self, state: Any) -> jax.Array:
            return state.terminated

        def winner(self, state: Any) -> jax.Array:
            return state._x.winner

        def to_move(self, state: Any) -> jax.Array:
            return state._x.color

        def observe(self, state: Any) -> jax.Array:
            return jnp.moveaxis(state.observation, -1, 0)

    return PgxConnectFour(67)


def check_pgx(count: int = 64) -> None:
    """Both environments see the same in the same games: the same game is compared."""
    ours, theirs = SEARCHED, pgx_connect_four()
    if theirs is None:
        return
    for one, other in zip(_seen(ours, ours, count), _seen(theirs, ours, count), strict=True):
        np.testing.assert_array_equal(one, other)


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def _seen(game: Game, ours: Game, count: int) -> tuple[jax.Array, ...]:
    """What `game` says of random games of ours: legal moves, ends, winners, what the mover sees."""

    def begin(game: Game) -> Any:
        return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (count, *leaf.shape)), game.init())

    def one(states: tuple[Any, Any], key: jax.Array) -> tuple[Any, tuple[jax.Array, ...]]:
        legal = jax.vmap(ours.legal)(states[0])
        actions = jax.random.categorical(key, jnp.where(legal, 0.0, -1e9))
        over = jax.vmap(game.terminal)(states[1])
        mine = jnp.where(over[:, None, None, None], 0, jax.vmap(game.observe)(states[1]))
        seen = jax.vmap(game.legal)(states[1]), over, jax.vmap(game.winner)(states[1]), mine
        after = (
            jax.vmap(ours.step)(states[0], actions),
            select(over, states[1], jax.vmap(game.step)(states[1], actions)),
        )
        return after, seen

    keys = jax.random.split(jax.random.key(0), ours.max_plies + 1)
    return jax.lax.scan(one, (begin(ours), begin(game)), keys)[1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--batches", type=int, nargs="+", default=[128, 256])
    parser.add_argument("--rules-only", action="store_true")
    options = parser.parse_args()
    print(f"{device_name()}, commit {code_version()}, jax {jax.__version__}")
    check_pgx()
    report_rules(options.repeats)
    if not options.rules_only:
        report_search(options.repeats, options.batches)
