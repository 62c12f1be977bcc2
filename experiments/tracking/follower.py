"""What is new in a lab's table of metrics, handed to a tracker while others write it.

The store is what is true: whoever trains, here, in another process or on another machine, writes
there alone, so that a tracker never slows a run down nor ends it. How far a run was handed on
stands in `sent.json` beside the tracker's files; what was trained without a tracker, or before, is
handed on when one is named.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from rich.console import Console

from experiments.tracking.tracker import TRACKERS, RunLog, Tracker
from games.errors import InputError
from games.text.plain_json import from_json, to_json
from training.files import write_atomically
from training.store import Metric, Run, Store, StoreAwayError

SECONDS_BETWEEN_LOOKS = 5.0
NAMES = [
    column.name
    for column in Metric.__table__.columns
    if column.name not in ("id", "run_id", "samples", "boards")
]
"""What is handed on, against samples."""


@contextlib.contextmanager
def tracked(store: Store, kind: str | None, console: Console) -> Iterator[None]:
    """Hand the lab's metrics to a tracker, until the end of the block; to none if `kind` is None.

    Raises:
        InputError: if there is no such tracker, or its library is not installed.
    """
    if kind is None:
        yield
        return
    try:
        tracker: Tracker = TRACKERS.parse(kind)
    except ValueError as error:
        raise InputError(f"--tracker: {error}") from error
    follower, over = Follower(store, tracker), threading.Event()
    tracker.library(follower.folder)  # refused now if it is not there
    console.print(f"{tracker.kind}: {follower.folder}")

    def follow() -> None:
        try:
            while not over.wait(SECONDS_BETWEEN_LOOKS):
                follower.look()
            follower.look()
        except Exception as error:  # whatever a library raises: the work goes on without it
            console.print(f"{tracker.kind}: no longer tracked ({error})")
        finally:
            follower.close()

    thread = threading.Thread(target=follow, name="tracker")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Follower:
    """A tracker, and how far each run of a lab was handed to it."""

    def __init__(self, store: Store, tracker: Tracker) -> None:
        self.folder = store.folder / tracker.kind
        self._store, self._tracker = store, tracker
        self._open: dict[str, RunLog] = {}
        self._note = self.folder / "sent.json"
        self._sent: dict[str, int] = {}
        """Samples at the last row that was handed on, by run."""
        if self._note.exists():
            noted = from_json(self._note.read_text())
            self._sent = {str(run): int(samples) for run, samples in noted.items()}

    def look(self) -> None:
        """Hand on what is new; nothing while the database is away."""
        newest = (
            sa.select(Metric.run_id, Run.status, sa.func.max(Metric.samples))
            .join(Run, Metric.run_id == Run.id)
            .group_by(Metric.run_id, Run.status)
        )
        try:
            for run, status, samples in self._store.frame_query(newest)[1]:
                if samples > self._sent.get(run, -1):
                    self._hand_on(run)
                if status != "running" and run in self._open:
                    self._open.pop(run).close()
        except StoreAwayError:
            return

    def close(self) -> None:
        """Close what is open."""
        for log in self._open.values():
            with contextlib.suppress(Exception):  # each is closed, whatever became of the others
                log.close()
        self._open.clear()

    def _hand_on(self, run: str) -> None:
        columns = [getattr(Metric, name) for name in ("samples", "boards", *NAMES)]
        query = sa.select(*columns).where(
            Metric.run_id == run, Metric.samples > self._sent.get(run, -1)
        )
        rows = self._store.frame_query(query.order_by(Metric.samples))[1]
        if run not in self._open:
            self._open[run] = self._tracker.open(self.folder, run, self._config(run), rows[0][0])
        log = self._open[run]
        for samples, boards, *values in rows:
            named = dict(zip(NAMES, values, strict=True))
            for size, own in (boards or {}).items():  # trackers group what stands before a slash
                named |= {f"{size}x{size}/{name}": value for name, value in own.items()}
            told = {name: float(value) for name, value in named.items() if value is not None}
            log.log(samples, told)
        log.flush()
        self._sent[run] = rows[-1][0]
        write_atomically(self._note, to_json(self._sent).encode())

    def _config(self, run: str) -> dict[str, Any]:
        with self._store.session() as session:
            return dict(session.scalars(sa.select(Run.config).where(Run.id == run)).one())
