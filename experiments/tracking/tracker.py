"""What a tracker is: something that takes rows of metrics, run by run."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol

from games.config import FrozenModel
from games.errors import InputError
from games.kinds import Kinds


class RunLog(Protocol):
    """A tracker's log of one run."""

    def log(self, samples: int, values: Mapping[str, float]) -> None:
        """Take a row of metrics; `samples` grows from row to row."""
        ...

    def flush(self) -> None:
        """Have what was logged on disk."""

    def close(self) -> None:
        """Take no more for now; the run may be opened again, to go on."""


class SteppedRun:
    """The log of a run of wandb or of a library that copies its interface."""

    def __init__(self, run: Any) -> None:
        self._run = run
        self.close = run.finish

    def log(self, samples: int, values: Mapping[str, float]) -> None:
        """A step of so many samples."""
        self._run.log(dict(values), step=samples)

    def flush(self) -> None:
        """It writes by itself."""


class Tracker(FrozenModel, frozen=True):
    """A kind of tracker. Subclasses name themselves and their library, and give `open`."""

    kind: ClassVar[str]
    """Its name, and that of its folder in a lab."""
    module: ClassVar[str]
    """The library that it needs."""

    def environment(self, folder: Path) -> Mapping[str, str]:
        """What the library's environment must say, where its user has not said it: it reads some of
        it when it is imported."""
        del folder
        return {}

    def library(self, folder: Path) -> Any:
        """That library, told where this tracker's folder is.

        Raises:
            InputError: if it is not installed.
        """
        for name, value in self.environment(folder).items():
            os.environ.setdefault(name, value)
        try:
            return importlib.import_module(self.module)
        except ImportError as error:
            raise InputError(
                f"--tracker {self.kind} needs {self.module}: pip install 'hexlaw[{self.kind}]'"
            ) from error

    def open(self, folder: Path, run: str, config: Mapping[str, Any], samples: int) -> RunLog:
        """A log of a run, from its start or to go on with.

        Args:
            folder: the tracker's own, of this lab.
            run: name of the run.
            config: its configuration, as JSON.
            samples: of the first row to come.
        """
        raise NotImplementedError


TRACKERS = Kinds[Tracker]("tracker", key="kind", default="tensorboard")
"""Every kind of tracker by its name."""
