"""Watching workers that run elsewhere, by what they write into the lab's store."""

from __future__ import annotations

import threading
import time
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from experiments.executors.executor import Executor, Running
from experiments.machine.signals import signals_set
from experiments.verb import InterruptedByUserError
from training.store import Lease, Store, StoreAwayError, WorkerRow
from training.store.leases import clock

SECONDS_BETWEEN_LOOKS = 1.0
LOGS = "logs"  # folder in a lab of what workers print that were started elsewhere


def work_elsewhere(executor: Executor, store: Store, workers: int, console: Console) -> None:
    """Start workers in a lab and tell of what they do until all have ended.

    Raises:
        InputError: if they cannot be started.
        InterruptedByUserError: if a signal stopped them.
    """
    logs = (store.folder / LOGS).absolute()
    console.print(*executor.describe_places(workers), sep="\n")
    console.print(f"logs: {logs}")
    running = executor.start(store.folder, workers, logs)
    if running is not None and not watch(running, store, console):
        raise InterruptedByUserError


def watch(running: Running, store: Store, console: Console) -> bool:
    """Tell of what workers do until all have ended; false if a signal stopped them."""
    stop, since = threading.Event(), clock(store)
    with signals_set(stop):
        while alive := running.alive():
            if stop.is_set():
                console.print(f"stopping {alive} workers …")
                running.stop()
                return False
            since = _tell_finished(store, since, alive, console)
            time.sleep(SECONDS_BETWEEN_LOOKS)
    _tell_finished(store, since, 0, console)
    return True


def _tell_finished(store: Store, since: float, alive: int, console: Console) -> float:
    query = (
        sa.select(Lease.task, Lease.worker_id, sa.func.max(Lease.finished))
        .where(Lease.finished > since)
        .group_by(Lease.task, Lease.worker_id)
        .order_by(sa.func.max(Lease.finished))
    )
    try:
        rows = store.frame_query(query)[1]
    except StoreAwayError:
        return since
    for task, worker, finished in rows:
        console.print(f"  {task}: done by {worker} ({alive} workers alive)")
        since = max(since, finished)
    return since


def show_workers(store: Store, console: Console) -> list[dict[str, Any]]:
    """Print who is at work in a lab, on what, how fast, and when each was last heard of; returns
    the rows. Nothing is printed where nobody is."""
    now = clock(store)
    query = sa.select(WorkerRow).where(WorkerRow.ended.is_(None)).order_by(WorkerRow.began)
    held = sa.select(Lease.worker_id, Lease.task, Lease.share).where(
        Lease.finished.is_(None), Lease.until > 0
    )
    tasks: dict[str, dict[str, float]] = {}
    for worker, task, share in store.frame_query(held.order_by(Lease.since))[1]:
        tasks.setdefault(worker, {})[task] = share
    rows = []
    with store.session() as session:
        for worker in session.scalars(query):
            rate = worker.work * worker.processes / worker.seconds if worker.seconds else None
            rows.append(
                {
                    "worker": worker.id, "processes": worker.processes, "done": worker.tasks,
                    "evaluations_per_second": rate, "seconds_since_seen": now - worker.seen,
                    "at_work_on": tasks.get(worker.id, {}),
                }
            )  # fmt: skip
    if rows:
        columns = ("worker", "processes", "tasks done", "evaluations/s", "heard", "at work on")
        table = Table(*columns, box=None)
        for row in rows:
            rate = row["evaluations_per_second"]
            at_work = "; ".join(f"{name} {share:.0%}" for name, share in row["at_work_on"].items())
            table.add_row(
                row["worker"], str(row["processes"]), str(row["done"]),
                "–" if rate is None else f"{rate:,.0f}",
                f"{row['seconds_since_seen']:.0f} s ago", at_work or "waiting",
            )  # fmt: skip
        console.print(table)
    return rows
