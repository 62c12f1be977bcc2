"""One command at a time writes to a lab."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from games.errors import InputError


@contextlib.contextmanager
def alone_in(lab: Path) -> Iterator[None]:
    """Keep a second command from doing the same work at the same time.

    Raises:
        InputError: if one is at work.
    """
    with (lab / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"another hexlaw is at work in {lab}; wait for it or choose another --lab"
            ) from None
        yield
