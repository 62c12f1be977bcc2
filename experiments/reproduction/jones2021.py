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

import dataclasses
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import jax
import pydantic
import sqlalchemy as sa
import tyro
from rich.console import Console

from analysis.report.report import write_report
from analysis.tables.rows import load_lab
from experiments.machine.lock import alone_in
from experiments.machine.parallel import (
    Event,
    Task,
    Team,
    Worker,
    default_workers,
    run_tasks,
)
from experiments.machine.progress import stage as shown
from experiments.reproduction.plan import Plan, load_plan, waves_of
from experiments.reproduction.stages import Part, Stage
from experiments.reproduction.stages.league import League
from experiments.reproduction.status import (
    add_timing,
    read_timings,
    show_stages,
    standings_of,
)
from experiments.verb import InterruptedByUserError, Outcome, VerbConfig
from games.errors import InputError
from games.text.plain_json import to_json
from training.files import write_atomically
from training.store import DATABASE_NAME, Match, Store

REPORT = "report"
"""What comes last, beside the stages of the plan."""
FIRST_RESAMPLES = 40
"""Bootstrap resamples of the report that is written while others are at work: a third less time of
the core that they wait for."""


class ReproduceConfig(VerbConfig, frozen=True):
    """Train a grid of agents, let them play, rate them, fit the laws, write the report."""

    preset: str = "laptop"
    """Which grid; `hexlaw list` shows them all."""
    plan: Path | None = None
    """A TOML file with a plan of your own, instead of a preset."""
    lab: Path | None = None
    """Folder of the store, snapshots and checkpoints; runs/PRESET if unset."""
    out: Path = Path("report")
    """Folder of the report: index.html, figures, tables."""
    workers: int | None = pydantic.Field(default=None, ge=1)
    """Processes at work side by side; one a core if unset, one in all on a GPU."""
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
    workers = config.workers or default_workers()
    if workers > 1 and jax.default_backend() != "cpu":
        raise InputError("--workers above 1 is for CPUs: processes cannot share an accelerator")
    if config.status:
        return _status(lab, plan, workers, console)
    store = Store(lab)
    with alone_in(lab):
        _claim(store, plan)
        console.print(f"{name}: {plan.title}")
        console.print(f"lab {lab}, {workers} workers; Ctrl-C stops, the same command goes on")
        with Team(workers) as team:
            for wave in waves_of(plan.stages):
                stages = [stage for stage in wave if stage.kind in chosen]
                early = config.out if REPORT in chosen else None
                _run(store, plan, stages, team, console, early)
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


def _run(
    store: Store,
    plan: Plan,
    stages: Sequence[Stage],
    team: Team,
    console: Console,
    early_report: Path | None,
) -> None:
    """Run what is left of stages that do not wait for each other."""
    tasks: list[Task] = []
    of_stage: dict[str, Stage] = {}  # by task
    for stage in stages:
        _check_needs(store, plan, stage)
        found = [
            dataclasses.replace(task, name=f"{stage.title}: {task.name}")
            for task in stage.tasks(store, plan)
        ]
        if not found:
            parts = stage.parts(store, plan)
            console.print(f"{stage.title}: {'done already' if parts else 'nothing to do'}")
        tasks += found
        of_stage |= dict.fromkeys((task.name for task in found), stage)
    if not tasks:
        return
    tasks.sort(key=lambda task: -task.work)
    work = {task.name: task.work for task in tasks}
    if early_report and League not in map(type, stages) and _is_rated(store):
        console.print(
            f"a first report is being written, with rough intervals: {early_report / 'index.html'}"
        )
        report = (store.folder, plan.game, early_report)
        tasks.insert(0, Task("First report", _report_now, report, 0.0))

    def keep_books(event: Event) -> None:
        listen(event)
        if event.spent is not None and event.name in of_stage:
            add_timing(store.folder, of_stage[event.name].kind, work[event.name], event.spent)

    with shown(console, ", ".join(stage.title for stage in stages), tasks) as listen:
        finished = run_tasks(tasks, team, keep_books)
    if not finished:
        raise InterruptedByUserError


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


def _claim(store: Store, plan: Plan) -> None:
    """Mark the lab as this plan's, or refuse it if it is another's.

    What counts is which runs there are and how their agents meet in the league; further stages and
    more rounds are more of the same.
    """
    path = store.folder / "plan.json"
    mine = _identity(plan)
    if not path.exists():
        write_atomically(path, to_json(mine, indent=1).encode())
        return
    _check_claim(store.folder, mine)


def _identity(plan: Plan) -> dict[str, list[str]]:
    league = plan.stage(League)
    return {
        "runs": sorted(run.run_id for run in plan.runs),
        "tournaments": [league.tournament(plan.rules(size)) for size in plan.boardsizes],
    }


def _check_claim(lab: Path, mine: dict[str, list[str]]) -> None:
    path = lab / "plan.json"
    try:
        theirs = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path} ({error}); choose another --lab") from error
    if different := [key for key in mine if theirs.get(key) != mine[key]]:
        raise InputError(
            f"the lab {lab} was made from another plan or by another version of hexlaw "
            f"(its {' and '.join(different)} differ); choose another --lab"
        )


def _status(lab: Path, plan: Plan, workers: int, console: Console) -> Outcome:
    """Show where the stages stand; of a lab that is not there yet, all that is to be done."""
    with tempfile.TemporaryDirectory() as nothing_done_yet:
        is_there = (lab / DATABASE_NAME).exists()
        if is_there and (lab / "plan.json").exists():
            _check_claim(lab, _identity(plan))
        store = Store(lab, read_only=True) if is_there else Store(Path(nothing_done_yet))
        parts: dict[str, Sequence[Part]] = {
            stage.kind: stage.parts(store, plan) for stage in plan.stages
        }
        standings = standings_of(parts, read_timings(lab), workers)
    console.print(f"lab {lab}, {workers} workers" + ("" if is_there else "; nothing is done yet"))
    rows = show_stages(standings, {stage.kind: stage.unit for stage in plan.stages}, console)
    return Outcome({"lab": str(lab), "stages": rows})
