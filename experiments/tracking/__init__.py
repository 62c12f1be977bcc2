"""Metrics of training where people look at them: TensorBoard, Weights & Biases, trackio.

Begin at `follower.tracked`, which reads a lab's store and hands on what is new, whoever is at work
in the lab and wherever. `tracker.Tracker` is the hook: one file a tracker. Nothing leaves this
machine unless its user has told the tracker's library to. Imports `experiments.machine` at most."""

from __future__ import annotations

from experiments.tracking import tensorboard, trackio_runs, weights_and_biases
from experiments.tracking.follower import tracked
from experiments.tracking.tracker import TRACKERS, Tracker

__all__ = [
    "TRACKERS",
    "Tracker",
    "tensorboard",
    "tracked",
    "trackio_runs",
    "weights_and_biases",
]
