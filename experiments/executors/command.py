"""A hexlaw command as a cluster's task: in a process of its own, stopped so that it saves."""

from __future__ import annotations

import contextlib
import importlib
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
"""Where this code is, for processes that would else find an installed one."""


class Command:
    """`hexlaw ARGUMENTS`, called once; what it prints goes to a file in `logs`, or where this
    process prints.

    A process of its own keeps JAX out of the cluster's, and takes its devices from the environment
    that the cluster prepares (CUDA_VISIBLE_DEVICES). Whatever ends the call ends it, too, with
    SIGTERM, on which it saves its state.
    """

    def __init__(self, arguments: Sequence[str], logs: Path | None = None) -> None:
        self.arguments, self.logs = tuple(arguments), logs
        self._process: subprocess.Popen | None = None

    def __call__(self) -> int:
        """Run it to its end; gives its exit code.

        Raises:
            RuntimeError: if it failed, with where it says why.
        """
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        with contextlib.ExitStack() as stack:
            told = None if self.logs is None else stack.enter_context(self._log().open("a"))
            self._process = subprocess.Popen(
                [sys.executable, "-m", "experiments.cli", *self.arguments],
                stdout=told, stderr=told, env=os.environ | {"PYTHONPATH": path},
            )  # fmt: skip
        try:
            code = self._process.wait()
        except BaseException:
            self.stop()
            raise
        if code not in (0, 130):  # 130: it was stopped, and has saved
            where = "" if self.logs is None else f"; see {self._log()}"
            raise RuntimeError(f"hexlaw {' '.join(self.arguments)} ended with {code}{where}")
        return code

    def _log(self) -> Path:
        assert self.logs is not None
        self.logs.mkdir(parents=True, exist_ok=True)
        return self.logs / f"{socket.gethostname()}-{os.getpid()}.log"

    def stop(self) -> None:
        """Let it save and end; returns when it has."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()

    def checkpoint(self) -> Any:
        """What submitit calls when a job is preempted or out of time: stop, and queue it again."""
        self.stop()
        submitit = importlib.import_module("submitit")
        return submitit.helpers.DelayedSubmission(Command(self.arguments, self.logs))
