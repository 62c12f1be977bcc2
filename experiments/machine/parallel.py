"""Many independent tasks on the cores of this machine, and beside other machines.

Each task is a function of picklable arguments plus a `Worker`, through which it reports its
progress and learns that it should stop. Tasks leave their results in the store, so this module
keeps none: killed work is done again by the same command. Where others are at work in the same
lab, leases say who does what (`training.store.leases`).
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence, Set
from multiprocessing.managers import SyncManager
from typing import Any, Protocol

import jax

from experiments.machine.clock import CLOCK, Spent
from experiments.machine.signals import signals_blocked, signals_set
from games.errors import InputError
from training.store import Leases, StoreAwayError

SECONDS_BETWEEN_REPORTS = 0.2  # each costs two messages between processes
SECONDS_BETWEEN_LOOKS = 1.0  # at what other workers have left


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
    holds: tuple[str, ...] | None = None
    """What nobody else may be at work on meanwhile, in this lab: names of runs or tournaments. Its
    own name if None; nothing if it writes nothing into the lab."""

    @property
    def keys(self) -> tuple[str, ...]:
        """What it holds."""
        return (self.name,) if self.holds is None else self.holds


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

    Use it in a `with` block. A team of one is this process itself, unless it has an environment.

    Args:
        workers: how many processes.
        environments: for each what its environment must say before JAX looks for devices.
    """

    def __init__(self, workers: int, environments: Sequence[Mapping[str, str]] = ()) -> None:
        self.workers = workers
        self.environments = environments or [{}] * workers
        self._crew: _Crew | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def crew(self) -> _Crew:
        """The processes, started when they are first needed."""
        if self._crew is None:
            self._crew = self._stack.enter_context(_Crew(self.environments))
        return self._crew


def run_tasks(
    tasks: Sequence[Task],
    workers: int | Team,
    listen: Callable[[Event], None] = lambda event: None,
    leases: Leases | None = None,
) -> bool:
    """Start all tasks in the order given; false if Ctrl-C or a signal to end stopped them.

    Ctrl-C lets every running task save its state first, as SIGTERM and SIGUSR1 do, by which
    clusters announce that a job's time is up. A second one interrupts the task at once where there
    is only one worker; several are always waited for.

    Args:
        tasks: what is to be done. A worker that is free takes the first task of a place where it
            has been before, else the first of a place where nobody has been, else the first.
        workers: how many processes to start for them, or a team that is there already.
        listen: hears the news of tasks.
        leases: where other commands work on the same tasks: all are waited for, those of others
            too. Once `leases.lost` is set, it stopped early and what is left is to be listed anew.

    Raises:
        InputError: what a task raised, or that a worker process was killed.
    """
    if isinstance(workers, int):
        with Team(1 if len(tasks) == 1 else min(workers, len(tasks))) as team:
            return run_tasks(tasks, team, listen, leases)
    interrupted = threading.Event()
    waiting = _Waiting(tasks, listen, leases)
    with signals_set(interrupted):
        if workers.workers == 1 and not workers.environments[0]:
            _work_alone(waiting, interrupted)
        else:
            workers.crew().work_off(waiting, interrupted)
    return not interrupted.is_set()


def work_off(
    list_tasks: Callable[[], Sequence[Task]],
    workers: int | Team,
    leases: Leases,
    shown: Callable[[Sequence[Task]], contextlib.AbstractContextManager[Callable[[Event], None]]],
) -> bool:
    """Do what is left to do, beside whoever else is at work on it, until nothing is; false if
    stopped.

    Args:
        list_tasks: what is left, by what the lab holds.
        workers: as in `run_tasks`.
        leases: this process's in the lab.
        shown: shows the progress of tasks; yields who listens to their news.

    Raises:
        InputError: as `run_tasks`; `StoreAwayError` if the database stayed away.
    """
    while True:
        try:
            leases.list_anew()
            if not (tasks := list_tasks()):
                return True
            with shown(tasks) as listen:
                if not run_tasks(tasks, workers, listen, leases):
                    return False
        except StoreAwayError:
            leases.wait_for_the_store()
            continue
        if not leases.met_others:
            return True


class _Waiting:
    """Tasks that nobody is known to have begun, in order.

    With leases, each is taken from the others before it is begun and given back after it, and those
    that others hold or have done are waited for.
    """

    def __init__(
        self, tasks: Sequence[Task], listen: Callable[[Event], None], leases: Leases | None
    ) -> None:
        self._tasks, self._leases, self._listen = list(tasks), leases, listen
        self._by_name = {task.name: task for task in tasks}
        self._next_look = 0.0

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def lost(self) -> bool:
        """Whether leases were lost, so that what is at work must stop."""
        return self._leases is not None and self._leases.lost.is_set()

    def take(
        self, mine: Set[Hashable] = frozenset(), anybody: Set[Hashable] = frozenset()
    ) -> Task | None:
        """The next task for a worker that has been at places `mine`, of those where `anybody` has
        been; none if others hold all that are left."""
        if not self._tasks or time.monotonic() < self._next_look:
            return None
        free = self._free()
        known = [task for task in free if task.place in {None, *mine}]
        fresh = [task for task in free if task.place not in anybody]
        for task in {id(task): task for task in [*known, *fresh, *free]}.values():
            if self._leases is None or self._leases.claim(task.name, task.keys):
                self._tasks.remove(task)
                return task
        self._next_look = time.monotonic() + SECONDS_BETWEEN_LOOKS
        return None

    def _free(self) -> list[Task]:
        """Tasks that may be claimed now; those that others have finished are taken off the list."""
        if self._leases is None:
            return self._tasks
        standing = self._leases.standing(key for task in self._tasks for key in task.keys)
        free = []
        for task in tuple(self._tasks):
            found = {standing[key] for key in task.keys}
            if "finished" in found:
                self._tasks.remove(task)
                self._listen(Event(task.name, 1.0, over=True))
            elif "held" not in found:
                free.append(task)
        return free

    def hear(self, event: Event) -> None:
        """Pass news on, to whoever listens and to the other workers."""
        if self._leases is not None:
            task = self._by_name[event.name]
            if event.spent is None:
                self._leases.tell(task.keys, event.share)
            else:
                self._leases.give_back(
                    task.keys, finished=True, work=task.work, seconds=event.spent.seconds
                )
        self._listen(event)

    def leave(self, task: Task) -> None:
        """Let others have a task if it was not finished."""
        if self._leases is not None and self._leases.has(task.keys):
            with contextlib.suppress(InputError):  # the database is away: the lease expires
                self._leases.give_back(task.keys, finished=False)


def _work_alone(waiting: _Waiting, interrupted: threading.Event) -> None:
    """Do all tasks in this process."""
    stop = _Either(interrupted.is_set, waiting.lost)
    while waiting and not stop.is_set():
        task = waiting.take()
        if task is None:
            time.sleep(0.2)
            continue
        try:
            _run(task, waiting.hear, stop)
        finally:
            waiting.leave(task)


class _Either:
    """A stop flag that is set when one of several questions is answered by yes."""

    def __init__(self, *questions: Callable[[], bool]) -> None:
        self._questions = questions

    def set(self) -> None:
        """Not asked for: the questions decide."""

    def is_set(self) -> bool:
        """Whether one of them is."""
        return any(question() for question in self._questions)


class _Crew:
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
            cores = _cores_for(size) or [None] * size
            self._executors = [
                concurrent.futures.ProcessPoolExecutor(1, context, _enter_team, place)
                for place in zip(cores, environments, strict=True)
            ]
            for executor in self._executors:
                self._stack.enter_context(executor)
        self._places: list[set[Hashable]] = [set() for _ in self._executors]

    def __enter__(self) -> _Crew:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()  # let whoever is still at work save its state
        self._stack.close()

    def work_off(self, waiting: _Waiting, interrupted: StopFlag) -> None:
        """Hand the tasks out and pass their news on until all are over, raising what any raised."""
        self._stop.clear()
        busy = dict[concurrent.futures.Future, tuple[int, Task]]()
        stop = _Either(interrupted.is_set, waiting.lost)
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
            return self._executors[worker].submit(_run, task, self._news.put, self._stop)

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


def _run(task: Task, post: Callable[[Event], None], stop: StopFlag) -> None:
    if not stop.is_set():
        reading = CLOCK.start()
        task.run(Worker(task.name, post, stop), *task.args)
        if not stop.is_set():
            post(Event(task.name, 1.0, over=True, spent=CLOCK.since(reading)))


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
