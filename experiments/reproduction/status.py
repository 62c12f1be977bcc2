"""How far a reproduction is: its stages with what is done, what remains, and how long that takes.

Expected times start from rough costs (experiments/reproduction/costs.py). What a stage has taken so
far on this machine stands in the lab's `timings.json` and corrects them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pydantic
from rich.console import Console
from rich.table import Table

from analysis.figures.wording import duration
from experiments.reproduction.rounds import Part
from games.errors import InputError
from training.files import write_atomically

TIMINGS = "timings.json"


class Timing(pydantic.BaseModel):
    """What a stage has taken so far."""

    expected: float = 0.0
    """Seconds of one core that its finished work was expected to take."""
    spent: float = 0.0
    """Seconds it took, times the workers that were at it."""


class Standing(NamedTuple):
    """Where a stage stands."""

    done: int  # parts
    parts: int
    share: float  # of the expected work
    seconds_left: float


def read_timings(lab: Path) -> dict[str, Timing]:
    """By stage; empty for a lab that has none yet.

    Raises:
        InputError: if the file is damaged.
    """
    path = lab / TIMINGS
    if not path.exists():
        return {}
    try:
        return {
            name: Timing.model_validate(row) for name, row in json.loads(path.read_text()).items()
        }
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(
            f"cannot read {path} ({error}); delete it: only estimates need it"
        ) from error


def add_timing(lab: Path, stage: str, expected: float, spent: float) -> None:
    """Note what a stage has taken."""
    timings = read_timings(lab)
    before = timings.get(stage, Timing())
    timings[stage] = Timing(expected=before.expected + expected, spent=before.spent + spent)
    text = json.dumps({name: timing.model_dump() for name, timing in timings.items()}, indent=1)
    write_atomically(lab / TIMINGS, text.encode())


def seconds_done(parts: Sequence[Part]) -> float:
    """Expected cost of what is done."""
    return sum(part.seconds * part.done for part in parts)


def standings_of(
    parts: Mapping[str, Sequence[Part]], timings: Mapping[str, Timing], workers: int
) -> dict[str, Standing]:
    """Where each stage stands.

    A stage that has taken time already goes on at its own pace, another at that of all together.
    """
    everything = Timing(
        expected=sum(timing.expected for timing in timings.values()),
        spent=sum(timing.spent for timing in timings.values()),
    )
    found = {}
    for name, pieces in parts.items():
        timing = timings.get(name, Timing())
        if not timing.expected:
            timing = everything
        pace = timing.spent / timing.expected if timing.expected else 1.0
        total, done = sum(part.seconds for part in pieces), seconds_done(pieces)
        found[name] = Standing(
            done=sum(part.done >= 1 for part in pieces),
            parts=len(pieces),
            share=done / total if total else 1.0,
            seconds_left=(total - done) * pace / workers,
        )
    return found


def show_standings(
    standings: Mapping[str, Standing], units: Mapping[str, str], console: Console
) -> list[dict[str, Any]]:
    """Print the table; returns its rows."""
    table = Table("stage", "done", "share", "left", box=None)
    for name, standing in standings.items():
        count = (
            f"{standing.done} of {standing.parts} {units[name]}" if standing.parts else "not played"
        )
        left = duration(standing.seconds_left) if standing.share < 1 else "–"
        table.add_row(name, count, f"{100 * standing.share:.0f} %", left)
    console.print(table)
    left = sum(standing.seconds_left for standing in standings.values())
    console.print(f"about {duration(left)} left in all" if left else "all stages are done")
    return [{"stage": name, **standing._asdict()} for name, standing in standings.items()]
