"""Jones 2021, "Scaling Scaling Laws with Board Games" (arXiv 2104.03113), from runs to report.

Question: how does Elo grow with training compute, how does that change with the board, and what is
search at play time worth against training? Expected there: about 510 Elo for ten times the compute,
7 times the compute for one more row and column, and 15 times the test compute for 10 times the
training. Command: `hexlaw reproduce --preset laptop`, about ten minutes on two CPU cores.

The stages below are separate: each reads from the store what the ones before have left there, goes
on where it was stopped, and leaves rows that the report is written from. docs/reproduction.md tells
what each plays and how that differs from the paper.
"""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import pydantic
import sqlalchemy as sa
import tyro
from rich.console import Console

from analysis.report.report import write_report
from analysis.tables.rows import load_lab
from experiments.executors import Local, choose_executor
from experiments.executors.flags import WorkplaceConfig
from experiments.executors.watching import LOGS, show_workers, work_elsewhere
from experiments.machine.parallel import (
    Event,
    Task,
    Team,
    Worker,
    work_off,
)
from experiments.machine.progress import stage as shown
from experiments.reproduction.plan import Plan, load_plan, waves_of
from experiments.reproduction.recipe import parse_setting
from experiments.reproduction.stages import Part, Stage
from experiments.reproduction.stages.league import League
from experiments.reproduction.status import (
    add_timing,
    read_timings,
    show_stages,
    standings_of,
)
from experiments.tracking import tracked
from experiments.verb import InterruptedByUserError, Outcome
from games.errors import InputError
from training.store import Leases, Match, Store, announce_job, is_lab, jobs_of, place_database

JOB = "reproduce"
"""Name of a plan in the lab's table of jobs."""
REPORT = "report"
"""What comes last, beside the stages of the plan."""
FIRST_RESAMPLES = 40
"""Bootstrap resamples of the report that is written while others are at work: a third less time of
the core that they wait for."""


class ReproduceConfig(WorkplaceConfig, frozen=True):
    """Train a grid of agents, let them play, rate them, fit the laws, write the report."""

    preset: str = "laptop"
    """Which grid; `hexlaw list` shows them all."""
    plan: Path | None = None
    """A TOML file with a plan of your own, instead of a preset."""
    lab: Path | None = None
    """Folder of the store, snapshots and checkpoints; runs/PRESET if unset."""
    out: Path = Path("report")
    """Folder of the report: index.html, figures, tables."""
    stages: tuple[str, ...] | None = None
    """Run only these of the plan's stages and the report; all if unset."""
    status: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Say what is done, what remains and how long it will take, and do nothing."""


def reproduce(config: ReproduceConfig, console: Console) -> Outcome:
    """Run every stage that is not done yet.

    Returns:
        Where the lab and the report lie; with `status`, where the stages stand.

    Raises:
        InputError: for a bad plan, a lab of another plan, a store or folder that cannot be used,
            or a stage whose forerunner is not over.
        InterruptedByUserError: if Ctrl-C stopped it; the same command goes on.
    """
    plan = load_plan(config.preset, config.plan)
    chosen = _chosen(plan, config.stages)
    name = config.plan.stem if config.plan else config.preset
    lab = config.lab or Path("runs") / name
    settings = dict(map(parse_setting, config.executor_set))
    executor = choose_executor(config.executor, settings, plan.executor)
    team = executor.team(config.workers) if isinstance(executor, Local) else None
    workers = team.workers if team else config.workers or 1
    if config.store and not config.dry_run:
        place_database(lab, config.store)
    if config.status or config.dry_run:
        told = _status(lab, plan, workers, console)
        if config.dry_run:
            console.print(*executor.describe_places(workers), sep="\n")
        return told
    store = Store(lab)
    _check_claim(store, plan)
    # Other stages and more rounds are more of the same, and go on under the same name.
    announce_job(store, JOB, {"plan": plan.model_dump(mode="json"), "stages": list(chosen)})
    console.print(f"{name}: {plan.title}")
    console.print(f"lab {lab}, {workers} workers; Ctrl-C stops, the same command goes on")
    with tracked(store, config.tracker, console):
        if team is not None:
            run_plan(store, plan, team, console, chosen, config.out if REPORT in chosen else None)
        else:
            work_elsewhere(executor, store, workers, console)
            _refuse_unfinished(store, plan, chosen)
    result = {"lab": str(lab)}
    if REPORT in chosen:
        report = write_report(load_lab(store).of_game(plan.game), config.out)
        console.print(f"report: {report.index}")
        result["report"] = str(report.index)
    return Outcome(result)


def _chosen(plan: Plan, names: Sequence[str] | None) -> Sequence[str]:
    """The kinds of stages to run, and the report."""
    there = [*(stage.kind for stage in plan.stages), REPORT]
    if unknown := [name for name in names or () if name not in there]:
        raise InputError(f"--stages: {unknown[0]} is not in this plan; there is {', '.join(there)}")
    return there if names is None else names


def run_plan(
    store: Store,
    plan: Plan,
    team: Team,
    console: Console,
    kinds: Collection[str] | None = None,
    early_report: Path | None = None,
) -> None:
    """Do what is left of a plan's stages, beside whoever else is at work in the lab.

    Args:
        store: the lab.
        plan: its plan.
        team: processes at work side by side; they end with it.
        console: what is told.
        kinds: the stages to run; all if unset.
        early_report: folder of a report to be written before the last stages are over.

    Raises:
        InputError: if a stage's forerunner is not over, or a task's.
        InterruptedByUserError: if it was stopped.
    """
    with Leases(store, team.workers) as leases, team:
        for wave in waves_of(plan.stages):
            stages = [stage for stage in wave if kinds is None or stage.kind in kinds]
            _Wave(store, plan, stages, console, early_report).run(team, leases)


class _Wave:
    """Stages that do not wait for each other."""

    def __init__(
        self,
        store: Store,
        plan: Plan,
        stages: Sequence[Stage],
        console: Console,
        early_report: Path | None,
    ) -> None:
        self._store, self._plan, self._stages, self._console = store, plan, stages, console
        self._early_report = early_report
        self._stage_of: dict[str, tuple[str, float]] = {}  # kind and work, by task

    def run(self, team: Team, leases: Leases) -> None:
        """Do what is left of them."""
        if not work_off(self._left, team, leases, self._shown):
            raise InterruptedByUserError

    def _left(self) -> list[Task]:
        tasks: list[Task] = []
        for stage in self._stages:
            _check_needs(self._store, self._plan, stage)
            found = [
                dataclasses.replace(task, name=f"{stage.title}: {task.name}")
                for task in stage.tasks(self._store, self._plan)
            ]
            if not found:
                parts = stage.parts(self._store, self._plan)
                told = "done already" if parts else "nothing to do"
                self._console.print(f"{stage.title}: {told}")
            tasks += found
            self._stage_of |= {task.name: (stage.kind, task.work) for task in found}
        tasks.sort(key=lambda task: -task.work)
        return [*self._first_report(), *tasks] if tasks else []

    def _first_report(self) -> list[Task]:
        """A report while others are at work, once there is something to tell."""
        out, self._early_report = self._early_report, None
        if out is None or League in map(type, self._stages) or not _is_rated(self._store):
            return []
        self._console.print(
            f"a first report is being written, with rough intervals: {out / 'index.html'}"
        )
        report = (self._store.folder, self._plan.game, out)
        return [Task("First report", _report_now, report, 0.0, holds=())]

    @contextlib.contextmanager
    def _shown(self, tasks: Sequence[Task]) -> Iterator[Callable[[Event], None]]:
        """Show progress, and note what each stage takes."""
        title = ", ".join(stage.title for stage in self._stages)
        with shown(self._console, title, tasks) as listen:

            def keep_books(event: Event) -> None:
                listen(event)
                if event.spent is not None and event.name in self._stage_of:
                    add_timing(self._store.folder, *self._stage_of[event.name], event.spent)

            yield keep_books


def _refuse_unfinished(store: Store, plan: Plan, kinds: Collection[str]) -> None:
    """Say so if workers elsewhere have ended before all was done."""
    for stage in plan.stages:
        left = [part.name for part in stage.parts(store, plan) if part.done < 1]
        if stage.kind in kinds and left:
            raise InputError(
                f"all workers have ended, but {stage.kind} is not over ({left[0]}); see "
                f"{store.folder / LOGS}, then run the same command again to go on"
            )


def _check_needs(store: Store, plan: Plan, stage: Stage) -> None:
    for need in plan.stages:
        if need.kind not in stage.needs:
            continue
        if left := [part.name for part in need.parts(store, plan) if part.done < 1]:
            raise InputError(
                f"the stage {stage.kind} builds on {need.kind}, which is not over ({left[0]}); "
                f"add {need.kind} to --stages"
            )


def _is_rated(store: Store) -> bool:
    """Whether a league has been played, so that there is something to report."""
    query = sa.select(Match.id).where(Match.stage == League.kind).limit(1)
    with store.session() as session:
        return session.scalar(query) is not None


def _report_now(worker: Worker, lab: Path, game: str, out: Path) -> None:
    """Write the report of what is there, while other tasks are still at work."""
    del worker
    write_report(load_lab(Store(lab)).of_game(game), out, resamples=FIRST_RESAMPLES)


def _check_claim(store: Store, plan: Plan) -> None:
    """Refuse a lab of another plan: of other runs, or whose agents meet otherwise in the league."""
    theirs = jobs_of(store).get(JOB)
    if theirs is None:
        return
    if different := _differences(announced_plan(store, theirs)[0], plan):
        raise InputError(
            f"the lab {store.folder} was made from another plan or by another version of hexlaw "
            f"(its {' and '.join(different)} differ); choose another --lab"
        )


def announced_plan(store: Store, settings: Mapping[str, Any]) -> tuple[Plan, list[str]]:
    """The plan that a lab was made for, and the kinds of its stages that are wanted.

    Raises:
        InputError: if this version does not understand it.
    """
    try:
        return Plan.model_validate(settings["plan"]), list(settings["stages"])
    except (pydantic.ValidationError, KeyError, TypeError) as error:
        raise InputError(
            f"the lab {store.folder} was made for a plan of another version of hexlaw "
            f"({type(error).__name__}); choose another --lab"
        ) from error


def _differences(one: Plan, other: Plan) -> list[str]:
    mine, theirs = _identity(one), _identity(other)
    return [key for key in mine if theirs[key] != mine[key]]


def _identity(plan: Plan) -> dict[str, list[str]]:
    league = plan.stage(League)
    return {
        "runs": sorted(run.run_id for run in plan.runs),
        "tournaments": [league.tournament(plan.rules(size)) for size in plan.boardsizes],
    }


def _status(lab: Path, plan: Plan, workers: int, console: Console) -> Outcome:
    """Show where the stages stand; of a lab that is not there yet, all that is to be done."""
    with tempfile.TemporaryDirectory() as nothing_done_yet:
        is_there = is_lab(lab)
        store = Store(lab, read_only=True) if is_there else Store(Path(nothing_done_yet))
        _check_claim(store, plan)
        parts: dict[str, Sequence[Part]] = {
            stage.kind: stage.parts(store, plan) for stage in plan.stages
        }
        told = "" if is_there else "; nothing is done yet"
        console.print(f"lab {lab}, {workers} workers{told}")
        standings = standings_of(parts, read_timings(lab), workers)
        rows = show_stages(standings, {stage.kind: stage.unit for stage in plan.stages}, console)
        at_work = show_workers(store, console)
    return Outcome({"lab": str(lab), "stages": rows, "workers": at_work})
