"""Tables of work in progress: who is at work in a lab, on what, and what the lab was made for.

They say nothing of results: a lab without them is as good. Times are seconds since 1970 by the
database's own clock, so that workers need not agree on one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import orm

from training.store.schema import Table


class Lease(Table):
    """Something that only one worker may be at work on, such as a run or a tournament."""

    __tablename__ = "lease"

    key: orm.Mapped[str] = orm.mapped_column(
        primary_key=True, doc="What it is: the name of a run or tournament, or of a task."
    )
    worker_id: orm.Mapped[str] = orm.mapped_column(doc="The worker that has it, or had it last.")
    task: orm.Mapped[str] = orm.mapped_column(doc="Title of the task that it was taken for.")
    since: orm.Mapped[float] = orm.mapped_column(doc="When it was taken.")
    until: orm.Mapped[float] = orm.mapped_column(
        doc="When it is anybody's again unless its worker renews it; 0 once it was given back."
    )
    share: orm.Mapped[float] = orm.mapped_column(
        default=0.0, doc="Share of the task that was done when its worker last said so."
    )
    finished: orm.Mapped[float | None] = orm.mapped_column(
        doc="When the task was done; empty while it is not."
    )


class WorkerRow(Table):
    """A command that is or was at work in the lab, with all its processes."""

    __tablename__ = "worker"

    id: orm.Mapped[str] = orm.mapped_column(
        primary_key=True, doc="Its name: host, process and some letters."
    )
    host: orm.Mapped[str] = orm.mapped_column(doc="Name of the machine it runs on.")
    space: orm.Mapped[str] = orm.mapped_column(
        doc="Digest of the machine's boot and process numbering: where it is equal, `pid` means "
        "the same process."
    )
    pid: orm.Mapped[int] = orm.mapped_column(doc="Number of its process there.")
    processes: orm.Mapped[int] = orm.mapped_column(doc="Processes that it works with.")
    began: orm.Mapped[float] = orm.mapped_column(doc="When it began.")
    seen: orm.Mapped[float] = orm.mapped_column(doc="When it last said that it is at work.")
    ended: orm.Mapped[float | None] = orm.mapped_column(
        doc="When it ended in order; empty of one that is at work or was killed."
    )
    tasks: orm.Mapped[int] = orm.mapped_column(default=0, doc="Tasks that it has done.")
    work: orm.Mapped[float] = orm.mapped_column(
        default=0.0, doc="Their work together, in network evaluations, about."
    )
    seconds: orm.Mapped[float] = orm.mapped_column(
        default=0.0, doc="What they took, of one process."
    )


class JobRow(Table):
    """What a lab was made for, so that `hexlaw work` can help with it."""

    __tablename__ = "job"

    id: orm.Mapped[str] = orm.mapped_column(
        primary_key=True, doc="Its name: `reproduce`, or `study` and the study's name."
    )
    settings: orm.Mapped[dict[str, Any]] = orm.mapped_column(
        doc="The plan, or the study's configuration, as JSON."
    )
