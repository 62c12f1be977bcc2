"""trackio: a local database in the lab, shown by `TRACKIO_DIR=LAB/trackio trackio show`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from experiments.tracking.tracker import TRACKERS, RunLog, SteppedRun, Tracker


@TRACKERS.add
class Trackio(Tracker, frozen=True):
    """A run of trackio for each run, of the same name; it sends nothing unless TRACKIO_SPACE_ID
    or TRACKIO_SERVER_URL names a place."""

    kind: ClassVar[str] = "trackio"
    module: ClassVar[str] = "trackio"

    def environment(self, folder: Path) -> Mapping[str, str]:
        """Its database in the lab, and nothing sent."""
        return {"TRACKIO_DIR": str(folder.absolute()), "GRADIO_ANALYTICS_ENABLED": "False"}

    def open(self, folder: Path, run: str, config: Mapping[str, Any], samples: int) -> RunLog:
        """A run that goes on where one of its name is there."""
        folder.mkdir(parents=True, exist_ok=True)
        return SteppedRun(
            self.library(folder).init(
                project="hexlaw", name=run, config=dict(config), resume="allow", embed=False,
                auto_log_cpu=False, auto_log_gpu=False,
            )
        )  # fmt: skip
