"""Which ingredient of the training recipe gains what.

Each variant changes one ingredient of `efficient`; `jones` changes all of them to those of Jones
2021 but his batch, which on two cores would be one learner step a minute. docs/training.md has the
answer.

Compute counts self-play and learning. A run reaches a goal at its first snapshot from which on all
but one in ten snapshots meet it, so that a lucky one does not count. Medians are over seeds. Elo is
of the snapshots that the compute pays for with which half of the runs of `efficient` have reached
the goal, from a league of them all, with `efficient` at zero.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pydantic

from analysis.figures.wording import number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.report.study_page import Findings, Published
from analysis.studies.recipe_figures import blunders_by_variant
from analysis.tables.blunder_rates import FIXED, blunder_points
from analysis.tables.rows import LabRows, load_lab
from experiments.arena.judging_tasks import blunder_tasks
from experiments.machine.parallel import Task
from experiments.players.specs import NetworkSpec, PlayerSpec
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.study import Stage, Study
from experiments.studies.work import league_elo, league_tasks
from games.config import FrozenModel
from games.hex import Hex
from mcts import SearchConfig
from training.config import TrainConfig
from training.networks import AnyNetwork, NetworkConfig
from training.store import Store

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
    "step size falls to a tenth": {"final_learning_rate": 0.1},
    "window grows to 512 moves": {"window": 512, "window_share": 0.25},
    # KataGo's share of full searches (Wu 2019, section 3.1); the others only carry games on.
    "one move in four in full": {"full_every": 4, "fast_nodes": 8},
    JONES_LIKE: {
        "opening_plies": 0, "temperature_plies": 361, "replay_ratio": 1, "augment": False,
        "learning_rate": 1e-3, "bootstrap": True, "lanes": 1024, "moves": 1, "batch_size": 1024,
        "window": 64, "mixing_moves": 2500, "search_value_share": 0, "averaging": 0,
    },
}  # fmt: skip

TIMES_AS_MANY = {"one move in four in full": 3}
"""Samples of a variant whose samples cost less, so that runs cost about the same."""

SAMPLES = {3: 60_000, 4: 150_000, 5: 200_000, 6: 1_000_000, 7: 2_000_000}
GOALS = {3: 0.01, 4: 0.01, 5: 0.05, 6: 0.1, 7: 0.2}
"""Blunder rate with 64 nodes that counts as reached."""
OPENINGS = 4
"""That each pair plays with both colours, for Elo."""
RAW, SEARCHED = 1, 64
"""Nodes with which agents are judged."""


class RecipeStudyConfig(FrozenModel, frozen=True):
    """Which ingredients are measured where."""

    boards: tuple[int, ...] = (4, 5)
    """Board sides."""
    variants: tuple[str, ...] = tuple(VARIANTS)
    """Which ingredients."""
    seeds: int = pydantic.Field(default=3, ge=1)
    """Runs of each variant."""
    samples: int | None = None
    """Self-play positions of each run, if not the board's own."""
    network: AnyNetwork | None = None
    """What is trained, if not the recipe's network of the board."""

    @pydantic.field_validator("variants")
    @classmethod
    def _known(cls, variants: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in variants if name not in VARIANTS]:
            raise ValueError(f"no variant {unknown[0]!r}; there is {', '.join(VARIANTS)}")
        return ("efficient", *(name for name in variants if name != "efficient"))

    def runs(self, board: int) -> dict[str, list[TrainConfig]]:
        """The runs of a board by variant, one a seed."""
        return {
            variant: [
                variant_run(board, variant, seed, self.samples, self.network)
                for seed in range(self.seeds)
            ]
            for variant in self.variants
        }


def variant_run(
    board: int,
    variant: str,
    seed: int,
    samples: int | None = None,
    network: NetworkConfig | None = None,
) -> TrainConfig:
    """The configuration of one run; samples and network are the board's own if none are given."""
    samples = TIMES_AS_MANY.get(variant, 1) * (samples or SAMPLES[board])
    base: dict[str, Any] = {"boardsize": board, "seed": seed, "samples": samples}
    if network is not None:
        base["network"] = network
    recipe = load_recipe("efficient")
    config = configure(recipe, base | VARIANTS[variant])
    if variant == "half as wide":
        config = configure(recipe, base | {"network.width": config.network.width // 2})
    return config


def agent(run: TrainConfig, index: int, nodes: int) -> NetworkSpec:
    """A snapshot with the search rule that it was trained with, noise off."""
    search = SearchConfig(nodes=nodes, rule=run.search.rule)
    return NetworkSpec(run=run.run_id, index=index, strategy=search)


class Curve(NamedTuple):
    """One run, snapshot by snapshot."""

    samples: np.ndarray
    flops: np.ndarray
    search: np.ndarray  # blunder rate with 64 nodes
    raw: np.ndarray  # and of the raw policy

    def rows(self, variant: str) -> pd.DataFrame:
        """A row a snapshot."""
        return (
            pd.DataFrame(self._asdict()).rename_axis("index").reset_index().assign(variant=variant)
        )


CurvesByVariant = Mapping[str, Sequence[Curve]]  # by variant, one a seed


def read_curves(rows: LabRows, runs: Mapping[str, Sequence[TrainConfig]]) -> CurvesByVariant:
    """The judged runs of a board."""
    points = blunder_points(rows)
    points = points[points["source"] == FIXED].sort_values("index")

    def curve(run: TrainConfig) -> Curve:
        own = points[points["run_id"] == run.run_id]
        raw, searched = (own[own["nodes"] == nodes] for nodes in (RAW, SEARCHED))
        samples, flops = (raw[name].to_numpy(float) for name in ("samples", "train_flops"))
        return Curve(samples, flops, searched["rate"].to_numpy(float), raw["rate"].to_numpy(float))

    return {variant: [curve(run) for run in seeds] for variant, seeds in runs.items()}


def reached(rates: np.ndarray, goal: float) -> int | None:
    """The first snapshot that meets the goal, as nine in ten of those after it do."""
    meets = rates <= goal
    for index in np.flatnonzero(meets):
        if np.mean(meets[index:]) >= 0.9:
            return int(index)
    return None


def budget(curves: CurvesByVariant, goal: float) -> float:
    """FLOPs with which half of the runs of `efficient` that do have reached the goal."""
    paid = [c.flops[k] for c in curves["efficient"] if (k := reached(c.search, goal)) is not None]
    return float(np.median(paid or [c.flops[-1] for c in curves["efficient"]]))


def paid_for(
    flops: float, runs: Mapping[str, Sequence[TrainConfig]], curves: CurvesByVariant
) -> list[PlayerSpec]:
    """The last snapshot of each run that so much compute pays for; the first one of a run that has
    none."""
    return [
        agent(run, max(0, int(np.sum(curve.flops <= flops)) - 1), SEARCHED)
        for variant, seeds in runs.items()
        for run, curve in zip(seeds, curves[variant], strict=True)
    ]


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


def _train(store: Store, config: RecipeStudyConfig) -> list[Task]:
    variant_of = {
        run.run_id: variant
        for board in config.boards
        for variant, seeds in config.runs(board).items()
        for run in seeds
    }

    def name(run: TrainConfig) -> str:
        return f"{run.boardsize}×{run.boardsize} board, {variant_of[run.run_id]}"

    runs = [
        run
        for board in config.boards
        for run in itertools.chain.from_iterable(config.runs(board).values())
    ]
    return training_tasks(store, runs, name)


def _judge(store: Store, config: RecipeStudyConfig) -> list[Task]:
    tasks = []
    for board in config.boards:
        specs = [
            agent(run, index, nodes)
            for run in itertools.chain.from_iterable(config.runs(board).values())
            for index in range(len(run.snapshot_iterations))
            for nodes in (RAW, SEARCHED)
        ]
        tasks += blunder_tasks(store, Hex(board), dict.fromkeys(specs, 0))
    return tasks


def _meet(store: Store, config: RecipeStudyConfig) -> list[Task]:
    rows, tasks = load_lab(store), []
    for board in config.boards:
        specs = _league(rows, config, board)
        tasks += league_tasks(store, Hex(board), specs, len(specs), openings=OPENINGS)
    return tasks


def _league(rows: LabRows, config: RecipeStudyConfig, board: int) -> list[PlayerSpec]:
    """Who meets on a board: each run's snapshot of equal compute."""
    runs = config.runs(board)
    curves = read_curves(rows, runs)
    return paid_for(budget(curves, GOALS[board]), runs, curves)


def _findings(rows: LabRows, config: RecipeStudyConfig) -> Findings:
    exhibits, tables, told = [], [], []
    for place, board in enumerate(config.boards, start=1):
        curves = read_curves(rows, config.runs(board))
        points = pd.concat(
            [c.rows(variant) for variant, seeds in curves.items() for c in seeds],
            ignore_index=True,
        )
        tables.append(points.assign(boardsize=board))
        flops = budget(curves, GOALS[board])
        elo = league_elo(rows, Hex(board), _league(rows, config, board), OPENINGS)
        by_variant = elo.reshape(-1, config.seeds)
        by_variant = by_variant - np.median(by_variant[0])
        lines = [
            _line(variant, seeds, GOALS[board], ratings)
            for (variant, seeds), ratings in zip(curves.items(), by_variant, strict=True)
        ]
        head = ["variant", "thousand samples", "GFLOPs", "reached", "blunders, %", "raw, %", "Elo"]
        caption = (
            f"{board}×{board}, {config.seeds} seeds, goal {percent(GOALS[board])} % with "
            f"{SEARCHED} nodes; Elo at {number(flops / 1e9, 1)} GFLOPs."
        )
        exhibits.append(
            Exhibit(
                f"recipe_blunders_{board}", f"Figure {place}", f"Blunders on {board}×{board}",
                "Medians over seeds against training compute, a line a variant; the table tells "
                "medians, lowest and highest.",
                figure=blunders_by_variant(points, "efficient", JONES_LIKE),
                tables=[Table(caption, head, lines)],
            )
        )  # fmt: skip
        if JONES_LIKE in curves:
            told.append(_told_saving(board, curves))
    return Findings(
        " ".join(told) or "Each variant's distance from the recipe stands in the tables.",
        exhibits, {"curves": pd.concat(tables, ignore_index=True)},
        ["One ingredient is changed at a time: what two of them do together is not measured."],
    )  # fmt: skip


def _told_saving(board: int, curves: CurvesByVariant) -> str:
    end, spent, needed = saving(curves["efficient"], curves[JONES_LIKE])
    return (
        f"On {board}×{board} the recipe “{JONES_LIKE}” ends with {percent(end)} % blunders after "
        f"{number(spent / 1e9, 1)} GFLOPs; there “efficient” has spent {number(needed / 1e9, 1)}, "
        f"{number(spent / needed)} times less."
    )


def _line(variant: str, curves: Sequence[Curve], goal: float, elo: np.ndarray) -> list[Cell | str]:
    """One row of the table."""
    at = [reached(curve.search, goal) for curve in curves]

    def median(values: Sequence[np.ndarray]) -> str:
        found = [math.inf if k is None else v[k] for k, v in zip(at, values, strict=True)]
        middle = float(np.median(found))
        return "–" if math.isinf(middle) else f"{middle:,.3g}"

    def spread(values: Sequence[float], digits: int) -> Cell:
        low, high = number(min(values), digits), number(max(values), digits)
        return Cell(number(float(np.median(values)), digits), f"{low} to {high}")

    return [
        variant,
        median([curve.samples / 1000 for curve in curves]),
        median([curve.flops / 1e9 for curve in curves]),
        f"{sum(k is not None for k in at)} of {len(at)}",
        spread([100 * float(np.median(curve.search[-3:])) for curve in curves], 1),
        spread([100 * float(np.median(curve.raw[-3:])) for curve in curves], 1),
        spread((np.round(elo) + 0.0).tolist(), 0),  # no "−0"
    ]


STUDY = Study(
    title="What each ingredient of the recipe gains",
    question="How much training does each variant of the recipe “efficient” need until its agents "
    "throw away hardly any won position, judged by perfect play on the fixed sets of 4×4 and 5×5?",
    expectation="Without random openings two to five times the blunders; replay ratio 1 two to "
    "three times the compute; the rest within the spread of the seeds.",
    presets={
        "smoke": RecipeStudyConfig(boards=(3,), variants=("no symmetry",), seeds=2, samples=11_000),
        "laptop": RecipeStudyConfig(boards=(4,)),
        "reference": RecipeStudyConfig(),
        "large": RecipeStudyConfig(
            boards=(6, 7),
            variants=(
                "step size falls to a tenth",
                "window grows to 512 moves",
                "one move in four in full",
                "replay ratio 16",
            ),
            samples=400_000,
            network=NetworkConfig.parse("64x2"),
        ),
    },
    stages=(Stage("Training", _train), Stage("Judging", _judge), Stage("Elo", _meet)),
    findings=_findings,
    published=(Published("replay ratio, openings, batch", "1, none, 32 768", "Jones 2021"),),
)
