"""Flags of the commands whose work may be done elsewhere."""

from __future__ import annotations

from typing import Annotated

import pydantic
import tyro

from experiments.verb import VerbConfig


class WorkplaceConfig(VerbConfig, frozen=True):
    """Where the lab's database is, and who does the work."""

    store: str | None = None
    """Address of a PostgreSQL database for a new lab, postgresql://user@host/name, for many
    machines; a file in the folder if unset. The password comes from ~/.pgpass or PGPASSWORD."""
    workers: int | None = pydantic.Field(default=None, ge=1)
    """Processes at work side by side, of each job if there are several; one a core if unset, one in
    all on a GPU."""
    executor: str | None = None
    """Where the work is done: local (this command), submitit (Slurm) or ray; docs/scaling.md."""
    executor_set: tuple[str, ...] = ()
    """Its settings, e.g. jobs=8 gpus=1 partition=gpu."""
    tracker: str | None = None
    """Hand the metrics of training to a tracker too: tensorboard, wandb or trackio, in
    LAB/TRACKER."""
    dry_run: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Say what is left to do and what would run where, and do nothing."""
