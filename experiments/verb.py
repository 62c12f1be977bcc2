"""What all verbs of the command line share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pydantic
import tyro

import games
from experiments.machine.stored_run import with_stored_run
from games.config import FrozenModel

_READ = ("lab", "sources")  # fields that name a lab or a stored run; stored ones are never written


class VerbConfig(FrozenModel, frozen=True):
    """Flags that every verb has."""

    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False
    """Print one JSON object last, and everything else to standard error."""

    @pydantic.field_validator("*")
    @classmethod
    def _found(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        """`~` is the home folder: shells leave it as it is in `--lab=~/lab`. What is read may be
        the stored run that came with the package."""
        if isinstance(value, tuple):
            return tuple(cls._found(each, info) for each in value)
        if not isinstance(value, Path):
            return value
        try:
            path = value.expanduser()
        except RuntimeError:
            raise ValueError(f"{value} names nobody's home; write the whole path") from None
        return with_stored_run(path) if info.field_name in _READ else path


class BoardConfig(VerbConfig, frozen=True):
    """Flags of the verbs that ask for a board."""

    game: str = "hex"
    """What is played; `hexlaw list` shows all games and their boards."""
    size: int = 5
    """Side of the board."""

    @property
    def rules(self) -> games.Game:
        """The rules on that board.

        Raises:
            InputError: if there is no such game, or it cannot be played on such a board.
        """
        return games.make(self.game, self.size)


class InterruptedByUserError(Exception):
    """Ctrl-C stopped the work; what was done is stored and the same command goes on."""


class Outcome(NamedTuple):
    """What a verb has to say to a script."""

    result: dict[str, Any]
    """Printed as JSON under `--json`."""
    exit_code: int = 0
