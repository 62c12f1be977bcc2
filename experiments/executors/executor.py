"""What an executor is: a configuration that says how many workers run where, and starts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

import pydantic

from games.config import FrozenModel, describe
from games.errors import InputError
from games.kinds import Kinds


class Running(Protocol):
    """Workers that were started elsewhere."""

    def alive(self) -> int:
        """How many are waiting to start or at work."""
        ...

    def stop(self) -> None:
        """Let all of them save their state and end."""


class Executor(FrozenModel, frozen=True):
    """Where the work of a lab is done. Its fields are its settings: a plan's table `[executor]`, or
    `--executor KIND --executor-set NAME=VALUE …`.

    Subclasses give `describe_places`, and `start` unless they are this command itself.
    """

    kind: ClassVar[str]

    def describe_places(self, workers: int) -> list[str]:
        """A line for every worker that would be started, for `--dry-run`.

        Args:
            workers: processes of each.
        """
        raise NotImplementedError

    def start(self, lab: Path, workers: int, logs: Path) -> Running | None:
        """Start workers in a lab; none if this command is to do the work.

        Args:
            lab: its folder, which all of them must see.
            workers: processes of each.
            logs: folder of what they print.

        Raises:
            InputError: if what it needs is not installed, or nothing can be started.
        """
        del lab, workers, logs


EXECUTORS = Kinds[Executor]("executor", key="kind", default="local")
"""Every kind of executor by its name."""

AnyExecutor = Annotated[
    pydantic.SerializeAsAny[Executor], pydantic.BeforeValidator(EXECUTORS.parse)
]
"""A field of a plan that holds an executor: its kind, or a table of its settings and its kind."""


def choose_executor(kind: str | None, settings: Mapping[str, Any], planned: Executor) -> Executor:
    """The executor that a command line asks for; the plan's if it asks for none.

    Raises:
        InputError: if there is no such kind or setting.
    """
    if kind is None and not settings:
        return planned
    base = {"kind": kind or planned.kind}
    if base["kind"] == planned.kind:
        base |= planned.model_dump()
    try:
        return EXECUTORS.parse(base | dict(settings))
    except pydantic.ValidationError as error:
        raise InputError(f"--executor-set {describe(error)}") from error
    except ValueError as error:
        raise InputError(f"--executor: {error}") from error


def work_command(lab: Path, workers: int) -> Sequence[str]:
    """Arguments of hexlaw for a worker in a lab."""
    return ("work", "--lab", str(lab.absolute()), "--workers", str(workers))
