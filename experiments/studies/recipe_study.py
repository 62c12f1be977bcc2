"""Which ingredient of the training recipe gains what.

Question: how much training does each variant of the recipe `efficient` need until its agents
throw away hardly any won position, judged by perfect play on the fixed sets of 4×4 and 5×5? Each
variant changes one ingredient; `jones` changes all of them to those of Jones 2021 but his batch,
which on two cores would be one learner step a minute. Expected: without random openings two to
five times the blunders; replay ratio 1 two to three times the compute; the rest within the spread
of the seeds. Command: `python -m experiments.studies.recipe_study`, about half an hour on two
cores; it goes on where it was stopped, prints a Markdown table for each board and draws the curves.
docs/training.md has the answer.

Compute counts self-play and learning. A run reaches a goal at its first snapshot from which on all
but one in ten snapshots meet it, so that a lucky one does not count. Medians are over seeds. Elo is
of the snapshots that the compute pays for with which half of the runs of `efficient` have reached
the goal, from a league of them all, with `efficient` at zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pydantic
import sqlalchemy as sa
import tyro

from analysis.figures.theme import save
from analysis.ratings.bradley_terry import rate
from analysis.studies.recipe_figures import blunders_by_variant
from experiments.arena.judging import Positions, fixed_set, judge
from experiments.arena.meeting import MeetingConfig, play_round
from experiments.machine.parallel import Task, default_workers, run_tasks
from experiments.players.player import NetworkPlayer
from experiments.reproduction.grid import train_together
from experiments.reproduction.recipe import configure, load_recipe
from games.config import FrozenModel
from games.hex import Hex
from mcts import SearchConfig
from training.config import TrainConfig
from training.files import load_snapshot
from training.store import Snapshot, Store

JONES_LIKE = "jones, but smaller batches"

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
    "Gumbel search": {"search.rule": "gumbel"},
    "regularised search": {"search.rule": "regularised"},
    "outcomes alone as value targets": {"search_value_share": 0},
    "newest weights, not their average": {"averaging": 0},
    "half as wide": {},
    "bfloat16 products": {"network.matmul": "bfloat16"},
    "convolution": {"network.kind": "conv", "network.width": 16},
    JONES_LIKE: {
        "opening_plies": 0, "temperature_plies": 361, "replay_ratio": 1, "augment": False,
        "learning_rate": 1e-3, "bootstrap": True, "lanes": 1024, "moves": 1, "batch_size": 1024,
        "window": 64, "mixing_moves": 2500, "search_value_share": 0, "averaging": 0,
    },
}  # fmt: skip

SAMPLES = {3: 60_000, 4: 150_000, 5: 200_000, 6: 1_000_000}
GOALS = {3: 0.01, 4: 0.01, 5: 0.05, 6: 0.1}
"""Blunder rate with 64 nodes that counts as reached."""
OPENINGS = 4
"""That each pair plays with both colours, for Elo."""


class StudyConfig(FrozenModel, frozen=True):
    """Measure what each ingredient of the recipe gains."""

    boards: tuple[int, ...] = (4, 5)
    """Board sides."""
    variants: tuple[str, ...] = tuple(VARIANTS)
    """Which ingredients."""
    seeds: int = pydantic.Field(default=3, ge=1)
    """Runs of each variant."""
    samples: int | None = None
    """Self-play positions of each run, if not the board's own."""
    lab: Path = Path("runs/recipe-study")
    """Folder of the store."""
    figures: Path = Path("docs/images")
    """Folder of the figures."""
    workers: int | None = None
    """Processes; one a core if unset."""

    @pydantic.field_validator("variants")
    @classmethod
    def _known(cls, variants: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in variants if name not in VARIANTS]:
            raise ValueError(f"no variant {unknown[0]!r}; there is {', '.join(VARIANTS)}")
        return variants


class Curve(NamedTuple):
    """One run, snapshot by snapshot."""

    samples: np.ndarray
    flops: np.ndarray
    params: list[Any]  # its weights
    search: np.ndarray  # blunder rate with 64 nodes
    raw: np.ndarray  # and of the raw policy

    def rows(self, variant: str) -> pd.DataFrame:
        """A row a snapshot."""
        columns = {"flops": self.flops, "search": self.search, "raw": self.raw}
        return pd.DataFrame(columns).rename_axis("index").reset_index().assign(variant=variant)


def run_of(board: int, variant: str, seed: int, samples: int | None) -> TrainConfig:
    """The configuration of one run."""
    base = {"boardsize": board, "seed": seed, "samples": samples or SAMPLES[board]}
    recipe = load_recipe("efficient")
    config = configure(recipe, base | VARIANTS[variant])
    if variant == "half as wide":
        config = configure(recipe, base | {"network.width": config.network.width // 2})
    return config


def player_of(config: TrainConfig, params: Any, nodes: int) -> NetworkPlayer:
    """A snapshot with the search rule that it was trained with, noise off."""
    search = SearchConfig(nodes=nodes, rule=config.search.rule)
    return NetworkPlayer(config.rules, config.network, params, search, lanes=256)


def blunder_rate(player: NetworkPlayer, positions: Positions) -> float:
    """Share of won positions that an agent throws away."""
    counts = judge(player, positions)
    return counts["blunders"] / counts["won"]


def judge_run(store: Store, config: TrainConfig) -> Curve:
    """The blunder rates of every snapshot of a run."""
    positions = fixed_set(Hex(config.boardsize))
    query = sa.select(Snapshot.samples, Snapshot.train_flops, Snapshot.file, Snapshot.sha256).where(
        Snapshot.run_id == config.run_id
    )
    rows = store.frame_query(query.order_by(Snapshot.index))[1]
    params = [load_snapshot(store.folder / file, sha256)[0] for *_, file, sha256 in rows]
    search, raw = (
        np.array([blunder_rate(player_of(config, p, nodes), positions) for p in params])
        for nodes in (64, 1)
    )
    samples, flops = np.array([row[:2] for row in rows], float).T
    return Curve(samples, flops, params, search, raw)


def elo_at(flops: float, runs: Sequence[tuple[TrainConfig, Curve]], openings: int) -> np.ndarray:
    """Elo of the last snapshot of each run that so much compute pays for, [R]; the first one of a
    run that has none."""
    players = [
        player_of(config, curve.params[max(0, int(np.sum(curve.flops <= flops)) - 1)], 64)
        for config, curve in runs
    ]
    result = play_round(runs[0][0].rules, players, 0, MeetingConfig(openings=openings))
    assert result is not None  # nobody asks it to stop
    wins = result.winner.sum(1)
    matches = pd.DataFrame(
        {
            "black": result.black,
            "white": result.white,
            "black_wins": openings - wins,
            "white_wins": wins,
        }
    )
    ratings = rate(matches)
    return ratings.elo[np.argsort(np.asarray(ratings.players))]


def reached(rates: np.ndarray, goal: float) -> int | None:
    """The first snapshot that meets the goal, as nine in ten of those after it do."""
    meets = rates <= goal
    for index in np.flatnonzero(meets):
        if np.mean(meets[index:]) >= 0.9:
            return int(index)
    return None


def line(variant: str, curves: Sequence[Curve], goal: float, elo: np.ndarray) -> str:
    """One row of the table."""
    at = [reached(curve.search, goal) for curve in curves]

    def median(values: Sequence[np.ndarray]) -> str:
        found = [math.inf if k is None else v[k] for k, v in zip(at, values, strict=True)]
        middle = float(np.median(found))
        return "–" if math.isinf(middle) else f"{middle:,.3g}"

    def spread(values: Sequence[float], form: str) -> str:
        low, high = format(min(values), form), format(max(values), form)
        return f"{np.median(values):{form}} ({low} to {high})"

    cells = [
        variant,
        median([curve.samples / 1000 for curve in curves]),
        median([curve.flops / 1e9 for curve in curves]),
        f"{sum(k is not None for k in at)} of {len(at)}",
        spread([100 * float(np.median(curve.search[-3:])) for curve in curves], ".1f"),
        spread([100 * float(np.median(curve.raw[-3:])) for curve in curves], ".1f"),
        spread(elo.tolist(), ".0f"),
    ]
    return "| " + " | ".join(cells) + " |"


def print_table(board: int, curves: dict[str, list[tuple[TrainConfig, Curve]]]) -> None:
    """A Markdown table of one board, `efficient` first."""
    goal, seeds = GOALS[board], len(curves["efficient"])
    of_efficient = [curve for _, curve in curves["efficient"]]
    paid = [c.flops[k] for c in of_efficient if (k := reached(c.search, goal)) is not None]
    budget = float(np.median(paid or [c.flops[-1] for c in of_efficient]))
    everyone = [run for runs in curves.values() for run in runs]
    elo = elo_at(budget, everyone, OPENINGS).reshape(-1, seeds)
    elo = np.round(elo - np.median(elo[0])) + 0.0  # no "-0"
    print(f"\n{board}×{board}, {seeds} seeds, goal {goal:.0%} with 64 nodes; ", end="")
    print(f"Elo at {budget / 1e9:.3g} GFLOPs\n")
    print("| variant | thousand samples | GFLOPs | reached | blunders, % | raw, % | Elo |")
    print("|---|---|---|---|---|---|---|")
    for (variant, runs), ratings in zip(curves.items(), elo, strict=True):
        print(line(variant, [curve for _, curve in runs], goal, ratings), flush=True)
    if JONES_LIKE in curves:
        end, spent, needed = saving(of_efficient, [curve for _, curve in curves[JONES_LIKE]])
        print(
            f"\n{JONES_LIKE!r} ends with {end:.0%} after {spent / 1e9:.3g} GFLOPs; there "
            f"`efficient` has spent {needed / 1e9:.3g}, {spent / needed:.0f} times less"
        )


def saving(ours: Sequence[Curve], theirs: Sequence[Curve]) -> tuple[float, float, float]:
    """The blunder rate with which theirs end, what they have spent on it, and what ours have.

    Medians over seeds; as much is spent as the first snapshot costs that is as good, infinitely
    much where there is none.
    """
    end = float(np.median([curve.search[-1] for curve in theirs]))

    def cost(curves: Sequence[Curve]) -> float:
        good = np.median([curve.search for curve in curves], axis=0) <= end
        flops = np.median([curve.flops for curve in curves], axis=0)
        return float(flops[np.argmax(good)]) if good.any() else math.inf

    return end, cost(theirs), cost(ours)


def main(config: StudyConfig) -> None:
    """Train what is not trained yet, judge it, print a table for each board."""
    store = Store(config.lab)
    variants = ("efficient", *(v for v in config.variants if v != "efficient"))
    runs = {
        (board, variant): [
            run_of(board, variant, seed, config.samples) for seed in range(config.seeds)
        ]
        for board in config.boards
        for variant in variants
    }
    tasks = [
        Task(f"{board} {variant}", train_together, (config.lab, seeds), 1.0)
        for (board, variant), seeds in runs.items()
    ]
    if not run_tasks(tasks, config.workers or default_workers()):
        raise SystemExit("stopped; run the same command again to go on")
    for board in config.boards:
        curves = {
            variant: [(run, judge_run(store, run)) for run in runs[board, variant]]
            for variant in variants
        }
        print_table(board, curves)
        rows = [curve.rows(variant) for variant, runs in curves.items() for _, curve in runs]
        figure = blunders_by_variant(pd.concat(rows), "efficient", JONES_LIKE)
        save(figure, config.figures / f"recipe_blunders_{board}")


if __name__ == "__main__":
    main(tyro.cli(StudyConfig, description=__doc__))
