"""Many independent tasks on the cores of this machine, and beside other machines.

Each task is a function of picklable arguments plus a `Worker`, through which it reports its
progress and learns that it should stop (`tasks`). Tasks leave their results in the store, so
nothing here keeps any: killed work is done again by the same command. Where others are at work in
the same lab, leases say who does what (`waiting`, `training.store.leases`). A team of several has
processes of its own (`crew`).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from experiments.machine.crew import Crew, default_workers
from experiments.machine.signals import signals_set
from experiments.machine.tasks import Either, Event, Task, Worker, run_task
from experiments.machine.waiting import Waiting
from training.store import Leases, StoreAwayError

__all__ = ["Event", "Task", "Team", "Worker", "default_workers", "run_tasks", "work_off"]


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
        self._crew: Crew | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Team:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def crew(self) -> Crew:
        """The processes, started when they are first needed."""
        if self._crew is None:
            self._crew = self._stack.enter_context(Crew(self.environments))
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
    waiting = Waiting(tasks, listen, leases)
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


def _work_alone(waiting: Waiting, interrupted: threading.Event) -> None:
    """Do all tasks in this process."""
    stop = Either(interrupted.is_set, waiting.lost)
    while waiting and not stop.is_set():
        task = waiting.take()
        if task is None:
            time.sleep(0.2)
            continue
        try:
            run_task(task, waiting.hear, stop)
        finally:
            waiting.leave(task)
