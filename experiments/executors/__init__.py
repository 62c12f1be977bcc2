"""Where work is done: processes of this machine, jobs of a Slurm cluster, tasks of a Ray cluster.

Begin at `executor.Executor`. All of them start `hexlaw work` in a lab, whose leases share the work
out; what they start may come, go and be preempted. Imports `experiments.machine` at most."""

from __future__ import annotations

from experiments.executors import local, ray_cluster, slurm
from experiments.executors.executor import (
    EXECUTORS,
    AnyExecutor,
    Executor,
    Running,
    choose_executor,
)
from experiments.executors.local import Local

__all__ = [
    "EXECUTORS",
    "AnyExecutor",
    "Executor",
    "Local",
    "Running",
    "choose_executor",
    "local",
    "ray_cluster",
    "slurm",
]
