"""Jobs of a Slurm cluster, by submitit: an array of workers, queued again when preempted."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, ClassVar, Literal

import pydantic

from experiments.executors.command import Command
from experiments.executors.executor import EXECUTORS, Executor, work_command
from games.errors import InputError


class _Jobs:
    """Submitted jobs."""

    def __init__(self, jobs: list[Any]) -> None:
        self._jobs = jobs

    def alive(self) -> int:
        return sum(not job.done() for job in self._jobs)

    def stop(self) -> None:
        for job in self._jobs:
            if not job.done():
                job.cancel(check=False)
        for job in self._jobs:
            job.wait()


@EXECUTORS.add
class Submitit(Executor, frozen=True):
    """An array of Slurm jobs, each a worker of the lab; `cluster = "local"` runs them here, without
    Slurm, and `"debug"` here one after the other, with what they print on this terminal."""

    kind: ClassVar[str] = "submitit"

    jobs: int = pydantic.Field(default=2, ge=1)
    """Workers, each a job of the array."""
    at_once: int | None = pydantic.Field(default=None, ge=1)
    """Jobs of the array that run at the same time, at most."""
    cluster: Literal["slurm", "local", "debug"] = "slurm"
    partition: str | None = None
    minutes: int = pydantic.Field(default=240, ge=1)
    """Time limit of a job; one that has met it, or is preempted, saves and is queued again."""
    cpus: int = pydantic.Field(default=2, ge=1)
    gpus: int = pydantic.Field(default=0, ge=0)
    memory_gb: int | None = pydantic.Field(default=None, ge=1)
    options: dict[str, str] = pydantic.Field(default_factory=dict)
    """Any other option of sbatch, e.g. account or constraint."""

    def describe_places(self, workers: int) -> list[str]:
        """A line a job."""
        where = {"slurm": f"Slurm, partition {self.partition or 'by default'}"}
        place = where.get(self.cluster, f"this machine ({self.cluster})")
        each = f"{self.cpus} CPUs, {self.gpus} GPUs, {workers} processes, {self.minutes} min"
        return [f"{place}, job {k + 1}: {each}" for k in range(self.jobs)]

    def start(self, lab: Path, workers: int, logs: Path) -> _Jobs:
        """Submit the jobs."""
        try:
            submitit: Any = importlib.import_module("submitit")
        except ImportError as error:
            raise InputError(
                "--executor submitit needs submitit: pip install 'hexlaw[slurm]'"
            ) from error
        folder = logs / "%j"
        try:
            executor = submitit.AutoExecutor(folder=str(folder), cluster=self.cluster)
        except RuntimeError as error:
            raise InputError(
                f"--executor submitit: {error}; is this a machine of the cluster? "
                "--executor-set cluster=local runs the jobs here"
            ) from error
        executor.update_parameters(**self._parameters())
        command = Command(work_command(lab, workers))
        with executor.batch():
            jobs = [executor.submit(command) for _ in range(self.jobs)]
        return _Jobs(jobs)

    def _parameters(self) -> dict[str, Any]:
        found: dict[str, Any] = {"name": "hexlaw", "timeout_min": self.minutes}
        if self.cluster != "slurm":
            return found | {"gpus_per_node": self.gpus}
        if self.memory_gb is not None:
            found["mem_gb"] = self.memory_gb
        if self.partition is not None:
            found["slurm_partition"] = self.partition
        return found | {
            "cpus_per_task": self.cpus,
            "gpus_per_node": self.gpus,
            "slurm_array_parallelism": self.at_once or self.jobs,
            "slurm_additional_parameters": dict(self.options),
        }
