"""Worker processes: started, given tasks by what each has compiled, ended with their parent."""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import os
import threading
import time
from collections.abc import Hashable, Mapping, Sequence
from multiprocessing.managers import SyncManager

import jax

from experiments.machine.signals import signals_blocked
from experiments.machine.tasks import Either, StopFlag, Task, run_task
from experiments.machine.waiting import Waiting
from games.errors import InputError


def default_workers() -> int:
    """One process a core on CPU; one in all on an accelerator, which programs cannot share."""
    return len(_own_cores()) if jax.default_backend() == "cpu" else 1


def _own_cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def cores_for(workers: int) -> list[int]:
    """A core for each worker if there are as many as cores, else none.

    On a CPU, XLA splits even small operations over all cores it may use: two self-playing
    processes on two cores were 1.8 times as fast with a core each.
    """
    cores = _own_cores()
    can_pin = hasattr(os, "sched_setaffinity") and jax.default_backend() == "cpu"
    return cores if can_pin and workers == len(cores) else []


class Crew:
    """The processes of a team, each an executor of its own so that tasks can be handed out by what
    a process has compiled already."""

    def __init__(self, environments: Sequence[Mapping[str, str]]) -> None:
        size = len(environments)
        context = multiprocessing.get_context("spawn")  # JAX's threads do not survive a fork
        self._stack = contextlib.ExitStack()
        with signals_blocked():
            manager = SyncManager(ctx=context)
            manager.start(_follow_parent)
            self._stack.enter_context(manager)
            self._news, self._stop = manager.Queue(), manager.Event()
            cores = cores_for(size) or [None] * size
            self._executors = [
                concurrent.futures.ProcessPoolExecutor(1, context, _enter_team, place)
                for place in zip(cores, environments, strict=True)
            ]
            for executor in self._executors:
                self._stack.enter_context(executor)
        self._places: list[set[Hashable]] = [set() for _ in self._executors]

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()  # let whoever is still at work save its state
        self._stack.close()

    def work_off(self, waiting: Waiting, interrupted: StopFlag) -> None:
        """Hand the tasks out and pass their news on until all are over, raising what any raised."""
        self._stop.clear()
        busy = dict[concurrent.futures.Future, tuple[int, Task]]()
        stop = Either(interrupted.is_set, waiting.lost)
        try:
            while waiting or busy:
                while len(busy) < len(self._executors) and waiting and not stop.is_set():
                    free = min(set(range(len(self._executors))) - {at for at, _ in busy.values()})
                    task = waiting.take(self._places[free], set().union(*self._places))
                    if task is None:
                        break
                    busy[self._hand_out(free, task)] = free, task
                if not busy and stop.is_set():
                    return
                done = self._wait(busy)
                if stop.is_set():
                    # Here, not in the signal's handler: that may fire in the middle of a message to
                    # the manager, and another message in between would be taken for its answer.
                    self._stop.set()
                for _ in range(self._news.qsize()):  # no longer: new ones may come as fast as read
                    waiting.hear(self._news.get())
                for future in done:
                    self._finish(future, busy)
                    waiting.leave(busy.pop(future)[1])
        finally:
            for _, task in busy.values():
                waiting.leave(task)

    def _wait(self, busy: Mapping[concurrent.futures.Future, object]) -> set:
        """Those that are over, within a fifth of a second."""
        if not busy:  # others hold what is left
            time.sleep(0.2)
            return set()
        first = concurrent.futures.FIRST_COMPLETED
        return concurrent.futures.wait(busy, timeout=0.2, return_when=first).done

    def _hand_out(self, worker: int, task: Task) -> concurrent.futures.Future:
        if task.place is not None:
            self._places[worker].add(task.place)
        with signals_blocked():  # the process may only start now
            return self._executors[worker].submit(run_task, task, self._news.put, self._stop)

    def _finish(
        self, future: concurrent.futures.Future, busy: Mapping[concurrent.futures.Future, object]
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


def _enter_team(core: int | None, environment: Mapping[str, str]) -> None:
    _follow_parent()
    os.environ.update(environment)
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
