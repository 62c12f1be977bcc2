"""Which ingredient of the training recipe gains what.

Question: how much training does each variant of the recipe `efficient` need until its agents
throw away hardly any won position, judged by perfect play on the fixed sets of 4×4 and 5×5? Each
variant changes one ingredient; `jones` changes all of them to those of Jones 2021 but his batch,
which on two cores would be one learner step a minute. Expected: without random openings two to
five times the blunders; replay ratio 1 two to three times the compute; the rest within the spread
of the seeds. Command: `python -m experiments.recipe_study`, about half an hour on two cores; it
goes on where it was stopped and prints a Markdown table.

Compute counts self-play and learning. A run reaches a goal at its first snapshot from which on all
but one in ten snapshots meet it, so that a lucky one does not count. Medians are over seeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pydantic
import sqlalchemy as sa
import tyro

from experiments.judging import Positions, fixed_set, judge
from experiments.parallel import Task, Worker, default_workers, run_tasks
from experiments.players import NetworkPlayer
from experiments.recipe import configure, load_recipe
from experiments.runtime import use_compilation_cache
from games.hex import Hex
from mcts.config import FrozenModel
from mcts.settings import SearchConfig
from training.config import TrainConfig
from training.files import load_snapshot
from training.loop import train
from training.store import Snapshot, Store

VARIANTS: dict[str, dict[str, Any]] = {
    "efficient": {},
    "no random openings": {"opening_plies": 0},
    "moves sampled to the end": {"temperature_plies": 361},
    "replay ratio 1": {"replay_ratio": 1},
    "replay ratio 4": {"replay_ratio": 4},
    "replay ratio 16": {"replay_ratio": 16},
    "no symmetry": {"augment": False},
    "batches of 1,024": {"batch_size": 1024},
    "32 moves in the window": {"window": 32},
    "16 nodes": {"search.nodes": 16},
    "32 nodes": {"search.nodes": 32},
    "search value half of the target": {"search_value_share": 0.5},
    "half as wide": {},
    "jones, but smaller batches": {
        "opening_plies": 0, "temperature_plies": 361, "replay_ratio": 1, "augment": False,
        "learning_rate": 1e-3, "bootstrap": True, "lanes": 1024, "moves": 1, "batch_size": 1024,
        "window": 64, "mixing_moves": 2500,
    },
}  # fmt: skip

SAMPLES = {3: 60_000, 4: 300_000, 5: 500_000, 6: 2_000_000}
GOALS = {3: 0.01, 4: 0.01, 5: 0.05, 6: 0.1}
"""Blunder rate with 64 nodes that counts as reached."""


class StudyConfig(FrozenModel, frozen=True):
    """Measure what each ingredient of the recipe gains."""

    boards: tuple[int, ...] = (4, 5)
    """Board sides."""
    variants: tuple[str, ...] = tuple(VARIANTS)
    """Which ingredients."""
    seeds: int = pydantic.Field(3, ge=1)
    """Runs of each variant."""
    samples: int | None = None
    """Self-play positions of each run, if not the board's own."""
    lab: Path = Path("runs/recipe-study")
    """Folder of the store."""
    workers: int | None = None
    """Processes; one a core if unset."""


class Curve(NamedTuple):
    """One run, snapshot by snapshot."""

    samples: np.ndarray
    flops: np.ndarray
    seconds: np.ndarray
    search: np.ndarray  # blunder rate with 64 nodes
    raw: np.ndarray  # and of the raw policy


def run_of(board: int, variant: str, seed: int, samples: int | None) -> TrainConfig:
    """The configuration of one run."""
    base = {"boardsize": board, "seed": seed, "samples": samples or SAMPLES[board]}
    recipe = load_recipe("efficient")
    config = configure(recipe, base | VARIANTS[variant])
    if variant == "half as wide":
        config = configure(recipe, base | {"network.width": config.network.width // 2})
    return config


def train_task(worker: Worker, lab: Path, config: TrainConfig) -> None:
    """Train one run."""
    use_compilation_cache()
    train(
        config,
        Store(lab),
        report=lambda progress: worker.report(progress.iteration / progress.iterations),
        should_stop=worker.should_stop,
    )


def blunder_rate(config: TrainConfig, params: Any, positions: Positions, nodes: int) -> float:
    """Share of won positions that an agent throws away."""
    search = SearchConfig(nodes=nodes, rule=config.search.rule)
    player = NetworkPlayer(config.rules, config.network, params, search, lanes=256)
    counts = judge(player, positions)
    return counts["blunders"] / counts["won"]


def judge_run(store: Store, config: TrainConfig) -> Curve:
    """The blunder rates of every snapshot of a run."""
    positions = fixed_set(Hex(config.boardsize))
    columns = (Snapshot.samples, Snapshot.train_flops, Snapshot.seconds)
    query = sa.select(*columns, Snapshot.file, Snapshot.sha256).where(
        Snapshot.run_id == config.run_id
    )
    rows = store.frame_query(query.order_by(Snapshot.index))[1]
    params = [load_snapshot(store.folder / file, sha256)[0] for *_, file, sha256 in rows]
    rates = [
        [blunder_rate(config, weights, positions, nodes) for weights in params] for nodes in (64, 1)
    ]
    spent = np.array([row[:3] for row in rows], float).T
    return Curve(*spent, *np.array(rates))


def reached(rates: np.ndarray, goal: float) -> int | None:
    """The first snapshot that meets the goal, as nine in ten of those after it do."""
    meets = rates <= goal
    for index in np.flatnonzero(meets):
        if np.mean(meets[index:]) >= 0.9:
            return int(index)
    return None


def line(variant: str, curves: Sequence[Curve], goal: float) -> str:
    """One row of the table."""
    at = [reached(curve.search, goal) for curve in curves]

    def median(values: Sequence[np.ndarray]) -> str:
        found = [math.inf if k is None else v[k] for k, v in zip(at, values, strict=True)]
        middle = float(np.median(found))
        return "not reached" if math.isinf(middle) else f"{middle:,.3g}"

    def last(rates: Sequence[np.ndarray]) -> str:
        final = [100 * float(np.median(rate[-3:])) for rate in rates]
        return f"{np.median(final):.1f} ({min(final):.1f}–{max(final):.1f})"

    cells = [
        variant,
        median([curve.samples / 1000 for curve in curves]),
        median([curve.flops / 1e9 for curve in curves]),
        median([curve.seconds for curve in curves]),
        f"{sum(k is not None for k in at)} of {len(at)}",
        last([curve.search for curve in curves]),
        last([curve.raw for curve in curves]),
    ]
    return "| " + " | ".join(cells) + " |"


def main(config: StudyConfig) -> None:
    """Train what is not trained yet, judge it, print a table for each board."""
    use_compilation_cache()
    store = Store(config.lab)
    runs = {
        (board, variant, seed): run_of(board, variant, seed, config.samples)
        for board in config.boards
        for variant in config.variants
        for seed in range(config.seeds)
    }
    tasks = [
        Task(f"{board} {variant} {seed}", train_task, (config.lab, run), 1.0)
        for (board, variant, seed), run in runs.items()
    ]
    if not run_tasks(tasks, config.workers or default_workers()):
        raise SystemExit("stopped; run the same command again to go on")
    for board in config.boards:
        goal = GOALS[board]
        print(f"\n{board}×{board}, {config.seeds} seeds, goal {goal:.0%} with 64 nodes\n")
        print("| variant | thousand samples | GFLOPs | seconds | reached | blunders, % | raw, % |")
        print("|---|---|---|---|---|---|---|", flush=True)
        for variant in config.variants:
            curves = [judge_run(store, runs[board, variant, seed]) for seed in range(config.seeds)]
            print(line(variant, curves, goal), flush=True)


if __name__ == "__main__":
    main(tyro.cli(StudyConfig, description=__doc__))
