"""Where a process's time goes: starting up, compiling, as JAX tells it, and each kind of work."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Literal, NamedTuple

import jax

_COMPILING = "/jax/core/compile/"  # tracing, lowering and XLA's own part all begin so

Doing = Literal["playing", "learning", "judging"]


class Spent(NamedTuple):
    """Seconds of one worker; what the parts leave of `seconds` is reading, writing and drawing
    lots."""

    seconds: float
    compiling: float
    starting: float
    """CPU seconds before its process's first task: imports, above all. Not among `seconds`."""
    playing: float = 0.0
    learning: float = 0.0
    judging: float = 0.0

    def __add__(self, other: tuple) -> Spent:
        """Both together."""
        return Spent(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Clock:
    """A process's seconds since it was last read."""

    def __init__(self) -> None:
        self._compiling = 0.0
        self._done: dict[Doing, float] = {"playing": 0.0, "learning": 0.0, "judging": 0.0}
        self._first = True
        jax.monitoring.register_event_duration_secs_listener(self._hear)

    def _hear(self, event: str, duration_secs: float, **_: object) -> None:
        if event.startswith(_COMPILING):
            self._compiling += duration_secs

    def start(self) -> Spent:
        """A reading to hand to `since`."""
        starting = time.process_time() if self._first else 0.0
        self._first = False
        return Spent(time.perf_counter(), self._compiling, -starting, **self._done)

    def since(self, reading: Spent) -> Spent:
        """What has been spent since a reading."""
        now = Spent(time.perf_counter(), self._compiling, 0.0, **self._done)
        return Spent(*(after - before for after, before in zip(now, reading, strict=True)))

    def add(self, work: Doing, seconds: float) -> None:
        """Note seconds that somebody else has measured."""
        self._done[work] += seconds

    @contextlib.contextmanager
    def doing(self, work: Doing) -> Iterator[None]:
        """Note the time within, less what JAX compiles meanwhile."""
        began = self.start()
        try:
            yield
        finally:
            spent = self.since(began)
            self.add(work, spent.seconds - spent.compiling)


CLOCK = Clock()
"""Of this process."""
