"""`hexlaw train`: from a recipe to an agent.

Prints the configuration and what it will take, measured in a short calibration, and begins. Ctrl-C
saves and stops; the same command goes on, as it does after a kill. Several seeds, or values of a
setting given by `--vary`, are trained side by side as one population.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import jax
import pydantic
import sqlalchemy as sa
import tyro
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from experiments.machine.parallel import Task, Worker, run_tasks, work_off
from experiments.players.agents import open_lab
from experiments.reproduction.recipe import configure, load_recipe, parse_setting
from experiments.tracking import tracked
from experiments.verb import InterruptedByUserError, Outcome, VerbConfig
from games.errors import InputError
from training.beginning import beginning_of
from training.config import TrainConfig
from training.devices import is_first_process, join_processes
from training.forecast import Forecast, forecast
from training.labels import check_labels, read_label_set
from training.loop import Progress, RunEnd, train_population
from training.provenance import device_name
from training.store import Leases, Run, Snapshot, Store, place_database

FAILED = 1  # exit code if a run diverged


class TrainVerbConfig(VerbConfig, frozen=True):
    """Train an agent, or a population of agents that differ in seed or a setting."""

    recipe: str = "efficient"
    """Named configuration; `hexlaw list` shows them all."""
    file: Path | None = None
    """A TOML file with a recipe of your own, instead of a named one."""
    game: str | None = None
    """What is played; `hexlaw list` shows all games. The recipe's, or hex, if unset."""
    boardsize: int | None = None
    """Board side; the recipe's, or 5, if unset."""
    network: str | None = None
    """E.g. 64x2, conv32x4, 64x2+128x1 (a trunk of the value's own), 512x4-bf16."""
    seeds: tuple[int, ...] = (0,)
    """One agent each."""
    begin: str | None = None
    """Snapshot of the lab to begin with, RUN#INDEX, of this board or, with a convolution, any."""
    labels: tuple[str, ...] = ()
    """Label sets of the lab to learn from instead of self-play, NAME or NAME:COUNT for its first
    COUNT positions; `hexlaw label` makes them."""
    samples: int | None = None
    """Self-play positions after which each run ends."""
    set: tuple[str, ...] = ()
    """Any other field of the configuration, e.g. learning_rate=1e-3 search.nodes=32."""
    vary: tuple[str, ...] = ()
    """Fields with a list of values, an agent for each, e.g. learning_rate=[1e-3,3e-3]."""
    lab: Path = Path("runs/train")
    """Folder of the store, snapshots and checkpoints."""
    store: str | None = None
    """Address of a PostgreSQL database for a new lab, postgresql://user@host/name, for many
    machines; a file in the folder if unset. The password comes from ~/.pgpass or PGPASSWORD."""
    devices: int | None = pydantic.Field(default=None, ge=1)
    """Devices to spread the games over; all there are if unset."""
    distributed: str | None = None
    """Be one of several processes that train together, the same command in each: auto (Slurm, MPI,
    TPU pods) or HOST:PORT,N,K in process K of N; the first writes and tells."""
    tracker: str | None = None
    """Hand the metrics to a tracker too: tensorboard, wandb or trackio, in LAB/TRACKER."""
    plan_only: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Print configuration and plan, and do not train."""


def train(config: TrainVerbConfig, console: Console) -> Outcome:
    """Train to the end, going on where an earlier command stopped.

    Returns:
        The runs and where they lie.

    Raises:
        InputError: for a bad recipe or setting, or a lab that cannot be used.
        InterruptedByUserError: if Ctrl-C stopped it; the same command goes on.
    """
    if config.distributed:
        join_processes(config.distributed)
    config = config.model_copy(update={"labels": _counted(config)})
    runs = plan_runs(config)
    devices = config.devices or (1 if config.labels else jax.device_count())
    console.quiet = not is_first_process()
    with contextlib.ExitStack() as stack:
        if not config.plan_only:
            if config.store:
                place_database(config.lab, config.store)
            store, leases = Store(config.lab), None
            if is_first_process():
                leases = stack.enter_context(Leases(store))
                leases.claim_or_refuse("these runs", [run.run_id for run in runs])
                stack.enter_context(tracked(store, config.tracker, console))
            for run in runs:
                beginning_of(store, run)  # refused now, not after compilation
                check_labels(store, run)
        expected = forecast(runs, devices)
        _print_plan(console, runs, expected, devices)
        if config.plan_only:
            return Outcome({"runs": [run.run_id for run in runs], "plan": expected._asdict()})
        console.print(f"lab {config.lab}; Ctrl-C stops, the same command goes on")
        statuses = _run(runs, store, devices, console, leases)
    exit_code = FAILED if "failed" in statuses else 0
    if leases is None:
        return Outcome({}, exit_code)  # the first process tells
    results = _results(store, runs)
    for result in results:
        reason = f": {result['reason']}" if result["reason"] else ""
        console.print(f"{result['id']} is {result['status']}{reason}")
        if result["file"]:
            console.print(f"  last snapshot {config.lab / result['file']}")
    return Outcome({"lab": str(config.lab), "runs": results, "plan": expected._asdict()}, exit_code)


def _counted(config: TrainVerbConfig) -> tuple[str, ...]:
    """The label sets with their counts, NAME:COUNT."""
    if all(":" in name for name in config.labels):
        return config.labels
    store = open_lab(config.lab)
    return tuple(
        name if ":" in name else f"{name}:{read_label_set(store, name).count}"
        for name in config.labels
    )


def plan_runs(config: TrainVerbConfig) -> list[TrainConfig]:
    """The run of every seed and every combination of varied values."""
    recipe = load_recipe(config.recipe, config.file)
    changes = dict(map(parse_setting, config.set))
    named = {
        "game": config.game,
        "boardsize": config.boardsize,
        "samples": config.samples,
        "network": config.network,
        "begin": config.begin,
    }
    changes |= {key: value for key, value in named.items() if value is not None}
    if config.labels:
        changes["labels"] = config.labels
    axes: list[list[tuple[str, Any]]] = [[("seed", seed) for seed in config.seeds]]
    for key, values in map(parse_setting, config.vary):
        if not isinstance(values, list) or not values:
            raise InputError(f"--vary {key}: give a list of values, e.g. {key}=[1, 2]")
        axes.append([(key, value) for value in values])
    return [configure(recipe, changes | dict(values)) for values in itertools.product(*axes)]


def _print_plan(
    console: Console, runs: Sequence[TrainConfig], plan: Forecast, devices: int
) -> None:
    for key, value in runs[0].model_dump(mode="json").items():
        varied = [run.model_dump(mode="json")[key] for run in runs]
        several = any(other != value for other in varied)
        console.print(f"  {key} = {varied if several else value}", soft_wrap=True)
    console.print(
        f"plan: {len(runs)} × network {runs[0].network.name} of {plan.parameters:,} parameters, "
        f"{plan.samples:,} samples, {plan.train_flops:.2g} FLOPs ({plan.jones_flops:.2g} as Jones "
        f"counts)",
        soft_wrap=True,
    )
    if runs[0].mix:
        console.print(f"plan: positions on {runs[0].where}", soft_wrap=True)
    console.print(
        f"plan: {devices} × {device_name()}, {plan.memory_bytes / 2**20:,.0f} MiB, compiled in "
        f"{plan.compile_seconds:.0f} s; calibration: {plan.samples_per_second:,.0f} samples/s, "
        f"{plan.utilisation:.1%} of the measured peak, learner {plan.learner_share:.0%}, about "
        f"{_duration(plan.seconds)} in all",
        soft_wrap=True,
    )


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _run(
    runs: Sequence[TrainConfig],
    store: Store,
    devices: int,
    console: Console,
    leases: Leases | None,
) -> list[RunEnd]:
    """Train, showing progress and answering Ctrl-C.

    Args:
        runs: the population.
        store: the lab.
        devices: how many it is spread over.
        console: what is told.
        leases: this process's; None in all processes of a run but the first, which ask that one.
    """
    statuses: list[RunEnd] = []

    def work(worker: Worker) -> None:
        with _show(console, runs) as show:
            statuses[:] = train_population(
                runs, store, devices=devices, report=show, should_stop=worker.should_stop
            )

    def left() -> list[Task]:
        over = statuses and "stopped" not in statuses
        holds = tuple(run.run_id for run in runs)
        return [] if over else [Task("training", work, (), 1.0, holds=holds)]

    if leases is None:
        run_tasks(left(), 1)
    else:
        work_off(left, 1, leases, lambda tasks: contextlib.nullcontext(lambda event: None))
    if not statuses or "stopped" in statuses:
        raise InterruptedByUserError
    return statuses


COLUMNS = {
    "samples": ("samples", "{:,}"),
    "policy": ("policy_loss", "{:.3f}"),
    "value": ("value_loss", "{:.3f}"),
    "entropy": ("policy_entropy", "{:.3f}"),
    "KL": ("policy_kl", "{:.3f}"),
    "resid.": ("residual_variance", "{:.2f}"),
    "plies": ("game_length", "{:.1f}"),
    "black": ("first_player_wins", "{:.0%}"),
    "/s": ("samples_per_second", "{:,.0f}"),
}
"""What a line of progress shows: title, metric, format; docs/training.md explains each."""

WIDTHS = (13, 8, 8, 8, 8, 8, 7, 7, 9)


@contextlib.contextmanager
def _show(console: Console, runs: Sequence[TrainConfig]) -> Iterator[Callable[[Progress], None]]:
    """A line of metrics at each snapshot (of the first run), and a bar in a terminal."""
    at_snapshot = set(runs[0].snapshot_iterations)
    columns = [BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn()]
    console.print("".join(f"{title:>{w}}" for title, w in zip(COLUMNS, WIDTHS, strict=True)))
    with Bar(
        *columns, TextColumn("left"), TimeRemainingColumn(), console=console, transient=True,
        disable=not console.is_terminal,
    ) as bar:  # fmt: skip
        task = bar.add_task("training", total=runs[0].snapshot_iterations[-1])

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.iteration)
            if progress.metrics and progress.iteration in at_snapshot:
                means = next(iter(progress.metrics.values()))
                values = means | {"samples": progress.ledger.samples}
                cells = [
                    "–" if values[name] is None else form.format(values[name])
                    for name, form in COLUMNS.values()
                ]
                line = "".join(f"{cell:>{w}}" for cell, w in zip(cells, WIDTHS, strict=True))
                console.print(line, soft_wrap=True)

        yield show


def _results(store: Store, runs: Sequence[TrainConfig]) -> list[dict[str, Any]]:
    """What a script wants to know of each run."""
    query = (
        sa.select(
            Run.id,
            Run.status,
            Run.reason,
            Snapshot.samples,
            Snapshot.train_flops,
            Snapshot.seconds,
            Snapshot.utilisation,
            Snapshot.energy_joules,
            Snapshot.policy_loss,
            Snapshot.value_loss,
            Snapshot.file,
        )
        .outerjoin(Snapshot, Snapshot.run_id == Run.id)
        .where(Run.id.in_([run.run_id for run in runs]))
        .order_by(Run.id, Snapshot.index)
    )
    columns, rows = store.frame_query(query)
    last = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
    return [last[run.run_id] for run in runs]
