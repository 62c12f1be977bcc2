"""Leases: many workers share a lab, and each thing in it is worked on by one at a time.

A worker takes a lease before it begins a task, renews all it has every few seconds, and gives each
back when its task is done or stopped. One that was killed renews nothing: after `LEASE_SECONDS` its
leases are anybody's, at once where its death can be seen. A worker that cannot renew in time must
count them as lost before anybody else may take them. Results are safe without any of this, since
the same task done twice leaves the same rows; leases only keep work from being done twice.
docs/decisions/0012-leases.md has the reasons.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import psutil
import sqlalchemy as sa
from sqlalchemy import orm

from games.errors import InputError
from training.store.lab import Store, StoreAwayError
from training.store.sharing import Lease, WorkerRow
from training.store.writing import insert_or

LEASE_SECONDS = 120.0
"""How long a worker may be silent. A solver's answer can hold a process's threads for a minute."""
BEAT_SECONDS = 10.0  # between renewals
PATIENCE_SECONDS = 600.0  # for a database that is away: restarted, or behind a cut network

Standing = Literal["free", "held", "finished"]


class Leases:
    """What one worker holds in a lab. Use it in a `with` block: all is given back at its end.

    Args:
        store: the lab.
        processes: how many processes the worker works with, for others to read.
        seconds: how long a lease lasts without renewal.
        beat: seconds between renewals.
    """

    def __init__(
        self,
        store: Store,
        processes: int = 1,
        *,
        seconds: float = LEASE_SECONDS,
        beat: float = BEAT_SECONDS,
    ) -> None:
        self.worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        self.lost = threading.Event()
        """Set once a lease could not be renewed: who holds it must stop, and look anew."""
        self.met_others = False
        """Whether another worker had a hand in what was listed last."""
        self._store, self._processes, self._seconds, self._beat = store, processes, seconds, beat
        self._shares: dict[str, float] = {}  # of what is held, by key
        self._listed = 0.0
        self._renewed = time.monotonic()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> Leases:
        now = clock(self._store)
        row = {
            "id": self.worker, "host": socket.gethostname(), "space": _process_space(),
            "pid": os.getpid(), "processes": self._processes, "began": now, "seen": now,
        }  # fmt: skip
        with self._store.session() as session:
            session.add(WorkerRow(**row))
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        # Where the database is away, what is held expires by itself.
        with contextlib.suppress(InputError), self._store.session() as session:
            now = _now(session)
            mine = sa.and_(Lease.worker_id == self.worker, Lease.finished.is_(None))
            session.execute(sa.update(Lease).where(mine).values(until=0.0))
            own = sa.update(WorkerRow).where(WorkerRow.id == self.worker)
            session.execute(own.values(seen=now, ended=now))

    def list_anew(self) -> None:
        """To be called before tasks are listed by what the lab holds: a task that somebody
        finishes later may be among them, and is not to be done again."""
        self.lost.clear()
        self.met_others = False
        self._listed = clock(self._store)

    def standing(self, keys: Iterable[str]) -> dict[str, Standing]:
        """Which are free or ours, which others hold, which were finished since the listing."""
        wanted = set(keys)
        found: dict[str, Standing] = dict.fromkeys(wanted, "free")
        with self._store.session() as session:
            now, free = _now(session), [self.worker, *_dead_workers(session)]
            for lease in session.scalars(sa.select(Lease).where(Lease.key.in_(wanted))):
                if lease.finished is not None and lease.finished >= self._listed:
                    found[lease.key] = "finished"
                elif lease.finished is None and lease.until >= now and lease.worker_id not in free:
                    found[lease.key] = "held"
        self.met_others |= bool({"held", "finished"} & set(found.values()))
        return found

    def claim(self, task: str, keys: Sequence[str]) -> bool:
        """Take leases on all of these, or on none if one is not free."""
        with self._store.session() as session:
            now, nobodys = _now(session), [self.worker, *_dead_workers(session)]
            row = {
                "worker_id": self.worker, "task": task, "since": now, "share": 0.0,
                "until": now + self._seconds, "finished": None,
            }  # fmt: skip
            free = sa.case(
                (Lease.finished.is_not(None), Lease.finished < self._listed),
                else_=sa.or_(Lease.until < now, Lease.worker_id.in_(nobodys)),
            )
            for key in sorted(keys):  # in one order: two workers must not wait for each other
                taken = insert_or(session, Lease).values(key=key, **row)
                taken = taken.on_conflict_do_update(index_elements=["key"], set_=row, where=free)
                if session.scalar(taken.returning(Lease.key)) is None:
                    session.rollback()
                    self.met_others = True
                    return False
        with self._lock:
            self._shares |= dict.fromkeys(keys, 0.0)
            self._renewed = time.monotonic()
        return True

    def has(self, keys: Iterable[str]) -> bool:
        """Whether this worker holds one of these, as far as it knows."""
        with self._lock:
            return not self._shares.keys().isdisjoint(keys)

    def claim_or_refuse(self, task: str, keys: Sequence[str]) -> None:
        """As `claim`, for work that is not to be waited for.

        Raises:
            InputError: if another worker holds one of these; it is named.
        """
        self.list_anew()
        if self.claim(task, keys):
            return
        query = sa.select(Lease.worker_id).where(Lease.key.in_(keys), Lease.finished.is_(None))
        with self._store.session() as session:
            holder = session.scalar(query.where(Lease.until > 0).limit(1))
        raise InputError(
            f"another hexlaw ({holder}) is at work on {task} in {self._store.folder}; wait for it "
            "or choose another lab"
        )

    def tell(self, keys: Iterable[str], share: float) -> None:
        """Say what share of a task is done; written with the next renewal."""
        with self._lock:
            self._shares |= dict.fromkeys(self._shares.keys() & set(keys), share)

    def give_back(
        self, keys: Iterable[str], *, finished: bool, work: float = 0.0, seconds: float = 0.0
    ) -> None:
        """Let others have these; or say that their task is done, and what it was and took."""
        with self._lock:
            for key in keys:
                self._shares.pop(key, None)
        with self._store.session() as session:
            now = _now(session)
            # Of what has meanwhile become another's, nothing is said.
            mine = sa.and_(Lease.worker_id == self.worker, Lease.key.in_(set(keys)))
            left = {"share": 1.0, "finished": now} if finished else {}
            session.execute(sa.update(Lease).where(mine).values(until=0.0, **left))
            if finished:
                own = sa.update(WorkerRow).where(WorkerRow.id == self.worker)
                spent = {"work": WorkerRow.work + work, "seconds": WorkerRow.seconds + seconds}
                session.execute(own.values(seen=now, tasks=WorkerRow.tasks + 1, **spent))

    def wait_for_the_store(self) -> None:
        """Come back once the database can be reached again.

        Raises:
            StoreAwayError: if it could not for `PATIENCE_SECONDS`.
        """
        limit = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                clock(self._store)
                return
            except StoreAwayError:
                if time.monotonic() > limit:
                    raise
                time.sleep(1.0)

    def _keep(self) -> None:
        """Renew until the end; whatever keeps us from it, notice in time that leases are lost."""
        while not self._over.wait(self._beat):
            with self._lock:
                shares = dict(self._shares)
            began = time.monotonic()
            try:
                renewed = self._renew(shares)
            except InputError:  # the database is away; it may come back in time
                renewed = None
            if renewed is not None:
                self._renewed = began
            with self._lock:
                gone = renewed is not None and (shares.keys() & self._shares.keys()) - renewed
            if gone or (shares and time.monotonic() - self._renewed > 0.75 * self._seconds):
                self.met_others = True
                self.lost.set()

    def _renew(self, shares: Mapping[str, float]) -> set[str]:
        """Say that this worker is alive; returns those of its leases that it still has."""
        renewed = set()
        with self._store.session() as session:
            now = _now(session)
            session.execute(
                sa.update(WorkerRow).where(WorkerRow.id == self.worker).values(seen=now)
            )
            for key, share in sorted(shares.items()):
                mine = sa.and_(
                    Lease.key == key, Lease.worker_id == self.worker, Lease.finished.is_(None)
                )
                kept = sa.update(Lease).where(mine, Lease.until > 0)
                kept = kept.values(until=now + self._seconds, share=share)
                renewed |= set(session.scalars(kept.returning(Lease.key)))
        return renewed


def clock(store: Store) -> float:
    """What time it is for the database, in seconds since 1970."""
    with store.session() as session:
        return _now(session)


def _now(session: orm.Session) -> float:
    if session.get_bind().dialect.name == "sqlite":
        return time.time()  # a file that is open in WAL mode is on this machine
    return float(session.scalars(sa.select(sa.extract("epoch", sa.func.clock_timestamp()))).one())


def _dead_workers(session: orm.Session) -> list[str]:
    """Workers of this machine that were killed."""
    query = sa.select(WorkerRow.id, WorkerRow.pid).where(
        WorkerRow.space == _process_space(), WorkerRow.ended.is_(None), WorkerRow.pid != os.getpid()
    )
    return [worker for worker, pid in session.execute(query) if not psutil.pid_exists(pid)]


@functools.cache
def _process_space() -> str:
    """Where a process's number means a process: this machine since it was booted, and in it this
    container."""
    names = [socket.gethostname(), f"{psutil.boot_time():.0f}"]
    with contextlib.suppress(OSError):
        names.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256(" ".join(names).encode()).hexdigest()[:12]
