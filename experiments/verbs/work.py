"""`hexlaw work`: help with what a lab was made for, from wherever its folder can be seen.

Any number of these may be at work in a lab, beside the command that began it; they may come and go.
Leases in the lab's store say who does what (docs/scaling.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydantic
from rich.console import Console

from experiments.executors import Local, choose_executor
from experiments.machine.parallel import Team
from experiments.players.agents import open_lab
from experiments.reproduction import jones2021
from experiments.reproduction.recipe import parse_setting
from experiments.studies.discovery import find_studies
from experiments.verb import Outcome, VerbConfig
from experiments.verbs import study as study_verb
from games.config import describe
from games.errors import InputError
from training.store import Store, jobs_of, place_database


class WorkConfig(VerbConfig, frozen=True):
    """Help with what is being done in a lab, until nothing is left to do."""

    lab: Path = Path("runs/laptop")
    """The lab that `hexlaw reproduce` or `hexlaw study` has begun."""
    store: str | None = None
    """Address of the lab's database, where this machine has not been told to connect to it yet."""
    workers: int | None = pydantic.Field(default=None, ge=1)
    """Processes at work side by side; one a core if unset, one in all on a GPU."""
    executor_set: tuple[str, ...] = ()
    """Settings of the executor `local`, e.g. gpus=[0,1] per_gpu=2."""


def work(config: WorkConfig, console: Console) -> Outcome:
    """Do what nobody else is doing, and wait for others where it builds on theirs.

    Raises:
        InputError: if there is no such lab, nothing was begun in it, or it cannot be gone on with.
        InterruptedByUserError: if it was stopped; the same command goes on.
    """
    if config.store:
        place_database(config.lab, config.store)
    store = open_lab(config.lab, read_only=False)
    jobs = jobs_of(store)
    if not jobs:
        raise InputError(
            f"nothing was begun in {config.lab} that could be helped with: begin it with hexlaw "
            f"reproduce or hexlaw study, --lab {config.lab}"
        )
    local = choose_executor("local", dict(map(parse_setting, config.executor_set)), Local())
    assert isinstance(local, Local)
    for name, settings in jobs.items():
        team = local.team(config.workers)
        console.print(f"{name}: lab {config.lab}, {team.workers} workers; Ctrl-C stops")
        if name == jones2021.JOB:
            plan, kinds = jones2021.announced_plan(store, settings)
            jones2021.run_plan(store, plan, team, console, kinds)
        else:
            _help_with_study(store, name, settings, team, console)
    return Outcome({"lab": str(config.lab), "jobs": list(jobs)})


def _help_with_study(
    store: Store, job: str, settings: dict[str, Any], team: Team, console: Console
) -> None:
    study = find_studies().get(job.removeprefix(study_verb.JOB))
    if study is None:
        raise InputError(f"{store.folder}: this version of hexlaw has no {job}")
    kind = type(next(iter(study.presets.values())))
    try:
        configured = kind.model_validate(settings)
    except pydantic.ValidationError as error:
        raise InputError(
            f"{store.folder}: {job} was begun by another version of hexlaw: {describe(error)}"
        ) from error
    study_verb.run_stages(study, configured, store, team, console)
