"""What all verbs of the command line share."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import tyro

from games.config import FrozenModel


class VerbConfig(FrozenModel, frozen=True):
    """Flags that every verb has."""

    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False
    """Print one JSON object last, and everything else to standard error."""


class InterruptedByUserError(Exception):
    """Ctrl-C stopped the work; what was done is stored and the same command goes on."""


class Outcome(NamedTuple):
    """What a verb has to say to a script."""

    result: dict[str, Any]
    """Printed as JSON under `--json`."""
    exit_code: int = 0
