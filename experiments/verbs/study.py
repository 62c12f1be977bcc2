"""`hexlaw study`: from a question to an answer with figures, as one command that can be stopped."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import pydantic
import tyro
from rich.console import Console

from analysis.report.study_page import About, write_study
from analysis.tables.rows import load_lab
from experiments.machine.parallel import Task, default_workers, work_off
from experiments.machine.progress import stage as shown
from experiments.reproduction.recipe import parse_setting
from experiments.studies.discovery import load_study
from experiments.studies.study import Study
from experiments.verb import InterruptedByUserError, Outcome, VerbConfig
from games.config import FrozenModel
from games.errors import InputError
from training.provenance import command_line
from training.store import Leases, Store, announce_job, place_database

JOB = "study "  # before a study's name in the lab's table of jobs


class StudyVerbConfig(VerbConfig, frozen=True):
    """Run a study: one question, answered with tables, figures and a page."""

    name: tyro.conf.Positional[str]
    """Which study; `hexlaw list` shows them all. Or the path of a file with a study of your own."""
    preset: str = "laptop"
    """How much is measured: smoke (seconds, says nothing), laptop or reference."""
    set: tuple[str, ...] = ()
    """Any field of the study's configuration, e.g. seeds=1 boards=[4]."""
    lab: Path | None = None
    """Folder of the store, snapshots and checkpoints; runs/NAME-PRESET if unset."""
    store: str | None = None
    """Address of a PostgreSQL database for a new lab, postgresql://user@host/name, for many
    machines; a file in the folder if unset. The password comes from ~/.pgpass or PGPASSWORD."""
    out: Path | None = None
    """Folder of the page, figures and tables; studies/NAME if unset."""
    workers: int | None = pydantic.Field(default=None, ge=1)
    """Processes at work side by side; one a core if unset, one in all on a GPU."""


def run(config: StudyVerbConfig, console: Console) -> Outcome:
    """Do what is not done yet, and write the page.

    Raises:
        InputError: for an unknown study, preset or field, or a folder that cannot be used.
        InterruptedByUserError: if Ctrl-C stopped it; the same command goes on.
    """
    name, study = load_study(config.name)
    settings = study.configured(config.preset, dict(map(parse_setting, config.set)))
    lab = config.lab or Path("runs") / f"{name}-{config.preset}"
    workers = config.workers or default_workers()
    if workers > 1 and jax.default_backend() != "cpu":
        raise InputError("--workers above 1 is for CPUs: processes cannot share an accelerator")
    if config.store:
        place_database(lab, config.store)
    store = Store(lab)
    if name == config.name:  # by its path it would be code, which no lab may hand on
        announce_job(store, f"{JOB}{name}", settings.model_dump(mode="json"))
    console.print(f"{name}: {study.title}")
    console.print(f"lab {lab}, {workers} workers; Ctrl-C stops, the same command goes on")
    with Leases(store, workers) as leases:
        run_stages(study, settings, store, workers, console, leases)
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


def run_stages(
    study: Study[Any],
    settings: FrozenModel,
    store: Store,
    workers: int,
    console: Console,
    leases: Leases,
) -> None:
    """Do what is left of every stage, one stage after the other.

    Raises:
        InterruptedByUserError: if Ctrl-C stopped it.
    """
    for title, plan in study.stages:

        def left(title: str = title, plan: Callable[..., Sequence[Task]] = plan) -> list[Task]:
            if not (tasks := plan(store, settings)):
                console.print(f"{title}: done already")
            return [dataclasses.replace(task, name=f"{title}: {task.name}") for task in tasks]

        if not work_off(left, workers, leases, functools.partial(shown, console, title)):
            raise InterruptedByUserError
