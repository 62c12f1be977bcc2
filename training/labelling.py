"""Making a label set: positions are visited, a teacher looks at them, shard by shard.

Shards do not hang on each other: each plays fresh games with keys of its own. A set that was
stopped or killed so goes on with the shards that are missing, and ends with the same bytes.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import sqlalchemy as sa

from games.errors import InputError
from games.exact.protocol import ExactPlay
from games.exact.registry import exact_play
from games.protocol import Game, State
from games.text.numbers import side_by_side
from mcts import SearchConfig, search
from training.config import TrainConfig
from training.devices import compiler_options
from training.files import load_snapshot, write_atomically
from training.labels import (
    EXACT,
    RANDOM,
    LabelConfig,
    Labels,
    LabelSet,
    Shard,
    folder_of,
    load_labels,
    read_label_set,
    read_shard,
    shard_bytes,
    training_flops,
)
from training.ledger import forward_flops
from training.networks import NetworkConfig, Params, make_evaluate
from training.selfplay import Schedule, play_at_random, play_move, start_lanes
from training.store import Snapshot, Store

LANES, MOVES = 128, 64
SHARD = LANES * MOVES
"""Positions of a file."""


class Seer(NamedTuple):
    """A network and how it is asked."""

    params: Params
    network: NetworkConfig
    search: SearchConfig


def make_labels(
    store: Store,
    config: LabelConfig,
    *,
    report: Callable[[float], None] = lambda share: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> LabelSet | None:
    """Make a set, going on where an earlier call stopped; one that is there is only read.

    Args:
        store: the lab of teacher and visitor, where the set goes.
        config: the set.
        report: called after every shard with the share that is done.
        should_stop: asked after every shard.

    Returns:
        The set; none if it was asked to stop before.

    Raises:
        InputError: if teacher, visitor or set of positions is not there or does not fit, perfect
            play is not known, or something cannot be written.
    """
    folder = folder_of(store, config.name)
    if (folder / "set.json").exists():
        return read_label_set(store, config.name)
    maker = _Maker.of(store, config)
    shards = []
    count = -(-config.count // SHARD)
    for number in range(count):
        if should_stop():
            return None
        wanted = min(SHARD, config.count - number * SHARD)
        shards.append(_shard(maker, folder, number, wanted))
        report((number + 1) / count)
    made = LabelSet(
        config=config, shards=tuple(shards), flops_each=maker.flops_each,
        visit_flops_each=maker.visit_flops_each, teachers=maker.teachers,
    )  # fmt: skip
    write_atomically(folder / "set.json", made.model_dump_json(indent=1).encode())
    return made


def _shard(maker: _Maker, folder: Any, number: int, count: int) -> Shard:
    path = folder / f"{number:04d}.safetensors"
    if path.exists():
        payload = path.read_bytes()  # written whole or not at all
        read_shard(maker.config.rules, payload, path)
    else:
        labels = maker.labels(number)
        labels = jax.tree.map(lambda leaf: np.asarray(leaf)[:count], labels)
        payload = shard_bytes(labels, maker.config)
        write_atomically(path, payload)
    return Shard(file=path.name, sha256=hashlib.sha256(payload).hexdigest(), count=count)


@dataclasses.dataclass(frozen=True)
class _Maker:
    """All that labels are made with."""

    config: LabelConfig
    teacher: Seer | ExactPlay
    visitor: Seer | None
    positions: State | None
    flops_each: float
    visit_flops_each: float
    teachers: dict[str, float]

    @classmethod
    def of(cls, store: Store, config: LabelConfig) -> _Maker:
        rules, teachers = config.rules, {}
        teacher: Seer | ExactPlay
        visitor, positions, visit, label = None, None, 0.0, 0.0
        if config.teacher == EXACT:
            teacher = exact_play(rules)
        else:
            teacher = _seer(store, config.teacher, rules, config.search)
            label = config.search.evaluations * float(forward_flops(rules, teacher.network))
            teachers[config.teacher] = training_flops(store, config.teacher)
        if "#" in config.visits:
            visitor = _seer(store, config.visits, rules, SearchConfig(nodes=1))
            visit = float(forward_flops(rules, visitor.network))
            teachers[config.visits] = training_flops(store, config.visits)
        elif config.visits not in ("", RANDOM):
            source = read_label_set(store, config.visits)
            board = (source.config.game, source.config.boardsize)
            if board != (config.game, config.boardsize):
                raise InputError(
                    f"visits: the set {config.visits} is of {board[0]} on {side_by_side(board[1])}"
                )
            positions = load_labels(store, config.visits, config.count).states
            # Where the teacher itself had played, its searches were the visits.
            visit = source.visit_flops_each if source.config.visits else source.flops_each
            teachers |= {name: source.teachers[name] for name in _visitors(store, source.config)}
        return cls(config, teacher, visitor, positions, label + visit, visit, teachers)

    def labels(self, number: int) -> Labels:
        """Of one shard."""
        config, rules = self.config, self.config.rules
        key = jax.random.fold_in(jax.random.key(config.seed), number)
        if not config.visits:
            assert isinstance(self.teacher, Seer)
            play = _player(rules, self.teacher.network, self.teacher.search)
            return Labels(*jax.device_get(play(self.teacher.params, key)))
        states = self._visited(number, key)
        if isinstance(self.teacher, ExactPlay):
            return _exact_labels(rules, self.teacher, states)
        look = _looker(rules, self.teacher.network, self.teacher.search)
        count = len(jax.tree.leaves(states)[0])
        parts = []
        for start in range(0, count, LANES):
            rows = np.minimum(np.arange(start, start + LANES), count - 1)
            part = jax.tree.map(lambda leaf, rows=rows: leaf[rows], states)
            own = jax.random.fold_in(key, start)
            parts.append(jax.device_get(look(self.teacher.params, part, own)))
        policy, value = (np.concatenate(column)[:count] for column in zip(*parts, strict=True))
        return Labels(states, policy, value)

    def _visited(self, number: int, key: jax.Array) -> State:
        """Host arrays."""
        if self.positions is not None:
            rows = slice(number * SHARD, (number + 1) * SHARD)
            return jax.tree.map(lambda leaf: leaf[rows], self.positions)
        if self.visitor is None:
            return jax.device_get(_wanderer(self.config.rules)(key))
        play = _player(self.config.rules, self.visitor.network, self.visitor.search)
        return jax.device_get(play(self.visitor.params, key)[0])


def _visitors(store: Store, config: LabelConfig) -> list[str]:
    """Snapshots whose play visited the positions of a set; who labelled them is not asked."""
    if not config.visits:
        return [config.teacher]
    if config.visits == RANDOM:
        return []
    if "#" in config.visits:
        return [config.visits]
    return _visitors(store, read_label_set(store, config.visits).config)


def _seer(store: Store, name: str, rules: Game, config: SearchConfig) -> Seer:
    """A snapshot of the lab.

    Raises:
        InputError: if it is not there, or is of another board.
    """
    run, _, index = name.partition("#")
    query = sa.select(Snapshot.file, Snapshot.sha256).where(
        Snapshot.run_id == run, Snapshot.index == int(index)
    )
    training_flops(store, name)  # refuses one that is not there
    with store.session() as session:
        file, sha256 = session.execute(query).one()
    params, made = load_snapshot(store.folder / file, sha256)
    if made.rules != rules:
        raise InputError(
            f"{name} plays {made.game} on {side_by_side(made.boardsize)}, not {rules.name} on "
            f"{side_by_side(rules.size)}"
        )
    return Seer(params, made.network, config)


def _schedule(rules: Game) -> Schedule:
    """Random openings and a greedy tail, as in self-play."""
    config = TrainConfig(game=rules.name, boardsize=rules.size)
    return Schedule(jnp.int32(config.max_opening_plies), jnp.int32(config.greedy_from))


Playing = Callable[[Params, jax.Array], tuple[State, jax.Array, jax.Array]]


@functools.lru_cache(maxsize=32)
def _player(rules: Game, network: NetworkConfig, config: SearchConfig) -> Playing:
    """(params, key) → `MOVES` moves of fresh games in every lane: states, policies in the mover's
    frame, values; [SHARD, ...]."""
    evaluate, schedule = make_evaluate(rules, network), _schedule(rules)

    @functools.partial(jax.jit, compiler_options=compiler_options())
    def play(params: Params, key: jax.Array) -> tuple[State, jax.Array, jax.Array]:
        begin, *keys = jax.random.split(key, MOVES + 1)
        lanes = start_lanes(rules, schedule, LANES, begin)

        def one(lanes: Any, own: jax.Array) -> tuple[Any, Any]:
            after, move = play_move(rules, evaluate, config, schedule, params, lanes, own)
            return after, (lanes.states, move.policy, move.value)

        return _joined(jax.lax.scan(one, lanes, jnp.stack(keys))[1])

    return play


@functools.lru_cache(maxsize=8)
def _wanderer(rules: Game) -> Callable[[jax.Array], State]:
    """(key) → states of games of random moves; [SHARD, ...]."""
    schedule = _schedule(rules)

    @functools.partial(jax.jit, compiler_options=compiler_options())
    def wander(key: jax.Array) -> State:
        begin, *keys = jax.random.split(key, MOVES + 1)
        lanes = start_lanes(rules, schedule, LANES, begin)

        def one(lanes: Any, own: jax.Array) -> tuple[Any, State]:
            return play_at_random(rules, schedule, lanes, own), lanes.states

        return _joined(jax.lax.scan(one, lanes, jnp.stack(keys))[1])

    return wander


def _joined(tree: Any) -> Any:
    """[T, B, ...] → [T · B, ...]."""
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), tree)


@functools.lru_cache(maxsize=32)
def _looker(
    rules: Game, network: NetworkConfig, config: SearchConfig
) -> Callable[[Params, State, jax.Array], tuple[jax.Array, jax.Array]]:
    """(params, states [LANES], key) → policies in the mover's frame and values of a search."""
    evaluate = make_evaluate(rules, network)

    @functools.partial(jax.jit, compiler_options=compiler_options())
    def look(params: Params, states: State, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        found = search(rules, evaluate, config, params, states, key)
        return jax.vmap(rules.to_mover_frame)(states, found.policy), found.value

    return look


def _exact_labels(rules: Game, exact: ExactPlay, states: State) -> Labels:
    """What perfect play says: even over the moves that keep the win or the draw, over all legal
    ones where the position is lost.

    Raises:
        InputError: if perfect play does not know a position.
    """
    verdicts = exact.judge(states)
    if not verdicts.known.all():
        raise InputError(f"{rules.name}: perfect play does not know every position; use a snapshot")
    legal = np.asarray(jax.jit(jax.vmap(rules.legal))(states))
    good = np.where(verdicts.keeping.any(1, keepdims=True), verdicts.keeping, legal)
    policy = (good / good.sum(1, keepdims=True)).astype(np.float32)
    turned = jax.jit(jax.vmap(rules.to_mover_frame))(states, jnp.asarray(policy))
    return Labels(states, np.asarray(turned), verdicts.value.astype(np.float32))
