"""`hexlaw study`: from a question to an answer with figures, as one command that can be stopped."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import tyro
from rich.console import Console

from analysis.report.study_page import About, write_study
from analysis.tables.rows import load_lab
from experiments.executors import Local, choose_executor
from experiments.executors.flags import WorkplaceConfig
from experiments.executors.watching import LOGS, work_elsewhere
from experiments.machine.parallel import Task, Team, work_off
from experiments.machine.progress import stage as shown
from experiments.reproduction.recipe import parse_setting
from experiments.studies.discovery import load_study
from experiments.studies.study import Study
from experiments.tracking import tracked
from experiments.verb import InterruptedByUserError, Outcome
from games.config import FrozenModel
from games.errors import InputError
from training.provenance import command_line
from training.store import Leases, Store, announce_job, place_database

JOB = "study "  # before a study's name in the lab's table of jobs


class StudyVerbConfig(WorkplaceConfig, frozen=True):
    """Run a study: one question, answered with tables, figures and a page."""

    name: tyro.conf.Positional[str]
    """Which study; `hexlaw list` shows them all. Or the path of a file with a study of your own."""
    preset: str = "laptop"
    """How much is measured: smoke (seconds, says nothing), laptop or reference."""
    set: tuple[str, ...] = ()
    """Any field of the study's configuration, e.g. seeds=1 boards=[4]."""
    lab: Path | None = None
    """Folder of the store, snapshots and checkpoints; runs/NAME-PRESET if unset."""
    out: Path | None = None
    """Folder of the page, figures and tables; studies/NAME if unset."""


def run(config: StudyVerbConfig, console: Console) -> Outcome:
    """Do what is not done yet, and write the page.

    Raises:
        InputError: for an unknown study, preset or field, or a folder that cannot be used.
        InterruptedByUserError: if Ctrl-C stopped it; the same command goes on.
    """
    name, study = load_study(config.name)
    settings = study.configured(config.preset, dict(map(parse_setting, config.set)))
    lab = config.lab or Path("runs") / f"{name}-{config.preset}"
    executor = choose_executor(
        config.executor, dict(map(parse_setting, config.executor_set)), Local()
    )
    team = executor.team(config.workers) if isinstance(executor, Local) else None
    workers = team.workers if team else config.workers or 1
    if config.dry_run:
        console.print(f"{name}, lab {lab}: {', '.join(stage.title for stage in study.stages)}")
        console.print(*executor.describe_places(workers), sep="\n")
        return Outcome({"study": name, "lab": str(lab)})
    if config.store:
        place_database(lab, config.store)
    store = Store(lab)
    if name == config.name:  # by its path it would be code, which no lab may hand on
        announce_job(store, f"{JOB}{name}", settings.model_dump(mode="json"))
    console.print(f"{name}: {study.title}")
    console.print(f"lab {lab}, {workers} workers; Ctrl-C stops, the same command goes on")
    if team is None and name != config.name:
        raise InputError("--executor: workers elsewhere know only the studies of `hexlaw list`")
    with tracked(store, config.tracker, console):
        if team is not None:
            run_stages(study, settings, store, team, console)
        else:
            work_elsewhere(executor, store, workers, console)
            _refuse_unfinished(study, settings, store)
    rows = load_lab(store)
    about = About(
        study.title, study.question, study.expectation, study.published,
        settings=settings.model_dump(mode="json"), command=command_line(),
    )  # fmt: skip
    page = write_study(
        about, study.found(rows, lab, settings), rows, config.out or Path("studies") / name
    )
    console.print(f"page: {page}")
    return Outcome({"study": name, "lab": str(lab), "page": str(page)})


def _refuse_unfinished(study: Study[Any], settings: FrozenModel, store: Store) -> None:
    """Say so if workers elsewhere have ended before all was done."""
    if left := [title for title, plan in study.stages if plan(store, settings)]:
        raise InputError(
            f"all workers have ended, but {left[0]} is not over; see {store.folder / LOGS}, "
            "then run the same command again to go on"
        )


def run_stages(
    study: Study[Any],
    settings: FrozenModel,
    store: Store,
    team: Team,
    console: Console,
) -> None:
    """Do what is left of every stage, one stage after the other, beside whoever else does.

    Raises:
        InterruptedByUserError: if Ctrl-C stopped it.
    """

    def left(title: str, plan: Callable[..., Sequence[Task]]) -> list[Task]:
        if not (tasks := plan(store, settings)):
            console.print(f"{title}: done already")
        return [dataclasses.replace(task, name=f"{title}: {task.name}") for task in tasks]

    with Leases(store, team.workers) as leases, team:
        for title, plan in study.stages:
            show = functools.partial(shown, console, title)
            if not work_off(functools.partial(left, title, plan), team, leases, show):
                raise InterruptedByUserError
