"""Tasks in this process and in others, and every way in which they can end."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from experiments.machine.parallel import Event, Task, Team, Worker, run_tasks, work_off
from games.errors import InputError
from training.store import Lease, Leases, Store, WorkerRow

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[2]


@pytest.fixture
def tasks(monkeypatch):
    """`parallel_tasks.py`, importable here and in the worker processes."""
    monkeypatch.syspath_prepend(FOLDER)
    yield importlib.import_module("parallel_tasks")
    sys.modules.pop("parallel_tasks")


def test_inline_tasks_run_in_order_and_tell_of_it(tasks, tmp_path):
    events: list[Event] = []
    todo = [Task(name, tasks.write, (tmp_path, name), work=w) for name, w in (("b", 1), ("a", 2))]
    assert run_tasks(todo, workers=1, listen=events.append) is True
    assert events == [
        Event("b", 0.5),
        Event("b", 1.0, over=True),
        Event("a", 0.5),
        Event("a", 1.0, over=True),
    ]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        "ab", str(os.getpid())
    )


def test_two_processes_work_side_by_side_and_tell_of_it(tasks, tmp_path):
    events: list[Event] = []
    todo = [Task(name, tasks.wait_for_others, (tmp_path, 2), work=1) for name in "ab"]
    assert run_tasks(todo, workers=2, listen=events.append) is True
    workers = {int(path.name.removeprefix("began-")) for path in tmp_path.iterdir()}
    assert len(workers) == 2
    assert os.getpid() not in workers
    for name in "ab":
        assert [event for event in events if event.name == name] == [
            Event(name, 1.0),
            Event(name, 1.0, over=True),
        ]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_task_raises_reaches_the_caller_and_the_others_may_save(tasks, tmp_path, workers):
    todo = [
        Task("bad", tasks.complain, (), work=2),
        Task("good", tasks.save_when_asked, (tmp_path,), work=1),
    ]
    with pytest.raises(InputError, match="this cannot be used; take another"):
        run_tasks(todo, workers)
    assert all(path.read_text() == "saved" for path in tmp_path.iterdir())


def test_a_killed_worker_is_bad_luck_in_one_line(tasks, tmp_path):
    todo = [Task(name, tasks.die, (), work=1) for name in "ab"]
    with pytest.raises(InputError, match=r"^a worker process was killed .*--workers"):
        run_tasks(todo, workers=2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_stops_inline_tasks_and_leaves_the_rest(tasks, tmp_path, number):
    def interrupt(worker: Worker) -> None:
        os.kill(os.getpid(), number)
        assert worker.should_stop()
        (tmp_path / "saved").touch()

    before = signal.getsignal(number)
    todo = [
        Task("first", interrupt, (), work=2),
        Task("second", tasks.write, (tmp_path, "second"), work=1),
    ]
    assert run_tasks(todo, workers=1) is False
    assert [path.name for path in tmp_path.iterdir()] == ["saved"]
    assert signal.getsignal(number) is before


def start(folder: Path) -> subprocess.Popen[str]:
    """Chatty tasks in a program of its own that leads a process group, as in a terminal."""
    folder.mkdir()
    process = subprocess.Popen(
        [sys.executable, str(FOLDER / "parallel_tasks.py"), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},  # this tree's code, wherever it is installed
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "starting\n"
    return process


def wait_until(condition, seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.01)


def at_work(folder: Path) -> list[str]:
    return [path.read_text() for path in folder.iterdir()]


def test_signals_let_the_tasks_save_also_while_workers_are_still_starting(tmp_path):
    """Ctrl-C reaches every process of the terminal, SIGTERM every one of a cluster's job, and again
    and again the parent in the middle of a message from a worker."""
    early, late = tmp_path / "early", tmp_path / "late"
    processes = [start(early), start(late)]
    time.sleep(0.3)
    os.killpg(processes[0].pid, signal.SIGINT)
    wait_until(lambda: at_work(late) == ["at work"] * 2)
    os.killpg(processes[1].pid, signal.SIGTERM)
    for process in processes:
        assert process.communicate(timeout=60) == ("stopped\n", "")
        assert process.returncode == 0
    assert at_work(early) == []
    assert at_work(late) == ["saved"] * 2


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_workers_end_with_a_parent_that_was_killed(tmp_path):
    """Else they would train on beside the same command, started again."""
    folder = tmp_path / "tasks"
    process = start(folder)
    wait_until(lambda: at_work(folder) == ["at work"] * 2)
    process.kill()
    process.communicate(timeout=60)
    wait_until(lambda: all(is_gone(int(path.name)) for path in folder.iterdir()))
    assert at_work(folder) == ["at work"] * 2


def test_a_task_that_suits_every_worker_waits_for_no_other(tasks, tmp_path):
    """In a second call, when both workers have been at places of which more tasks wait."""

    def todo(*places: str | None) -> list[Task]:
        return [
            Task(f"{place}{k}", tasks.write, (tmp_path, f"{place}{k}"), work=1, place=place)
            for k, place in enumerate(places)
        ]

    with Team(2) as team:
        run_tasks(todo("here", "there"), team)
        for path in tmp_path.iterdir():
            path.unlink()
        run_tasks(todo(None, *["here"] * 3, *["there"] * 3), team)
    when = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    worker = (tmp_path / "None0").read_text()
    same = [path.name for path in tmp_path.iterdir() if path.read_text() == worker]
    assert len(when) == 7
    assert min(same, key=lambda name: when[name]) == "None0"


def test_tasks_of_two_commands_are_each_done_once_and_all_are_waited_for(tasks, tmp_path):
    """The second command gets its list before the first has done anything."""
    store, done = Store(tmp_path / "lab"), tmp_path / "done"
    done.mkdir()
    heard: dict[str, list[str]] = {"one": [], "other": []}
    todo = [Task(f"{k}", tasks.write_once, (done, f"{k}"), work=1) for k in range(6)]

    def command(name: str) -> None:
        def listen(event: Event) -> None:
            if event.over:
                heard[name].append(event.name)

        with Leases(store) as leases:
            listed.wait()
            assert run_tasks(todo, 1, listen, leases)
            assert len(list(done.iterdir())) == len(todo)

    listed = threading.Barrier(2)
    threads = [threading.Thread(target=command, args=(name,)) for name in heard]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: sorted(names) for name, names in heard.items()} == dict.fromkeys(
        heard, sorted(task.name for task in todo)
    )
    tallies = store.frame_query(sa.select(WorkerRow.tasks, WorkerRow.work))[1]
    assert sum(done for done, _ in tallies) == len(todo)
    assert all(done > 0 and done == work for done, work in tallies)


def test_a_task_whose_lease_was_lost_is_stopped_and_what_is_left_is_listed_anew(tasks, tmp_path):
    store = Store(tmp_path / "lab")
    lists = iter([["slow"], ["again"], []])
    told: list[str] = []

    with Leases(store, beat=0.05) as leases:

        def slow(worker: Worker) -> None:
            with store.session() as session:  # as if another worker had taken it
                session.execute(sa.update(Lease).values(worker_id="another", until=0.0))
            wait_until(worker.should_stop)
            told.append("stopped")

        def work(name: str) -> Task:
            run = slow if name == "slow" else lambda worker: told.append(name)
            return Task(name, run, (), 1.0)

        assert work_off(
            lambda: [work(name) for name in next(lists)],
            1,
            leases,
            lambda tasks: contextlib.nullcontext(lambda event: None),
        )
    assert told == ["stopped", "again"]


def test_each_process_of_a_team_has_its_own_environment(tasks, tmp_path):
    todo = [Task(name, tasks.see, (tmp_path, name), 1.0) for name in ("one", "other")]
    with Team(2, [{"CUDA_VISIBLE_DEVICES": gpu} for gpu in ("5", "7")]) as team:
        assert run_tasks(todo, team)
    assert {path.read_text() for path in tmp_path.iterdir()} == {"5", "7"}
