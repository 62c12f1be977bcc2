"""Processes of this machine: one a core, or so many a GPU."""

from __future__ import annotations

import os
from typing import ClassVar

import jax
import pydantic

from experiments.executors.executor import EXECUTORS, Executor
from experiments.machine.parallel import Team, default_workers
from games.errors import InputError

MEMORY_IN_ALL = 0.9  # of a GPU, for the programs of all its processes


@EXECUTORS.add
class Local(Executor, frozen=True):
    """Processes of this command: one a core where there is no GPU, and one for each GPU named."""

    kind: ClassVar[str] = "local"

    gpus: tuple[int, ...] = ()
    """Numbers of the GPUs to use, as `nvidia-smi` counts them; if unset, whatever JAX finds."""
    per_gpu: int = pydantic.Field(default=1, ge=1)
    """Processes that share a GPU: small networks leave most of it idle."""

    def environments(self) -> list[dict[str, str]]:
        """For each process what its environment must say; empty if nothing."""
        share = f"{MEMORY_IN_ALL / self.per_gpu:.3f}"
        return [
            {"CUDA_VISIBLE_DEVICES": str(gpu), "XLA_PYTHON_CLIENT_MEM_FRACTION": share}
            for _ in range(self.per_gpu)
            for gpu in self.gpus
        ]

    def team(self, workers: int | None) -> Team:
        """The processes of this command.

        Args:
            workers: how many, where no GPUs are named; one a core if unset, one in all on a GPU.

        Raises:
            InputError: if so many would share an accelerator unasked.
        """
        if environments := self.environments():
            # This process may look for devices, too, and must leave their memory to the others.
            os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
            return Team(len(environments), environments)
        workers = workers or default_workers()
        if workers > 1 and jax.default_backend() != "cpu":
            raise InputError(
                "--workers above 1 is for CPUs: processes cannot share an accelerator, unless "
                "--executor-set gpus=[0] per_gpu=2 says how"
            )
        return Team(workers)

    def describe_places(self, workers: int) -> list[str]:
        """A line a process."""
        places = [
            f"this machine, GPU {own['CUDA_VISIBLE_DEVICES']}, "
            f"{float(own['XLA_PYTHON_CLIENT_MEM_FRACTION']):.0%} of its memory"
            for own in self.environments()
        ]
        return places or [f"this machine, process {k + 1}" for k in range(workers)]
