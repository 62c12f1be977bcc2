"""Progress of a stage: bars in a terminal, one line a finished task elsewhere."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from experiments.machine.parallel import Event, Task


@contextlib.contextmanager
def stage(console: Console, title: str, tasks: Sequence[Task]) -> Iterator[Callable[[Event], None]]:
    """Show the progress of `tasks`; yields the listener to hand to `run_tasks`."""
    listen = _bars if console.is_terminal else _lines
    with listen(console, title, tasks) as listener:
        yield listener


@contextlib.contextmanager
def _bars(console: Console, title: str, tasks: Sequence[Task]) -> Iterator[Callable[[Event], None]]:
    work = {task.name: task.work for task in tasks}
    shares = dict.fromkeys(work, 0.0)
    running: dict[str, TaskID] = {}
    columns = [
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    ]
    with Progress(*columns, console=console, speed_estimate_period=120) as progress:
        overall = progress.add_task(title, total=sum(work.values()))

        def listen(event: Event) -> None:
            shares[event.name] = event.share
            progress.update(overall, completed=sum(work[n] * s for n, s in shares.items()))
            if event.over:
                if event.name in running:
                    progress.remove_task(running.pop(event.name))
                return
            if event.name not in running:
                running[event.name] = progress.add_task(f"  {event.name}", total=1.0)
            progress.update(running[event.name], completed=event.share)

        yield listen


@contextlib.contextmanager
def _lines(
    console: Console, title: str, tasks: Sequence[Task]
) -> Iterator[Callable[[Event], None]]:
    work = {task.name: task.work for task in tasks}
    total, began = sum(work.values()), time.monotonic()
    shares, finished = dict.fromkeys(work, 0.0), 0
    console.print(f"{title}: {len(tasks)} tasks")

    def listen(event: Event) -> None:
        nonlocal finished
        shares[event.name] = event.share
        if event.over:
            finished += 1
            elapsed = time.monotonic() - began
            # What is under way counts, too: the first task to end may be the shortest by far.
            done = sum(work[name] * share for name, share in shares.items())
            left = f", about {elapsed * (total - done) / done:.0f} s left" if done else ""
            console.print(f"  {finished}/{len(tasks)} {event.name} ({elapsed:.0f} s so far{left})")

    yield listen
