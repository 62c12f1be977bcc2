"""What faults do to a lab that many work in, and how many rows a minute it takes.

    .venv/bin/python benchmarks/store_faults.py faults 200 sqlite
    .venv/bin/python benchmarks/store_faults.py faults 200 postgres
    .venv/bin/python benchmarks/store_faults.py load 4 sqlite
    .venv/bin/python benchmarks/store_faults.py load 16 postgres

`faults` lets four workers do cheap tasks, each of which writes a match and, later, its game, and
meanwhile does them so many wrongs, drawn at random: killed with -9; frozen until their leases have
run out, then woken; and, of a server, restarted at once, or the network cut (a proxy that stops).
Then it compares every row with what it should be, bit for bit. `load` lets so many processes write
matches, one transaction each, for ten seconds. PostgreSQL is started from what the machine has
installed, on loopback, with its data in a temporary folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from experiments.machine.parallel import Task, Worker, work_off
from games.errors import InputError
from tests.cut_proxy import CutProxy
from tests.postgres_server import Server
from training.store import Agent, Game, Leases, Match, Store, add_missing, place_database, put

FORK = multiprocessing.get_context("fork")  # nothing here starts a thread or JAX before
WORKERS, TASKS = 4, 40  # at the same time; in a generation
LEASE, BEAT = 1.5, 0.2  # seconds


def game_of(generation: int, index: int) -> bytes:
    """What the game of a task must hold."""
    return hashlib.sha256(f"{generation}/{index}".encode()).digest()


def play(worker: Worker, lab: Path, generation: int, index: int) -> None:
    """Write a match, and after a while its game; again if it was interrupted in between."""
    store = Store(lab)
    key = {"tournament": f"g{generation}", "round": index, "black_id": 1, "white_id": 2}
    counts = {"games": 1, "distinct_games": 1, "black_wins": index % 2, "white_wins": 1 - index % 2}
    with store.session() as session:
        put(session, Match, key, counts)
    time.sleep(random.uniform(0.0, 0.1))
    if worker.should_stop():
        return
    with store.session() as session:
        match = session.scalars(sa.select(Match.id).filter_by(**key)).one()
        values = {"opening_plies": 0, "moves": game_of(generation, index), "winner": 0, "seed": 0}
        put(session, Game, {"match_id": match, "index": 0}, values)


def finished(store: Store, generation: int) -> set[int]:
    """Tasks of a generation whose rows are there."""
    query = sa.select(Match.round).join(Game, Game.match_id == Match.id)
    query = query.where(Match.tournament == f"g{generation}")
    return {index for (index,) in store.frame_query(query)[1]}


def work(lab: Path, generations: int) -> None:
    """Be a worker until all generations are done."""
    store = Store(lab)

    def left(generation: int) -> list[Task]:
        done = finished(store, generation)
        return [
            Task(f"{generation}/{index}", play, (lab, generation, index), 1.0)
            for index in range(TASKS)
            if index not in done
        ]

    with Leases(store, seconds=LEASE, beat=BEAT) as leases:
        for generation in range(generations):
            while left(generation):
                work_off(
                    lambda generation=generation: left(generation), 1, leases,
                    lambda tasks: contextlib.nullcontext(lambda event: None),
                )  # fmt: skip


def keep_working(lab: Path, generations: int) -> None:
    """A supervisor's part: whoever ends before all is done begins again."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        try:
            return work(lab, generations)
        except InputError:
            time.sleep(0.3)


class Faults:
    """Wrongs done to workers and to their database."""

    def __init__(self, lab: Path, generations: int, server: Server | None, proxy: CutProxy | None):
        self._lab, self._generations, self._server, self._proxy = lab, generations, server, proxy
        self.workers = [self._start() for _ in range(WORKERS)]
        self.count: dict[str, int] = {}

    def _start(self) -> BaseProcess:
        process = FORK.Process(target=keep_working, args=(self._lab, self._generations))
        process.start()
        return process

    def one(self, rng: random.Random) -> None:
        """Do one, drawn at random."""
        kinds: list[Callable[[random.Random], None]] = [self.kill] * 6 + [self.freeze] * 2
        if self._server is not None:
            kinds += [self.restart, self.cut]
        kind = rng.choice(kinds)
        kind(rng)
        self.count[kind.__name__] = self.count.get(kind.__name__, 0) + 1

    def kill(self, rng: random.Random) -> None:
        """End a worker with -9; another takes its place."""
        place = rng.randrange(WORKERS)
        pid = self.workers[place].pid
        assert pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.workers[place].join()
        self.workers[place] = self._start()

    def freeze(self, rng: random.Random) -> None:
        """Let a worker's leases run out while it is at work."""
        pid = rng.choice(self.workers).pid
        assert pid is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(LEASE + 0.3)
            os.kill(pid, signal.SIGCONT)

    def restart(self, rng: random.Random) -> None:
        """Stop the database's server at once, and start it again."""
        assert self._server is not None
        self._server.stop()
        time.sleep(rng.uniform(0.0, 1.0))
        self._server.start()

    def cut(self, rng: random.Random) -> None:
        """Cut the network to it for a while."""
        assert self._proxy is not None
        self._proxy.cut()
        time.sleep(rng.uniform(0.5, 3.0))
        self._proxy.mend()


def faults(lab: Path, wanted: int, server: Server | None, proxy: CutProxy | None) -> dict:
    """Do so many wrongs, let the workers finish, and compare."""
    generations = max(1, wanted // 3)
    _begin(lab)
    rng, began = random.Random(0), time.monotonic()
    wrongs = Faults(lab, generations, server, proxy)
    while sum(wrongs.count.values()) < wanted and any(w.is_alive() for w in wrongs.workers):
        wrongs.one(rng)
        time.sleep(rng.uniform(0.0, 0.3))
    for worker in wrongs.workers:
        worker.join()
    store = Store(lab)
    query = sa.select(Match.tournament, Match.round, Match.black_wins, Game.moves)
    rows = sorted(store.frame_query(query.join(Game, Game.match_id == Match.id))[1])
    expected = sorted(
        (f"g{generation}", index, index % 2, game_of(generation, index))
        for generation in range(generations)
        for index in range(TASKS)
    )
    return {
        "faults": wrongs.count,
        "tasks": len(expected),
        "lost": len(set(expected) - set(rows)),
        "doubled": len(rows) - len(set(rows)),
        "changed": len(set(rows) - set(expected)),
        "seconds": round(time.monotonic() - began, 1),
    }


def _begin(lab: Path) -> None:
    agent = {"kind": "random", "game": "hex", "boardsize": 3, "search_id": ""}
    store = Store(lab)
    with store.session() as session:
        add_missing(session, Agent, [agent | {"spec": f"p{k}"} for k in range(2)])
    store.close()


def load(lab: Path, writers: int, seconds: float = 10.0) -> dict:
    """Matches that so many processes write in a minute, one transaction each."""
    _begin(lab)
    queue = FORK.SimpleQueue()

    def write(number: int) -> None:
        store, count, limit = Store(lab), 0, time.monotonic() + seconds
        while time.monotonic() < limit:
            key = {"tournament": f"w{number}", "round": count, "black_id": 1, "white_id": 2}
            counts = {"games": 1, "distinct_games": 1, "black_wins": 1, "white_wins": 0}
            with store.session() as session:
                put(session, Match, key, counts)
            count += 1
        queue.put(count)

    processes = [FORK.Process(target=write, args=(number,)) for number in range(writers)]
    for process in processes:
        process.start()
    counts = [queue.get() for _ in processes]
    for process in processes:
        process.join()
    return {"writers": writers, "rows_per_minute": round(sum(counts) * 60 / seconds)}


@contextlib.contextmanager
def place(kind: str) -> Iterator[tuple[Path, Server | None, CutProxy | None]]:
    """A new lab in a temporary folder, its server and the network to it."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder) / "lab"
        if kind != "postgres":
            yield lab, None, None
            return
        os.environ["XDG_CONFIG_HOME"] = folder
        server = Server()
        server.start()
        proxy = CutProxy(server.port)
        try:
            place_database(lab, server.address("lab", proxy.port))
            yield lab, server, proxy
        finally:
            proxy.close()
            server.remove()


if __name__ == "__main__":
    what, number, where = sys.argv[1:]
    with place(where) as (lab_, server_, proxy_):
        told = (
            faults(lab_, int(number), server_, proxy_)
            if what == "faults"
            else load(lab_, int(number))
        )
    print(json.dumps({"database": where, **told}))
