"""Where a process's time goes beside its work: starting up, and compiling, as JAX tells it."""

from __future__ import annotations

import time
from typing import NamedTuple

import jax

_COMPILING = "/jax/core/compile/"  # tracing, lowering and XLA's own part all begin so


class Spent(NamedTuple):
    """Seconds of one worker; the rest of `seconds` was the work itself."""

    seconds: float
    compiling: float
    starting: float
    """CPU seconds before its process's first task: imports, above all."""

    def __add__(self, other: tuple) -> Spent:
        """Both together."""
        return Spent(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Clock:
    """A process's seconds since it was last read."""

    def __init__(self) -> None:
        self._compiling = 0.0
        self._first = True
        jax.monitoring.register_event_duration_secs_listener(self._hear)

    def _hear(self, event: str, duration_secs: float, **_: object) -> None:
        if event.startswith(_COMPILING):
            self._compiling += duration_secs

    def start(self) -> tuple[float, float, float]:
        """A reading to hand to `since`."""
        starting = time.process_time() if self._first else 0.0
        self._first = False
        return time.perf_counter(), self._compiling, starting

    def since(self, reading: tuple[float, float, float]) -> Spent:
        """What has been spent since a reading."""
        began, compiled, starting = reading
        return Spent(time.perf_counter() - began, self._compiling - compiled, starting)


CLOCK = Clock()
"""Of this process."""
