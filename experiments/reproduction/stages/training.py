"""The grid of runs of a plan: every network on every board with every seed, trained to its end."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import jax
import sqlalchemy as sa

from experiments.machine.clock import CLOCK, Doing
from experiments.machine.parallel import Task, Worker
from experiments.reproduction.stage import STAGES, Part, Stage, runs_that_are_over
from training.config import TrainConfig
from training.loop import RunEnd, kind_of, train_population
from training.store import Metric, Snapshot, Store

if TYPE_CHECKING:
    from experiments.reproduction.plan import Plan

LANES_THAT_FILL = {"cpu": 384}  # one core; three seeds of 128 share a program
MANY_LANES = 16_384  # of any accelerator


@STAGES.add
class Training(Stage, frozen=True):
    """Every run of the plan."""

    kind: ClassVar[str] = "training"
    title: ClassVar[str] = "Training"
    unit: ClassVar[str] = "runs"

    def parts(self, store: Store, plan: Plan) -> list[Part]:
        """A part for each run."""
        over = runs_that_are_over(store)
        query = sa.select(Metric.run_id, sa.func.max(Metric.samples)).group_by(Metric.run_id)
        samples = dict(store.frame_query(query)[1])
        return [
            Part(
                run.run_id,
                _evaluations(run),
                1.0 if run.run_id in over else min(0.99, samples.get(run.run_id, 0) / run.samples),
            )
            for run in plan.runs
        ]

    def tasks(self, store: Store, plan: Plan) -> list[Task]:
        """One task for each network with runs that are not over."""
        return training_tasks(store, plan.runs, _name)


def training_tasks(
    store: Store, runs: Sequence[TrainConfig], name: Callable[[TrainConfig], str]
) -> list[Task]:
    """Train the runs that are not over: a task for those of one shape, which share a program, and
    for those that begin with their snapshots, which wait for them.

    Args:
        store: the lab.
        runs: the runs, whatever they differ in.
        name: what a task is called, by its first run; no two shapes may have the same.
    """
    over = runs_that_are_over(store)
    waiting = {run.run_id: run for run in runs if run.run_id not in over}

    @functools.cache
    def kind(run: TrainConfig) -> tuple[Hashable, ...]:
        """What runs of one program have in common, and the kind of those that they wait for."""
        teacher = waiting.get(run.begin.partition("#")[0])
        own = kind_of(run)
        return (own,) if teacher is None else (*kind(teacher), own)

    alike: dict[tuple[Hashable, ...], list[TrainConfig]] = {}
    for run in waiting.values():
        alike.setdefault(kind(run), []).append(run)
    chains: dict[Hashable, list[list[TrainConfig]]] = {}
    for own in sorted(alike, key=len):  # teachers first
        chains.setdefault(own[0], []).append(alike[own])
    tasks = [_task(store, groups, name) for groups in chains.values()]
    # Long ones first, short ones fill the gaps.
    return sorted(tasks, key=lambda task: -task.work)


def _task(
    store: Store, groups: Sequence[Sequence[TrainConfig]], name: Callable[[TrainConfig], str]
) -> Task:
    """Groups of runs of equal shape, one after the other."""
    first = groups[0][0]
    later = [f", then {group[0].where}" for group in groups[1:]]
    return Task(
        name(first) + "".join(later),
        _train,
        (store.folder, tuple(map(tuple, groups))),
        work=sum(_evaluations(run) for group in groups for run in group),
        place=(first.rules, first.network.roomier, first.recipe),
        holds=tuple(run.run_id for group in groups for run in group),
    )


def _evaluations(run: TrainConfig) -> float:
    """Of self-play; the learner's share is much the same in all runs."""
    return float(run.samples * run.search.nodes)


def _name(run: TrainConfig) -> str:
    return f"{run.where} board, network {run.network.name}, {run.recipe}"


def _train(worker: Worker, lab: Path, groups: Sequence[Sequence[TrainConfig]]) -> None:
    """Train one group of runs of equal shape after the other, as many runs at a time as fill the
    device."""
    done, whole = 0.0, sum(_evaluations(run) for group in groups for run in group)
    for group in groups:
        together = _side_by_side(group[0])
        for first in range(0, len(group), together):
            members = group[first : first + together]
            work = sum(map(_evaluations, members))

            def overall(share: float, done: float = done, work: float = work) -> float:
                return (done + work * share) / whole

            before = _seconds(lab, members)
            statuses = train_together(worker, lab, members, overall)
            for doing, seconds in _seconds(lab, members).items():
                CLOCK.add(doing, seconds - before[doing])
            if "stopped" in statuses:
                return
            done += work


def _seconds(lab: Path, runs: Sequence[TrainConfig]) -> dict[Doing, float]:
    """What runs have taken until their newest snapshots, all together."""
    query = sa.select(sa.func.max(Snapshot.selfplay_seconds), sa.func.max(Snapshot.learner_seconds))
    query = query.where(Snapshot.run_id.in_([run.run_id for run in runs]))
    rows = Store(lab).frame_query(query.group_by(Snapshot.run_id))[1]
    return {
        "playing": sum(playing for playing, _ in rows),
        "learning": sum(learning for _, learning in rows),
    }


def train_together(
    worker: Worker,
    lab: Path,
    runs: Sequence[TrainConfig],
    overall: Callable[[float], float] = lambda share: share,
) -> list[RunEnd]:
    """Train runs as one population; `overall` turns its share that is done into the task's."""
    return train_population(
        runs,
        Store(lab),
        roomy=True,
        report=lambda progress: worker.report(overall(progress.iteration / progress.iterations)),
        should_stop=worker.should_stop,
    )


def _side_by_side(run: TrainConfig) -> int:
    """How many runs share a program: as fill the device, unless games of one batch hang on each
    other."""
    if run.search.hangs_on_others:
        return 1
    room = LANES_THAT_FILL.get(jax.default_backend(), MANY_LANES)
    return max(1, room // run.lanes)
