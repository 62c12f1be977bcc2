"""How far a reproduction is: its stages with what is done, what that took, and what remains.

Nothing is foretold: the time left comes from what the lab's own stages have taken on this machine,
which stands in its `timings.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pydantic
from rich.console import Console
from rich.table import Table

from analysis.figures.wording import duration
from experiments.machine.clock import Spent
from experiments.reproduction.rounds import Part
from games.errors import InputError
from games.text.plain_json import from_json, to_json
from training.files import write_atomically

TIMINGS = "timings.json"
SPENT = {
    "took": "seconds",
    "importing": "starting",
    "compiling": "compiling",
    "playing": "playing",
    "learning": "learning",
    "judging": "judging",
}
"""Columns of the table, and what a stage has spent on them."""


class Timing(pydantic.BaseModel):
    """What a stage has taken so far, in seconds of one worker."""

    work: float = 0.0
    """Network evaluations of what is done, about."""
    seconds: float = 0.0
    compiling: float = 0.0
    starting: float = 0.0
    playing: float = 0.0
    learning: float = 0.0
    judging: float = 0.0


class Standing(NamedTuple):
    """Where a stage stands."""

    done: int  # parts
    parts: int
    share: float  # of the work
    seconds: float  # that it took, of one worker
    starting: float  # CPU seconds before its processes' first tasks, not among these
    compiling: float  # of these, as the following
    playing: float
    learning: float
    judging: float
    seconds_left: float | None  # of all workers together; none while nothing is known


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
            name: Timing.model_validate(row) for name, row in from_json(path.read_text()).items()
        }
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(
            f"cannot read {path} ({error}); delete it: only estimates need it"
        ) from error


def add_timing(lab: Path, stage: str, work: float, spent: Spent) -> None:
    """Note what a stage has taken."""
    timings = read_timings(lab)
    before = timings.get(stage, Timing())
    timings[stage] = Timing(
        work=before.work + work,
        **{name: getattr(before, name) + more for name, more in spent._asdict().items()},
    )
    text = to_json({name: timing.model_dump() for name, timing in timings.items()}, indent=1)
    write_atomically(lab / TIMINGS, text.encode())


def standings_of(
    parts: Mapping[str, Sequence[Part]], timings: Mapping[str, Timing], workers: int
) -> dict[str, Standing]:
    """Where each stage stands.

    A stage that has taken time already goes on at its own pace, another at that of all together.
    """
    everything = Timing(
        work=sum(timing.work for timing in timings.values()),
        seconds=sum(timing.seconds for timing in timings.values()),
    )
    found = {}
    for name, pieces in parts.items():
        timing = timings.get(name, Timing())
        paced = timing if timing.work else everything
        total = sum(part.work for part in pieces)
        done = sum(part.work * part.done for part in pieces)
        left = 0.0 if done >= total else None
        if left is None and paced.work:
            left = (total - done) * paced.seconds / paced.work / workers
        found[name] = Standing(
            done=sum(part.done >= 1 for part in pieces),
            parts=len(pieces),
            share=done / total if total else 1.0,
            seconds_left=left,
            **timing.model_dump(exclude={"work"}),
        )
    return found


def show_stages(
    standings: Mapping[str, Standing], units: Mapping[str, str], console: Console
) -> list[dict[str, Any]]:
    """Print the table, without columns that no stage has anything in; returns its rows."""
    spent = [
        (title, name)
        for title, name in SPENT.items()
        if any(getattr(standing, name) for standing in standings.values())
    ]
    table = Table("stage", "done", "share", *(title for title, _ in spent), "left", box=None)
    for name, standing in standings.items():
        count = (
            f"{standing.done} of {standing.parts} {units[name]}" if standing.parts else "not played"
        )
        took = (getattr(standing, part) for _, part in spent)
        columns = (duration(seconds) if seconds else "–" for seconds in took)
        table.add_row(name, count, f"{100 * standing.share:.0f} %", *columns, _left(standing))
    console.print(table)
    lefts = [standing.seconds_left for standing in standings.values()]
    if None in lefts:
        console.print("how long it takes is known once something is done")
    elif left := sum(seconds for seconds in lefts if seconds):
        console.print(f"about {duration(left)} left in all; took: of one worker")
    else:
        console.print("all stages are done; took: of one worker")
    return [{"stage": name, **standing._asdict()} for name, standing in standings.items()]


def _left(standing: Standing) -> str:
    if standing.share >= 1:
        return "–"
    return "unknown" if standing.seconds_left is None else duration(standing.seconds_left)
