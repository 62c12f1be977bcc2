"""Label sets: positions with a teacher's policy and value, made once, so that many students can
learn from them; and what they have cost.

A set is a folder `labels/NAME` of the lab: shards of positions as safetensors, and `set.json`,
which says what they are, their SHA-256 and their costs, and is written when the last one is there.
To the learner a label is a game of one move that ends with the teacher's value, so that window,
batches and loss are those of self-play.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import jax
import jax.numpy as jnp
import numpy as np
import pydantic
import safetensors
import safetensors.numpy
import sqlalchemy as sa

import games
from games.batches import ask
from games.config import FrozenModel
from games.errors import InputError
from games.protocol import Game, State
from games.text.numbers import side_by_side
from mcts import SearchConfig
from training.config import SNAPSHOT_NAME, TrainConfig
from training.files import write_atomically
from training.program import Shape, TrainState
from training.selfplay import Move
from training.store import Run, Snapshot, Store

EXACT = "exact"
"""The teacher that never errs, where perfect play is known."""
RANDOM = "random"
"""Visits positions by random moves."""


class LabelConfig(FrozenModel, frozen=True):
    """Which positions a teacher labels, and how."""

    game: str = "hex"
    boardsize: int
    teacher: str = pydantic.Field(pattern=f"^({EXACT}|{SNAPSHOT_NAME})$")
    """Snapshot of the lab, RUN#INDEX, or `exact`: perfect play, all winning moves alike."""
    search: SearchConfig = SearchConfig(nodes=64)
    """Of a snapshot, without noise. Its policy and value are the labels; of one node, the network's
    own."""
    visits: str = ""
    """Whose play visits the positions: the teacher's own search if empty; RUN#INDEX, its raw
    policy; `random`; or the name of a label set, whose positions get labels anew."""
    count: int = pydantic.Field(default=10_000, ge=1)
    """Positions, repeats among them."""
    seed: int = pydantic.Field(default=0, ge=0, lt=2**31)

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        games.make(self.game, self.boardsize)  # refuses what cannot be played
        if self.teacher == EXACT and not self.visits:
            raise ValueError(
                f"visits: say whose play visits the positions of teacher {EXACT}: a snapshot "
                f"RUN#INDEX, {RANDOM}, or a label set"
            )
        return self

    @property
    def rules(self) -> Game:
        """The game that is played."""
        return games.make(self.game, self.boardsize)

    @property
    def name(self) -> str:
        """Name of the set: board and teacher, then a digest of everything."""
        teacher = EXACT if self.teacher == EXACT else f"n{self.search.nodes}"
        return f"{self.game}{self.boardsize}-{teacher}-{self.digest()}"


class Shard(FrozenModel, frozen=True):
    """One file of a set."""

    file: str = pydantic.Field(pattern=r"^[0-9]+\.safetensors$")
    """Its name in the set's folder."""
    sha256: str
    count: int


class LabelSet(FrozenModel, frozen=True):
    """What a finished set holds, and what it has cost."""

    config: LabelConfig
    shards: tuple[Shard, ...]
    flops_each: float
    """Of the forward passes of one label: the teacher's search and, where others visit the
    positions, theirs."""
    visit_flops_each: float
    """Of these, what it takes to visit one position."""
    teachers: dict[str, float]
    """Snapshots that had to be there, the visitors' too, and what their training had cost."""

    @property
    def count(self) -> int:
        """Positions in all."""
        return sum(shard.count for shard in self.shards)

    @property
    def digest(self) -> str:
        """SHA-256 of all shards together."""
        return hashlib.sha256("".join(shard.sha256 for shard in self.shards).encode()).hexdigest()


class Labels(NamedTuple):
    """N positions with labels, host arrays."""

    states: State  # [N, ...]
    policy: np.ndarray  # [N, A] float32, in the mover's frame
    value: np.ndarray  # [N] float32, for the side to move


def folder_of(store: Store, name: str) -> Path:
    """Where a set lies."""
    return store.folder / "labels" / name


def read_label_set(store: Store, name: str) -> LabelSet:
    """What a finished set holds.

    Raises:
        InputError: if there is none of that name, or it is damaged.
    """
    path = folder_of(store, name) / "set.json"
    try:
        return LabelSet.model_validate_json(path.read_text())
    except OSError as error:
        raise InputError(
            f"the lab {store.folder} has no finished label set {name!r}; make it first"
        ) from error
    except pydantic.ValidationError as error:
        raise InputError(f"{path} is damaged; remove it and make the set again") from error


def finished_sets(store: Store) -> list[str]:
    """Names of the sets that are there as a whole."""
    return sorted(path.parent.name for path in (store.folder / "labels").glob("*/set.json"))


def copy_label_set(store: Store, name: str, into: Store) -> None:
    """Copy a finished set to another lab, `set.json` last.

    Raises:
        InputError: if there is none of that name, or it is damaged.
    """
    found = read_label_set(store, name)
    source, target = folder_of(store, name), folder_of(into, name)
    for shard in found.shards:
        write_atomically(target / shard.file, _whole(source / shard.file, shard))
    write_atomically(target / "set.json", (source / "set.json").read_bytes())


def shard_bytes(labels: Labels, config: LabelConfig) -> bytes:
    """A shard as it is written, its configuration in the metadata."""
    leaves = jax.tree.leaves(labels.states)
    tensors = {f"state{place}": np.ascontiguousarray(leaf) for place, leaf in enumerate(leaves)}
    tensors |= {"policy": labels.policy, "value": labels.value}
    return safetensors.numpy.save(tensors, {"labels": config.model_dump_json()})


def read_shard(game: Game, payload: bytes, path: Path) -> Labels:
    """The labels of a shard.

    Raises:
        InputError: if it is none.
    """
    structure = jax.tree.structure(game.init())
    try:
        tensors = safetensors.numpy.load(payload)
        leaves = [tensors[f"state{place}"] for place in range(structure.num_leaves)]
        return Labels(structure.unflatten(leaves), tensors["policy"], tensors["value"])
    except (safetensors.SafetensorError, KeyError) as error:
        raise InputError(f"{path} holds no labels; remove it and make the set again") from (error)


def load_labels(store: Store, name: str, count: int | None = None) -> Labels:
    """The first `count` positions of a set, or all it has.

    Raises:
        InputError: if the set is not there, or damaged.
    """
    found = read_label_set(store, name)
    wanted = found.count if count is None else count
    parts, there = [], 0
    for shard in found.shards:
        if there >= wanted:
            break
        path = folder_of(store, name) / shard.file
        payload = _whole(path, shard)
        parts.append(read_shard(found.config.rules, payload, path))
        there += shard.count
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:wanted], *parts)


def _whole(path: Path, shard: Shard) -> bytes:
    try:
        payload = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read labels {path}: {error.strerror}") from error
    if hashlib.sha256(payload).hexdigest() != shard.sha256:
        raise InputError(
            f"{path} is not the shard that set.json describes (its SHA-256 differs): it was "
            "damaged or replaced; remove the set's folder and make it again"
        )
    return payload


def as_moves(game: Game, labels: Labels) -> Move:
    """Labels as the learner wants them: moves that end a game with the teacher's value, host
    arrays [N, ...]."""
    count = len(labels.value)
    planes, legal = _seen(game, labels.states)
    value = labels.value.astype(np.float32)
    fields: dict[str, Any] = {
        "planes": planes, "legal": legal, "policy": labels.policy.astype(np.float32),
        "value": value, "network_value": np.zeros(count, np.float32), "reward": value,
        "ended": np.ones(count, bool), "random": np.zeros(count, bool),
    }  # fmt: skip
    return Move(**fields)


def _seen(game: Game, states: State) -> tuple[np.ndarray, np.ndarray]:
    """Planes and legal moves of N states, in the mover's frame."""
    planes, legal = ask(game, states, "observe", "legal")
    turned = jax.jit(jax.vmap(game.to_mover_frame))(states, jnp.asarray(legal))
    return planes, np.asarray(turned)


def with_labels(
    state: TrainState, store: Store, members: Sequence[TrainConfig], shape: Shape
) -> TrainState:
    """The start of a population whose window holds the label sets of each member, once and for all.

    Raises:
        InputError: if a set is not there, is damaged, or is of another board.
    """
    if not shape.labels:
        return state
    moves = [_moves_of(store, config) for config in members]
    both = jax.tree.map(lambda *leaves: np.stack(leaves)[None], *moves)  # [1, P, L, ...]
    window = state.window._replace(
        moves=jax.tree.map(jnp.asarray, both), filled=jnp.int32(1), cursor=jnp.int32(0)
    )
    return state._replace(window=window)


def check_labels(store: Store, config: TrainConfig) -> None:
    """Refuse a run whose labels are not there.

    Raises:
        InputError: if a set is not there, has too few positions or is of another board.
    """
    for name, count in config.label_counts.items():
        found = read_label_set(store, name)
        if count > found.count:
            raise InputError(
                f"labels: the set {name} has {found.count:,} positions, not {count:,}; ask for "
                "fewer, or make a larger set"
            )
        made = found.config
        if (made.game, made.boardsize) != (config.game, config.boardsize):
            raise InputError(
                f"labels: the set {name} is of {made.game} on {side_by_side(made.boardsize)}, not "
                f"of {config.game} on {side_by_side(config.boardsize)}"
            )


def _moves_of(store: Store, config: TrainConfig) -> Move:
    check_labels(store, config)
    parts = [
        as_moves(config.rules, load_labels(store, name, count))
        for name, count in config.label_counts.items()
    ]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)


def spent_on_labels(store: Store, config: TrainConfig) -> dict[str, float]:
    """What a run's labels and their teachers have cost, by the columns of a snapshot.

    What the run that it begins with has paid for already is not paid for again: neither labels of
    the same set, nor the training of a teacher or visitor of one of the chain's runs.
    """
    if not config.labels:
        return {}
    chain = list(_chain(store, config))
    paid_counts: dict[str, int] = {}
    for _, earlier in chain:
        for name, count in earlier.label_counts.items():
            paid_counts[name] = max(count, paid_counts.get(name, 0))
    paid_runs = {run for run, _ in chain} | set(_teachers(store, paid_counts))
    labels = sum(
        max(0, count - paid_counts.get(name, 0)) * read_label_set(store, name).flops_each
        for name, count in config.label_counts.items()
    )
    new = {
        run: flops
        for run, flops in _teachers(store, config.label_counts).items()
        if run not in paid_runs
    }
    spent = {"label_flops": labels, "teacher_flops": sum(new.values())}
    return spent | {"train_flops": sum(spent.values())}


def _teachers(store: Store, names: Mapping[str, int]) -> dict[str, float]:
    """Runs whose snapshots the sets needed, and what the last of these had cost."""
    found: dict[str, float] = {}
    for name in names:
        for snapshot, flops in read_label_set(store, name).teachers.items():
            run = snapshot.partition("#")[0]
            found[run] = max(flops, found.get(run, 0.0))
    return found


def _chain(store: Store, config: TrainConfig):
    """Names and configurations of the runs that a run begins with, the newest first."""
    while match := re.fullmatch(SNAPSHOT_NAME, config.begin):
        with store.session() as session:
            stored: dict[str, Any] | None = session.scalar(
                sa.select(Run.config).where(Run.id == match[1])
            )
        if stored is None:
            return
        config = TrainConfig.model_validate(stored)
        yield match[1], config


def training_flops(store: Store, snapshot: str) -> float:
    """What the training of a snapshot RUN#INDEX had cost.

    Raises:
        InputError: if the lab has none of that name.
    """
    run, _, index = snapshot.partition("#")
    query = sa.select(Snapshot.train_flops).where(
        Snapshot.run_id == run, Snapshot.index == int(index)
    )
    with store.session() as session:
        flops = session.scalar(query)
    if flops is None:
        raise InputError(
            f"the lab {store.folder} has no snapshot {snapshot}; train that run there first"
        )
    return float(flops)
