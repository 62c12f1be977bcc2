"""TensorBoard's event files, written without TensorFlow: `tensorboard --logdir LAB/tensorboard`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from experiments.tracking.tracker import TRACKERS, RunLog, Tracker


class _Events:
    """Event files of one run."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer
        self.flush, self.close = writer.flush, writer.close

    def log(self, samples: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, samples)


@TRACKERS.add
class TensorBoard(Tracker, frozen=True):
    """A folder of event files a run."""

    kind: ClassVar[str] = "tensorboard"
    module: ClassVar[str] = "tensorboardX"

    def open(self, folder: Path, run: str, config: Mapping[str, Any], samples: int) -> RunLog:
        """Files of the run, in which what comes replaces what a killed command wrote there."""
        writer = self.library(folder).SummaryWriter(str(folder / run), purge_step=samples)
        return _Events(writer)
