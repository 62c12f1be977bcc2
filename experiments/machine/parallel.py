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
import queue as queue_module
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.managers import SyncManager
from typing import Any, Protocol

import jax

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


@dataclasses.dataclass(frozen=True)
class Event:
    """News of a task: the share of its work that is done, and whether it is over."""

    name: str
    share: float
    over: bool = False


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


def run_tasks(
    tasks: Sequence[Task], workers: int, listen: Callable[[Event], None] = lambda event: None
) -> bool:
    """Start all tasks in the order given; false if Ctrl-C stopped them.

    Ctrl-C lets every running task save its state first. A second one interrupts the task at once
    where there is only one worker; several are always waited for.

    Raises:
        InputError: what a task raised, or that a worker process was killed.
    """
    interrupted = threading.Event()
    if workers == 1 or len(tasks) == 1:
        with _interrupt_sets(interrupted):
            for task in tasks:
                _run(task, listen, interrupted)
        return not interrupted.is_set()

    context = multiprocessing.get_context("spawn")  # JAX's threads do not survive a fork
    with _interrupt_sets(interrupted), contextlib.ExitStack() as stack:
        with _interrupts_blocked():
            manager = SyncManager(ctx=context)
            manager.start(_follow_parent)
            stack.enter_context(manager)
            queue, stop = manager.Queue(), manager.Event()
            size = min(workers, len(tasks))
            cores = manager.Queue()
            for core in _cores_for(size):
                cores.put(core)
            pool = concurrent.futures.ProcessPoolExecutor(size, context, _enter_pool, (cores,))
            stack.enter_context(pool)
            futures = [pool.submit(_run, task, queue.put, stop) for task in tasks]
        try:
            _wait(futures, queue, listen, interrupted, stop)
        except BaseException:
            stop.set()  # let the other tasks save their state before the pool closes
            raise
    return not interrupted.is_set()


def _run(task: Task, post: Callable[[Event], None], stop: StopFlag) -> None:
    if not stop.is_set():
        task.run(Worker(task.name, post, stop), *task.args)
    if not stop.is_set():
        post(Event(task.name, 1.0, over=True))


def _wait(
    futures: Sequence[concurrent.futures.Future],
    queue: Any,
    listen: Callable[[Event], None],
    interrupted: StopFlag,
    stop: StopFlag,
) -> None:
    """Pass the tasks' news on until all are over, raising what any of them raised."""
    pending = set(futures)
    while pending:
        done, pending = concurrent.futures.wait(pending, timeout=0.2)
        if interrupted.is_set():
            # Here, not in the signal's handler: that may fire in the middle of a message to the
            # manager, and another message in between would be taken for its answer.
            stop.set()
        for _ in range(queue.qsize()):  # no longer: new ones may come as fast as they are read
            listen(queue.get())
        for future in done:
            try:
                future.result()
            except concurrent.futures.BrokenExecutor as error:
                raise InputError(
                    "a worker process was killed (out of memory?): run the same command again to "
                    "go on, with fewer --workers if memory is short"
                ) from error


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
    parent answers it.
    """
    resource_tracker.ensure_running()  # it would unblock SIGINT, started later
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _enter_pool(cores: Any) -> None:
    _follow_parent()
    with contextlib.suppress(queue_module.Empty):
        os.sched_setaffinity(0, {cores.get_nowait()})


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
