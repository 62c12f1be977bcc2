"""Keeps two commands from doing the same work in a lab at the same time."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from games.errors import InputError


@contextlib.contextmanager
def alone_in(lab: Path, *runs: str) -> Iterator[None]:
    """Hold a lab, or only the named runs, so that others can be trained in it meanwhile.

    Raises:
        InputError: if another process is at work on them.
    """
    with contextlib.ExitStack() as stack:
        wanted = [(lab / ".lock", fcntl.LOCK_SH if runs else fcntl.LOCK_EX)]
        wanted += [(lab / f".lock-{run}", fcntl.LOCK_EX) for run in sorted(set(runs))]
        for path, kind in wanted:
            file = stack.enter_context(path.open("w"))
            try:
                fcntl.flock(file, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(
                    f"another hexlaw is at work in {lab}; wait for it or choose another --lab"
                ) from None
        yield
