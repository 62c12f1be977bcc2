"""Keeps two commands from doing the same work in a lab at the same time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import portalocker

from games.errors import InputError


@contextlib.contextmanager
def alone_in(lab: Path, *runs: str) -> Iterator[None]:
    """Hold a lab, or only the named runs, so that others can be trained in it meanwhile.

    The system frees the locks of a process that is killed.

    Raises:
        InputError: if another process is at work on them.
    """
    shared, alone = portalocker.LockFlags.SHARED, portalocker.LockFlags.EXCLUSIVE
    with contextlib.ExitStack() as stack:
        wanted = [(lab / ".lock", shared if runs else alone)]
        wanted += [(lab / f".lock-{run}", alone) for run in sorted(set(runs))]
        for path, kind in wanted:
            file = stack.enter_context(path.open("a+"))  # what its holder wrote is kept
            try:
                portalocker.lock(file, kind | portalocker.LockFlags.NON_BLOCKING)
            except portalocker.AlreadyLocked:
                raise InputError(
                    f"another hexlaw{_holder(file)} is at work in {lab}; wait for it or choose "
                    "another --lab"
                ) from None
            stack.callback(portalocker.unlock, file)
            with contextlib.suppress(OSError):  # Windows lets those who share a lock write nothing
                file.truncate(0)  # of an earlier holder; who shares a lock is not named
            if kind == alone:
                file.write(str(os.getpid()))
                file.flush()
        yield


def _holder(file: TextIO) -> str:
    """Which process wrote that it holds the lock, where it can be read."""
    try:
        file.seek(0)
        number = file.read(20)
    except OSError:  # Windows lets nobody read what is locked
        return ""
    return f" (process {number})" if number else ""
