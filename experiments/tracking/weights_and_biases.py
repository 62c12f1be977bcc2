"""Weights & Biases: offline files in the lab, unless WANDB_MODE=online says otherwise."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from experiments.tracking.tracker import TRACKERS, RunLog, SteppedRun, Tracker


@TRACKERS.add
class WeightsAndBiases(Tracker, frozen=True):
    """A run of wandb for each run, of the same name; `wandb sync` sends them later."""

    kind: ClassVar[str] = "wandb"
    module: ClassVar[str] = "wandb"

    def environment(self, folder: Path) -> Mapping[str, str]:
        """Files in the lab, and nothing sent."""
        del folder
        return {"WANDB_MODE": "offline", "WANDB_ERROR_REPORTING": "false"}

    def open(self, folder: Path, run: str, config: Mapping[str, Any], samples: int) -> RunLog:
        """A run that goes on where one of its name is there."""
        wandb = self.library(folder)
        folder.mkdir(parents=True, exist_ok=True)
        settings = wandb.Settings(console="off", silent=True, x_disable_stats=True)
        return SteppedRun(
            wandb.init(
                project=os.environ.get("WANDB_PROJECT", "hexlaw"), id=run, name=run,
                dir=str(folder), config=dict(config), resume="allow", reinit="create_new",
                save_code=False, settings=settings,
            )
        )  # fmt: skip
