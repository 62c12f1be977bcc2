"""What is worked on: tasks, the news they give, and the line between a task and who started it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Hashable
from typing import Any, Protocol

from experiments.machine.clock import CLOCK, Spent

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


class Either:
    """A stop flag that is set when one of several questions is answered by yes."""

    def __init__(self, *questions: Callable[[], bool]) -> None:
        self._questions = questions

    def set(self) -> None:
        """Not asked for: the questions decide."""

    def is_set(self) -> bool:
        """Whether one of them is."""
        return any(question() for question in self._questions)


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


def run_task(task: Task, post: Callable[[Event], None], stop: StopFlag) -> None:
    """Do a task unless it is to stop, and post that it is over unless it was stopped."""
    if not stop.is_set():
        reading = CLOCK.start()
        task.run(Worker(task.name, post, stop), *task.args)
        if not stop.is_set():
            post(Event(task.name, 1.0, over=True, spent=CLOCK.since(reading)))
