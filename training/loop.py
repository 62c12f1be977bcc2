"""The training loop: from configurations to snapshots in the store.

Training can be stopped or killed at any time; the same call goes on from the last checkpoint and
ends with the same weights as if nothing had happened, because everything a population is made of
(networks, moments, windows, games in progress, keys, ledgers, metrics) is in the checkpoint.
"""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Literal

import jax
import numpy as np

from games.errors import InputError
from training.beginning import begin_with, beginning_of
from training.boards import Boards
from training.config import TrainConfig
from training.devices import EnergyMeter, agree, is_first_process
from training.files import Checkpoints
from training.labels import spent_on_labels, with_labels
from training.ledger import Ledger, together
from training.metrics import ROWS, Books, Tally, metrics_of, what_is_wrong
from training.networks import trim_params
from training.program import TrainState, shape_of
from training.records import Records
from training.store import Store

SECONDS_BETWEEN_CHECKPOINTS = 20.0  # a checkpoint takes 0.2 s; a kill loses at most this much

RunEnd = Literal["done", "stopped", "failed"]


@dataclasses.dataclass(frozen=True)
class Progress:
    """Where a population stands after an iteration."""

    iteration: int
    iterations: int
    ledger: Ledger
    """Of each member."""
    metrics: dict[str, dict[str, Any]]
    """By run, the row of metrics that was written now; empty in between."""


def train(
    config: TrainConfig,
    store: Store,
    *,
    devices: int = 1,
    report: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> RunEnd:
    """Train one run to the end, going on where an earlier call stopped; see `train_population`."""
    return train_population(
        [config], store, devices=devices, report=report, should_stop=should_stop
    )[0]


def train_population(
    configs: Sequence[TrainConfig],
    store: Store,
    *,
    devices: int = 1,
    roomy: bool = False,
    report: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[RunEnd]:
    """Train runs of equal shape in one program, each with its own snapshots and rows.

    Every run ends as it would alone, up to rounding.

    Args:
        configs: the runs; they may differ in seed, learning rate and whatever else is a run-time
            value (`training.program.Settings`).
        store: where snapshots and rows go.
        devices: over how many devices to spread the lanes.
        roomy: let small networks of a board share programs; see `training.program.shape_of`.
        report: called after every iteration.
        should_stop: asked after every iteration; if it says yes, the state is saved and left.

    Returns:
        For each run `"done"`; `"stopped"` if it was asked to stop; `"failed"` if its loss was no
        longer finite or beyond all bounds: its last good snapshot and checkpoint are kept, the
        reason stands in the store, and the other members go on.

    Raises:
        InputError: if something cannot be written, the store holds another run of the same name,
            a snapshot to begin with is not there or does not fit, or the runs cannot share a
            program or so many devices.
    """
    _check(configs, devices)
    records = Records(store, devices)
    standing: dict[TrainConfig, Any] = dict(zip(configs, records.enter(configs), strict=True))
    members = [config for config in configs if standing[config] != "done"]
    stopped = False
    if any(standing[config] == "running" for config in members):
        training = _Training(members, store, records, devices, roomy)
        training.failed = {config for config in members if standing[config] == "failed"}
        stopped = training.run(report, should_stop)
        standing |= dict.fromkeys(members, "stopped" if stopped else "done")
        standing |= dict.fromkeys(training.failed, "failed")
    return [standing[config] for config in configs]


def kind_of(config: TrainConfig) -> Hashable:
    """What runs of one population have in common."""
    shapes = tuple(map(shape_of, config.boards))
    return shapes, tuple(config.shares), tuple(config.snapshot_iterations)


def _check(configs: Sequence[TrainConfig], devices: int) -> None:
    """Refuse runs that cannot share a program."""
    first = configs[0]
    for config in configs[1:]:
        if kind_of(config) != kind_of(first):
            raise InputError(
                f"{config.run_id} and {first.run_id} cannot be trained as one population: they "
                "differ in more than seed and run-time values"
            )
    # Two members of one name would write over each other's snapshots.
    if len(set(configs)) < len(configs):
        raise InputError("a population needs runs that differ: the same one stands there twice")
    if (coupled := first.search.rule.couples_games) and max(devices, len(configs)) > 1:
        raise InputError(
            f"search.rule: {coupled}, so a run with it needs a program and a device of its own"
        )
    if first.labels and devices > 1:
        raise InputError("a run from labels takes one device, because nobody plays")
    if shape_of(first).lane_groups % devices:
        raise InputError(
            f"lanes {first.lanes} fall into {shape_of(first).lane_groups} groups, which cannot be "
            f"spread evenly over {devices} devices"
        )


class _Training:
    """A population on its way."""

    def __init__(
        self,
        members: Sequence[TrainConfig],
        store: Store,
        records: Records,
        devices: int,
        roomy: bool,
    ) -> None:
        self.failed: set[TrainConfig] = set()
        self._members = members
        self._records = records
        self._writes = is_first_process()
        beginnings = [beginning_of(store, config) for config in members]
        self._spent = [
            _sum({} if own is None else own.spent, spent_on_labels(store, config))
            for own, config in zip(beginnings, members, strict=True)
        ]
        self._boards = Boards(members, devices, roomy=roomy)
        self._turns = members[0].turns
        shape = self._boards.shapes[0]
        start = self._boards.start(np.array([config.seed for config in members], np.uint32))
        start = begin_with(start, members, beginnings, shape.computed)
        self._state: TrainState = with_labels(start, store, members, shape)
        self._checkpoints = Checkpoints(store.folder / "checkpoints" / _name(members))
        self._iteration, self._books = 0, [Books(Ledger(), Tally()) for _ in self._boards.shapes]
        if resumed := self._checkpoints.latest(self._state):
            self._iteration, self._state, self._books = resumed
        self._meter = EnergyMeter()

    @property
    def _ledger(self) -> Ledger:
        """Of all boards."""
        return together(books.ledger for books in self._books)

    def run(self, report: Callable[[Progress], None], should_stop: Callable[[], bool]) -> bool:
        """Train to the end; says whether it was stopped before."""
        schedule = self._members[0].snapshot_iterations
        snapshot_at = {when: index for index, when in enumerate(schedule)}
        iterations = schedule[-1]
        every = max(1, iterations // ROWS)
        saved = self._clock = time.perf_counter()
        try:
            if self._iteration == schedule[0] == 0:
                self._keep_untrained()
            while self._iteration < iterations and len(self.failed) < len(self._members):
                self._iterate()
                metrics = {}
                if self._iteration in snapshot_at or self._iteration % every == 0:
                    metrics = self._write_rows(snapshot_at.get(self._iteration))
                report(Progress(self._iteration, iterations, self._ledger, metrics))
                stop = bool(agree(should_stop())) and self._iteration < iterations
                due = time.perf_counter() - saved > SECONDS_BETWEEN_CHECKPOINTS
                # Agreed upon, because clocks of processes differ.
                if stop or agree(due):
                    self._save()
                    saved = time.perf_counter()
                if stop:
                    return True
        finally:
            self._checkpoints.close()
        self._finish()
        return False

    def _iterate(self) -> None:
        """Play and learn once, and count what it cost."""
        config, members = self._members[0], len(self._members)
        board = self._turns[self._iteration]
        joules, times = self._meter.joules(), [time.perf_counter()]
        # Waiting between the two halves costs little and tells them apart in the ledger.
        state, played = jax.block_until_ready(self._boards.play(board, self._state))
        times.append(time.perf_counter())
        self._state, learnt = jax.block_until_ready(self._boards.learn(board, state))
        times.append(time.perf_counter())
        self._iteration += 1
        used = None if joules is None else (self._meter.joules() or joules) - joules
        ledger, tally = self._books[board]
        ledger = ledger.spend(
            samples=config.samples_per_iteration,
            learner_samples=config.learner_steps * config.batch_size,
            selfplay_seconds=(times[1] - times[0]) / members,
            learner_seconds=(times[2] - times[1]) / members,
            other_seconds=(times[0] - self._clock) / members,
            energy_joules=None if used is None else used / members,
        )
        self._clock = times[2]
        # All in one transfer: on an accelerator each costs as much as some moves.
        played, learnt = jax.device_get((played, learnt))
        samples = members * config.samples_per_iteration
        tally.add(played, learnt, times[2] - times[0], samples)
        self._books[board] = Books(ledger, tally)
        for number, config in enumerate(self._members):
            wrong = what_is_wrong(learnt, number)
            if wrong and config not in self.failed:
                self.failed.add(config)
                if self._writes:
                    reason = f"{wrong} after {self._ledger.samples:,} samples"
                    self._records.leave([config], "failed", f"{reason}; lower learning_rate")

    def _write_rows(self, index: int | None) -> dict[str, dict[str, Any]]:
        """Metrics of every healthy member, and its snapshot `index` if one is due."""
        books, written = self._books, {}
        self._books = [Books(ledger, Tally()) for ledger, _ in books]
        for number, config in enumerate(self._members):
            # Its lanes stay in the program, which was compiled for all; nobody looks at them.
            if config in self.failed:
                continue
            means = written[config.run_id] = metrics_of(config, books, number)
            if not self._writes:
                continue
            self._records.write_metrics(config, self._iteration, self._ledger, means)
            if index is not None:
                self._take_snapshot(number, index, means)
        return written

    def _keep_untrained(self) -> None:
        """Take every member's snapshot 0, before anything is played or learnt."""
        if self._writes:
            for number in range(len(self._members)):
                self._take_snapshot(number, 0, {})

    def _take_snapshot(self, number: int, index: int, means: dict[str, Any]) -> None:
        # Agents are made of the averaged weights; games are played with the newest.
        params = jax.tree.map(lambda leaf: leaf[number], self._state.learner.average)
        config = self._members[number]
        params = trim_params(config.rules, params, config.network)
        ledgers = [books.ledger for books in self._books]
        self._records.take_snapshot(config, index, params, ledgers, means, self._spent[number])

    def _save(self) -> None:
        self._checkpoints.save(self._iteration, self._state, self._books)

    def _finish(self) -> None:
        """Close the healthy members' books; what failed leaves its checkpoint to be looked at."""
        healthy = [config for config in self._members if config not in self.failed]
        if self._writes:
            self._records.leave(healthy, "done", None)
            if not self.failed:
                shutil.rmtree(self._checkpoints.folder, ignore_errors=True)


def _sum(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    return one | {name: one.get(name, 0.0) + value for name, value in other.items()}


def _name(members: Sequence[TrainConfig]) -> str:
    """Of the checkpoints' folder: the run's, or the first run's and a hash of all."""
    if len(members) == 1:
        return members[0].run_id
    digest = hashlib.sha256(" ".join(config.run_id for config in members).encode()).hexdigest()
    return f"{members[0].run_id}-and-{len(members) - 1}-{digest[:8]}"
