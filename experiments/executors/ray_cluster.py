"""Tasks of a Ray cluster: workers wherever it has room, with a share of a GPU each if wanted."""

from __future__ import annotations

import importlib
import os
import socket
from pathlib import Path
from typing import Any, ClassVar

import pydantic

from experiments.executors.command import ROOT, Command
from experiments.executors.executor import EXECUTORS, Executor, work_command
from games.errors import InputError

LOOPBACK = ("127.0.0.1", "localhost")


class _Tasks:
    """Tasks that were handed to a cluster."""

    def __init__(self, ray: Any, tasks: list[Any]) -> None:
        self._ray, self._tasks = ray, tasks

    def alive(self) -> int:
        waiting = self._ray.wait(self._tasks, num_returns=len(self._tasks), timeout=0)[1]
        if not waiting:
            self._ray.shutdown()
        return len(waiting)

    def stop(self) -> None:
        for task in self._tasks:
            self._ray.cancel(task)  # raises KeyboardInterrupt there, on which the command saves
        self._ray.wait(self._tasks, num_returns=len(self._tasks), timeout=120)
        self._ray.shutdown()


@EXECUTORS.add
class Ray(Executor, frozen=True):
    """Tasks of a Ray cluster, each a worker of the lab."""

    kind: ClassVar[str] = "ray"

    jobs: int = pydantic.Field(default=2, ge=1)
    """Workers."""
    address: str = pydantic.Field(default="auto", pattern=r"^(auto|[^:/]+:\d+)$")
    """Of a cluster that is there, HOST:PORT; `auto` finds one of this machine. None is started:
    Ray's servers listen on every network interface, which is for its owner to allow."""
    cpus: float = pydantic.Field(default=1, gt=0)
    gpus: float = pydantic.Field(default=0, ge=0)
    """GPUs of a worker; a fraction shares one."""

    def describe_places(self, workers: int) -> list[str]:
        """A line a task."""
        each = f"{self.cpus:g} CPUs, {self.gpus:g} GPUs, {workers} processes"
        return [f"Ray at {self.address}, task {k + 1}: {each}" for k in range(self.jobs)]

    def start(self, lab: Path, workers: int, logs: Path) -> _Tasks:
        """Hand the tasks to the cluster."""
        host, _, port = self.address.partition(":")
        if host in LOOPBACK:
            # Else Ray turns it into the machine's own address, where this cluster does not listen.
            # The name is of the system where that is Ray's rule; it is read on import.
            os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        try:
            ray: Any = importlib.import_module("ray")
        except ImportError as error:
            raise InputError("--executor ray needs ray: pip install 'hexlaw[ray]'") from error
        try:
            if self.address != "auto":  # Ray itself would try for minutes
                socket.create_connection((host, int(port)), timeout=10).close()
            ray.init(
                address=self.address, log_to_driver=False, include_dashboard=False,
                configure_logging=False, runtime_env={"env_vars": {"PYTHONPATH": str(ROOT)}},
            )  # fmt: skip
        except (OSError, ValueError, RuntimeError) as error:
            raise InputError(
                f"--executor ray: no cluster at {self.address} ({str(error).splitlines()[0]}); "
                "start one with ray start --head (docs/scaling.md)"
            ) from error
        command = Command(work_command(lab, workers), logs)
        remote = ray.remote(num_cpus=self.cpus, num_gpus=self.gpus, max_retries=-1)(_called)
        return _Tasks(ray, [remote.remote(command) for _ in range(self.jobs)])


def _called(command: Command) -> int:
    return command()
