"""Signals that ask for a stop: answered by the process that leads, unseen by its workers."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from multiprocessing import resource_tracker
from typing import Any

STOPPING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGUSR1") if hasattr(signal, name)
)
"""Signals that ask for a stop: Ctrl-C, and those of clusters and supervisors."""


@contextlib.contextmanager
def signals_set(stop: threading.Event) -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and SIGUSR1 into `stop.set()`; a second Ctrl-C interrupts as usual."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python delivers signals to the main thread only
        return

    def answer(signum: int, frame: Any) -> None:
        if signum == signal.SIGINT and stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, answer) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def signals_blocked() -> Iterator[None]:
    """Hold signals to stop back; processes started meanwhile never see one.

    They reach every process of the terminal or of the cluster's job, also those that are still
    starting, but only the parent answers them. Windows has no such mask; there the pool's processes
    begin by ignoring them.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # it would unblock SIGINT, started later
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
