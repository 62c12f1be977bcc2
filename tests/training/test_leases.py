"""Leases: each thing in a lab is worked on by one at a time, whoever is killed, silent or late."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from games.errors import InputError
from training.store import Lease, Leases, Store, WorkerRow

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from pathlib import Path
from training.store import Leases, Store
with Leases(Store(Path(sys.argv[1]))) as leases:
    leases.claim_or_refuse("long work", sys.argv[2:])
    print(leases.worker, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


def test_one_of_many_that_ask_at_once_gets_it(store):
    workers = [Leases(Store(store.folder)) for _ in range(8)]
    start, winners = threading.Barrier(len(workers)), []

    def ask(leases: Leases) -> None:
        start.wait()
        if leases.claim("task", ["a", "b"]):
            winners.append(leases.worker)

    threads = [threading.Thread(target=ask, args=(leases,)) for leases in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 1
    held = store.frame_query(sa.select(Lease.key, Lease.worker_id).order_by(Lease.key))[1]
    assert held == [("a", winners[0]), ("b", winners[0])]


def test_all_is_taken_or_nothing(store):
    with Leases(store) as one, Leases(store) as other:
        assert one.claim("one", ["b"])
        assert not other.claim("other", ["a", "b", "c"])
        assert one.standing("abc") == {"a": "free", "b": "free", "c": "free"}  # b is its own
        assert other.standing("abc") == {"a": "free", "b": "held", "c": "free"}
        with pytest.raises(InputError, match=rf"another hexlaw \({one.worker}\) is at work on it"):
            other.claim_or_refuse("it", ["b"])


def test_what_was_finished_after_the_listing_is_not_done_again(store):
    with Leases(store) as one, Leases(store) as late:
        one.list_anew()
        late.list_anew()
        assert one.claim("task", ["a"])
        one.give_back(["a"], finished=True, work=7.0, seconds=2.0)
        assert late.standing(["a"]) == {"a": "finished"}
        assert not late.claim("task", ["a"])
        assert late.met_others
        late.list_anew()  # it is listed again because there is more of it to do
        assert late.claim("task", ["a"])
    query = sa.select(WorkerRow.tasks, WorkerRow.work, WorkerRow.seconds).order_by(WorkerRow.began)
    assert store.frame_query(query)[1] == [(1, 7.0, 2.0), (0, 0.0, 0.0)]


def test_what_is_given_back_unfinished_is_free_and_so_is_all_at_the_end(store):
    with Leases(store) as one, Leases(store) as other:
        one.claim("task", ["a"])
        one.give_back(["a"], finished=False)
        assert other.claim("task", ["a"])
    with Leases(store) as later:
        assert later.standing(["a"]) == {"a": "free"}
    assert None not in [ended for (ended,) in store.frame_query(sa.select(WorkerRow.ended))[1]]


def wait_for(condition, seconds: float = 20.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.02)


def test_who_renews_keeps_its_lease_beyond_its_time_and_tells_how_far_it_is(store):
    with Leases(store, seconds=0.6, beat=0.1) as busy, Leases(store) as other:
        busy.claim("task", ["a"])
        busy.tell(["a"], 0.25)
        time.sleep(1.0)
        assert not busy.lost.is_set()
        assert other.standing(["a"]) == {"a": "held"}
        assert store.frame_query(sa.select(Lease.share))[1] == [(0.25,)]


def test_who_was_silent_for_too_long_loses_its_lease_and_hears_of_it(store):
    silent = Leases(store, seconds=0.2, beat=0.1)  # not entered: nothing renews
    assert silent.claim("task", ["a"])
    time.sleep(0.4)
    with Leases(store) as other:
        assert other.claim("task", ["a"])
        with silent:
            wait_for(silent.lost.is_set)
            silent.give_back(["a"], finished=True)  # of what is another's nothing is said
            assert silent.standing(["a"]) == {"a": "held"}


def test_who_cannot_reach_the_database_stops_before_its_lease_is_anybodys(store, monkeypatch):
    with Leases(store, seconds=1.0, beat=0.05) as leases:
        leases.claim("task", ["a"])

        def away(*_: object) -> None:
            raise InputError("no route to the database")

        monkeypatch.setattr(leases, "_renew", away)
        began = time.monotonic()
        wait_for(leases.lost.is_set)
        assert 0.5 < time.monotonic() - began < 1.0


def test_leases_of_a_killed_worker_of_this_machine_are_free_at_once(store):
    command = [sys.executable, "-c", HOLD, str(store.folder), "a"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    worker = process.stdout.readline().strip()
    assert str(process.pid) in worker
    with Leases(store) as other:
        assert other.standing(["a"]) == {"a": "held"}
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert other.standing(["a"]) == {"a": "free"}
        assert other.claim("task", ["a"])
