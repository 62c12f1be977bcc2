"""Many independent tasks on the cores of this machine.

Each task is a function of picklable arguments plus a `Worker`, through which it reports its
progress and learns that it should stop. Tasks leave their results in the store, so this module
keeps none: killed work is done again by the same command.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from multiprocessing import resource_tracker
from multiprocessing.managers import SyncManager
from typing import Any, Protocol

import jax

from experiments.machine.clock import CLOCK, Spent
from games.errors import InputError

SECONDS_BETWEEN_REPORTS = 0.2  # each costs two messages between processes


@dataclasses.dataclass(frozen=True)
class Task:
    """One piece of work: `run(worker, *args)`."""

    name: str
    run: Callable[..., Any]
    args: tuple[Any, ...]
    work: float
    """Expected cost in any unit, the same for all tasks of a call."""
    place: Hashable = None
    """What its programs are compiled for: a worker does tasks of one place after each other. None
    suits every worker."""


@dataclasses.dataclass(frozen=True)
class Event:
    """News of a task: the share of its work that is done, and whether it is over."""

    name: str
    share: float
    over: bool = False
    spent: Spent | None = dataclasses.field(default=None, compare=False)
    """What it took, once it is over."""


class StopFlag(Protocol):
    """`threading.Event`, or one that processes share."""

    def set(self) -> None:
        """Ask for a stop."""

    def is_set(self) -> bool:
        """Whether somebody has."""
        ...


class Worker:
    """A task's line to whoever started it."""

    def __init__(self, name: str, post: Callable[[Event], None], stop: StopFlag) -> None:
        self._name, self._post, self._stop = name, post, stop
        self._next_report = 0.0

    def report(self, share: float) -> None:
        """Say what share of the task is done; passed on a few times a second at most."""
        if time.monotonic() >= self._next_report:
            self._post(Event(self._name, share))
            self._next_report = time.monotonic() + SECONDS_BETWEEN_REPORTS

    def should_stop(self) -> bool:
        """Whether the task should save its state and return."""
        return self._stop.is_set()


def default_workers() -> int:
    """One process a core on CPU; one in all on an accelerator, which programs cannot share."""
    return len(_own_cores()) if jax.default_backend() == "cpu" else 1


def _own_cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _cores_for(workers: int) -> list[int]:
    """A core for each worker if there are as many as cores, else none.

    On a CPU, XLA splits even small operations over all cores it may use: two self-playing
    processes on two cores were 1.8 times as fast with a core each.
    """
    cores = _own_cores()
    can_pin = hasattr(os, "sched_setaffinity") and jax.default_backend() == "cpu"
    return cores if can_pin and workers == len(cores) else []


class Team:
    """Worker processes that live through many calls of `run_tasks`: what they have imported and
    compiled serves the tasks of later calls too.

    Use it in a `with` block. A team of one is this process itself.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._crew: _Crew | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def crew(self) -> _Crew:
        """The processes, started when they are first needed."""
        if self._crew is None:
            self._crew = self._stack.enter_context(_Crew(self.workers))
        return self._crew


def run_tasks(
    tasks: Sequence[Task],
    workers: int | Team,
    listen: Callable[[Event], None] = lambda event: None,
) -> bool:
    """Start all tasks in the order given; false if Ctrl-C stopped them.

    Ctrl-C lets every running task save its state first. A second one interrupts the task at once
    where there is only one worker; several are always waited for.

    Args:
        tasks: what is to be done. A worker that is free takes the first task of a place where it
            has been before, else the first of a place where nobody has been, else the first.
        workers: how many processes to start for them, or a team that is there already.
        listen: hears the news of tasks.

    Raises:
        InputError: what a task raised, or that a worker process was killed.
    """
    if isinstance(workers, int):
        with Team(1 if len(tasks) == 1 else min(workers, len(tasks))) as team:
            return run_tasks(tasks, team, listen)
    interrupted = threading.Event()
    with _interrupt_sets(interrupted):
        if workers.workers == 1:
            for task in tasks:
                _run(task, listen, interrupted)
        else:
            workers.crew().work_off(tasks, listen, interrupted)
    return not interrupted.is_set()


class _Crew:
    """The processes of a team, each an executor of its own so that tasks can be handed out by what
    a process has compiled already."""

    def __init__(self, size: int) -> None:
        context = multiprocessing.get_context("spawn")  # JAX's threads do not survive a fork
        self._stack = contextlib.ExitStack()
        with _interrupts_blocked():
            manager = SyncManager(ctx=context)
            manager.start(_follow_parent)
            self._stack.enter_context(manager)
            self._news, self._stop = manager.Queue(), manager.Event()
            cores = _cores_for(size) or [None] * size
            self._executors = [
                concurrent.futures.ProcessPoolExecutor(1, context, _enter_team, (core,))
                for core in cores
            ]
            for executor in self._executors:
                self._stack.enter_context(executor)
        self._places: list[set[Hashable]] = [set() for _ in self._executors]

    def __enter__(self) -> _Crew:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()  # let whoever is still at work save its state
        self._stack.close()

    def work_off(
        self, tasks: Sequence[Task], listen: Callable[[Event], None], interrupted: StopFlag
    ) -> None:
        """Hand the tasks out and pass their news on until all are over, raising what any raised."""
        self._stop.clear()
        waiting, busy = list(tasks), dict[concurrent.futures.Future, int]()
        while waiting or busy:
            while len(busy) < len(self._executors) and waiting and not interrupted.is_set():
                free = min(set(range(len(self._executors))) - set(busy.values()))
                busy[self._hand_out(free, waiting)] = free
            if not busy:
                return
            done, _ = concurrent.futures.wait(
                busy, timeout=0.2, return_when=concurrent.futures.FIRST_COMPLETED
            )
            if interrupted.is_set():
                # Here, not in the signal's handler: that may fire in the middle of a message to
                # the manager, and another message in between would be taken for its answer.
                self._stop.set()
            for _ in range(self._news.qsize()):  # no longer: new ones may come as fast as read
                listen(self._news.get())
            for future in done:
                del busy[future]
                self._finish(future, busy)

    def _hand_out(self, worker: int, waiting: list[Task]) -> concurrent.futures.Future:
        elsewhere = set().union(*self._places)
        known = (task for task in waiting if task.place in {None, *self._places[worker]})
        fresh = (task for task in waiting if task.place not in elsewhere)
        task = next(known, None) or next(fresh, None) or waiting[0]
        waiting.remove(task)
        if task.place is not None:
            self._places[worker].add(task.place)
        with _interrupts_blocked():  # the process may only start now
            return self._executors[worker].submit(_run, task, self._news.put, self._stop)

    def _finish(
        self, future: concurrent.futures.Future, busy: Mapping[concurrent.futures.Future, int]
    ) -> None:
        try:
            future.result()
        except BaseException as error:
            self._stop.set()  # let the other tasks save their state
            concurrent.futures.wait(busy)
            if isinstance(error, concurrent.futures.BrokenExecutor):
                raise InputError(
                    "a worker process was killed (out of memory?): run the same command again to "
                    "go on, with fewer --workers if memory is short"
                ) from error
            raise


def _run(task: Task, post: Callable[[Event], None], stop: StopFlag) -> None:
    if not stop.is_set():
        reading = CLOCK.start()
        task.run(Worker(task.name, post, stop), *task.args)
        if not stop.is_set():
            post(Event(task.name, 1.0, over=True, spent=CLOCK.since(reading)))


@contextlib.contextmanager
def _interrupt_sets(stop: StopFlag) -> Iterator[None]:
    """Turn the first Ctrl-C into `stop.set()`; a second one interrupts as usual."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers signals to the main thread only
        return

    def answer(signum: int, frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, answer)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Hold Ctrl-C back; processes started meanwhile never see one.

    It reaches every process of the terminal, also those that are still starting, but only the
    parent answers it. Windows has no such mask; there the pool's processes begin by ignoring it.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it would unblock SIGINT, started later
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _enter_team(core: int | None) -> None:
    _follow_parent()
    if core is not None:
        os.sched_setaffinity(0, {core})


def _follow_parent() -> None:
    """End this process with its parent, however that ends.

    If the parent was killed, the same command may be at work on the same runs already.
    """

    def watch() -> None:
        parent = multiprocessing.parent_process()
        assert parent is not None
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
