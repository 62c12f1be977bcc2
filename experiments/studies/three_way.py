"""Training, search and size, all crossed: the cube that exchange rates are read off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pydantic

from analysis.figures.wording import listed, number, percent
from analysis.report.exhibits.base import board
from analysis.report.exhibits.three_way.all import law_findings
from analysis.report.exhibits.three_way.measured import cube_exhibits, groups_of, last_of
from analysis.report.study_page import Findings, Published
from analysis.studies.three_way import (
    Sweep,
    coverage,
    coverage_law,
    cube,
    even_coverage,
    sweeps,
)
from analysis.tables.cube import ALL, FIXED
from analysis.tables.rows import LabRows, load_lab
from experiments.arena.traces import TracePlan, trace_tasks
from experiments.machine.parallel import Task
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.study import Stage, Study
from experiments.studies.three_way_league import CubeLeague
from experiments.studies.three_way_seconds import MoveTiming
from games.config import FrozenModel
from games.hex import Hex
from training.config import TrainConfig
from training.store import Store

C_PUCT = 1.25
"""The fixed constant, that of self-play."""


class Grid(FrozenModel, frozen=True):
    """The runs of one board."""

    boardsize: int
    widths: tuple[int, ...]
    seeds: int = pydantic.Field(default=3, ge=1)
    samples: int
    """Self-play positions of each run, whatever its width."""


def _powers(most: int) -> tuple[int, ...]:
    return tuple(2**k for k in range(most.bit_length()))


class CubeConfig(FrozenModel, frozen=True):
    """Which runs, and how their snapshots are judged."""

    grids: tuple[Grid, ...]
    depth: int = 2
    snapshots: int = pydantic.Field(default=10, ge=2)
    """Of each run, evenly spaced in the logarithm of compute."""
    first_snapshot: int = 2_048
    most_nodes: int = pydantic.Field(default=512, ge=2)
    """Search is looked at with 1, 2, 4 … so many nodes."""
    constants: tuple[float, ...] = (0.075, 0.15, 0.3, 0.6, 2.5)
    """c_puct beside the fixed one, a sixteenth of it to twice as much."""
    tuned_nodes: int = pydantic.Field(default=64, ge=2)
    """With 1, 2, 4 … so many nodes the other constants are looked at: where searches are short it
    is them that decide, and long ones are dear."""
    positions: int = 10_000
    """Judged with every number of nodes and every constant, of those that a board has (some 5,300,
    a fifth of them lost): all, or a weighted subsample. The raw policy is judged on all, for its
    coverage and for bins of difficulty."""

    league: CubeLeague = CubeLeague()
    timing: MoveTiming = MoveTiming()

    @property
    def budgets(self) -> tuple[int, ...]:
        """Powers of two."""
        return _powers(self.most_nodes)

    @property
    def runs(self) -> list[TrainConfig]:
        """Every run."""
        recipe = load_recipe("efficient")
        return [
            configure(recipe, {
                "boardsize": grid.boardsize, "network": f"{width}x{self.depth}", "seed": seed,
                "samples": grid.samples, "snapshots": self.snapshots,
                "first_snapshot": self.first_snapshot,
            })
            for grid in self.grids
            for width in grid.widths
            for seed in range(grid.seeds)
        ]  # fmt: skip


def _train(store: Store, config: CubeConfig) -> list[Task]:
    def name(run: TrainConfig) -> str:
        return f"{run.boardsize}×{run.boardsize} board, network {run.network.name}"

    return training_tasks(store, config.runs, name)


def _judge_by(store: Store, config: CubeConfig, plans: Sequence[TracePlan]) -> list[Task]:
    return [
        task for grid in config.grids for task in trace_tasks(store, Hex(grid.boardsize), plans)
    ]


def _fixed_plans(config: CubeConfig) -> list[TracePlan]:
    raw = TracePlan(budgets=(1,), c_puct=(C_PUCT,))
    swept = TracePlan(budgets=config.budgets, positions=config.positions, c_puct=(C_PUCT,))
    return [raw, swept]


def _tuned_plan(config: CubeConfig) -> TracePlan:
    budgets = _powers(min(config.tuned_nodes, config.most_nodes))
    return TracePlan(budgets=budgets, positions=config.positions, c_puct=config.constants)


def _judge(store: Store, config: CubeConfig) -> list[Task]:
    return _judge_by(store, config, _fixed_plans(config))


def _tune(store: Store, config: CubeConfig) -> list[Task]:
    return _judge_by(store, config, [_tuned_plan(config)])


def _asked_for(rows: LabRows, config: CubeConfig) -> list[Sweep]:
    """The traces of the preset's own runs and plans: a lab may hold others as well."""
    mine = {run.run_id for run in config.runs}
    plans = [*_fixed_plans(config), _tuned_plan(config)]
    swept = {(plan.budgets, c_puct) for plan in plans for c_puct in plan.c_puct}
    return [
        sweep
        for sweep in sweeps(rows)
        if sweep.snapshot["run_id"] in mine and (sweep.budgets, sweep.c_puct) in swept
    ]


def _league(store: Store, config: CubeConfig) -> list[Task]:
    return config.league.tasks(store, config.runs, C_PUCT)


def _time(store: Store, config: CubeConfig) -> list[Task]:
    return config.timing.tasks(store, config.runs, C_PUCT)


def _findings(lab: Path, config: CubeConfig) -> Findings:
    rows = load_lab(Store(lab, read_only=True))
    found = _asked_for(rows, config)
    table = cube(found, C_PUCT)
    whole = table[table["stratum"] == ALL]
    fixed = whole[whole["tuning"] == FIXED]
    drawn = coverage(found)
    law = coverage_law(found)
    even = {size: even_coverage(size) for size in sorted(fixed["boardsize"].unique().tolist())}
    measured = cube_exhibits(table, drawn, law, even, C_PUCT)
    runs = rows.snapshots[rows.snapshots["run_id"].isin([run.run_id for run in config.runs])]
    ends = runs[runs["index"] == runs.groupby("run_id")["index"].transform("max")]
    by_law = law_findings(
        table,
        ratings=config.league.ratings(rows, config.runs, C_PUCT),
        move_seconds=config.timing.found(lab, config.runs),
        training_seconds=ends[["boardsize", "network", "samples", "seconds"]],
    )
    return Findings(
        f"{by_law.answer}\n{_answer(fixed)}", [*measured, *by_law.exhibits],
        {"cube": table, "coverage": last_of(drawn), "coverage_law": law, **by_law.tables},
        [*_limits(config, fixed), *by_law.limits], by_law.documents,
    )  # fmt: skip


def _answer(fixed: pd.DataFrame) -> str:
    last, most = last_of(fixed), fixed["nodes"].max()
    told = []
    for (size,), own in groups_of(last, "boardsize"):
        rates = own.groupby(["width", "nodes"])["blunder_rate"].mean()
        raw, searched = rates.xs(1, level="nodes"), rates.xs(most, level="nodes")
        told.append(
            f"on {board(size)} from {_shares(raw)} without search and from {_shares(searched)} "
            f"with {most} nodes"
        )
    if not told:
        return "Nothing was judged."
    return f"From the weakest to the strongest width, trained networks throw away {listed(told)}."


def _shares(rates: pd.Series) -> str:
    """The worst and the best, in percent."""
    return f"{percent(rates.max())} to {number(100 * rates.min(), 2)} %"


def _limits(config: CubeConfig, fixed: pd.DataFrame) -> list[str]:
    seeds = sorted({grid.seeds for grid in config.grids})
    return [
        "Positions are those of random play, of networks at all stages that draw their moves, and "
        "of strong play, a third each: another mixture has other rates. Positions in which every "
        "move wins are left out.",
        "All agents are judged on the same positions, and the bins of difficulty are made by the "
        "same networks that are then judged.",
        "One family of networks (fully connected, two residual layers), one recipe that searches "
        "64 nodes in self-play, one learning rate for all widths.",
        _still_falling(fixed),
        f"{listed([str(n) for n in seeds])} seeds a network: the spread between runs is known "
        "roughly.",
        f"Searches were judged on {number(fixed['positions'].min())} to "
        f"{number(fixed['positions'].max())} won positions, the coverage of the raw policy on all "
        "there are.",
        "What a vote among finitely many draws or a value network alone would pick was not "
        "measured.",
    ]


def _still_falling(fixed: pd.DataFrame) -> str:
    """Which networks have not levelled off."""
    falling: dict[int, list[str]] = {}
    for (size, width), own in groups_of(fixed[fixed["nodes"] == 1], "boardsize", "width"):
        rates = own.groupby("snapshot")["blunder_rate"].mean()
        if len(rates) > 1 and rates.iloc[-1] < 0.95 * rates.iloc[-2]:
            falling.setdefault(size, []).append(number(width))
    told = [f"{board(size)} {listed(widths)} wide" for size, widths in falling.items()]
    if not told:
        return "Every network has levelled off without search."
    return (
        f"Not levelled off: on {listed(told)}, where the last stage still took more than a "
        "twentieth of the raw policy’s blunders."
    )


TINY = Grid(boardsize=4, widths=(2,), seeds=2, samples=2_048)
PRESETS = {
    "smoke": CubeConfig(
        grids=(TINY,), snapshots=2, first_snapshot=1_024, most_nodes=4, positions=96,
        league=CubeLeague(boards=(4,), nodes=(1,), stages=1, opponents=2, openings=1, rounds=1),
        timing=MoveTiming(boards=(4,), lanes={2: (1,)}, repeats=1),
    ),
    "laptop": CubeConfig(
        grids=(
            Grid(boardsize=4, widths=(1, 2, 4, 8, 16, 32, 64), seeds=2, samples=80_000),
            Grid(boardsize=5, widths=(2, 4, 8, 16, 32, 64, 128), seeds=2, samples=120_000),
        ),
        snapshots=8, positions=700,
    ),
    "sitting": CubeConfig(
        grids=(
            Grid(boardsize=4, widths=(1, 2, 4, 8, 16, 32, 64), samples=150_000),
            Grid(boardsize=5, widths=(2, 4, 8, 16, 32, 64, 128), samples=300_000),
            Grid(boardsize=6, widths=(4, 16, 64), seeds=2, samples=300_000),
        ),
        positions=1_400,
    ),
    "reference": CubeConfig(
        grids=(
            Grid(boardsize=4, widths=(1, 2, 4, 8, 16, 32, 64), samples=300_000),
            Grid(boardsize=5, widths=(2, 4, 8, 16, 32, 64, 128), samples=1_000_000),
            Grid(boardsize=6, widths=(4, 16, 64, 128), seeds=2, samples=1_500_000),
        ),
    ),
}  # fmt: skip

STUDY = Study(
    title="Training, search and size: the cube",
    question="With every size at every stage of its training and every number of nodes, off the "
    "frontier as well as on it, judged exactly: how do training compute, search at play time and "
    "the size of the network trade for one another?",
    expectation="A blunder’s log-odds fall along S-curves in the logarithm of both computes; "
    "training lifts the plateau of search, so that the two are worth more together. From weak to "
    "strong, search pays less for each decade: Epoch reads 1.6 decades of search a decade of "
    "training off weak and 0.7 off strong players, Jones 1.2.",
    presets=PRESETS,
    stages=(
        Stage("Training", _train), Stage("Judging", _judge), Stage("Other constants", _tune),
        Stage("League", _league), Stage("Seconds a move", _time),
    ),
    findings_of_files=_findings,
    published=(
        Published("decades of test compute a decade of training, 9×9 Hex", "1.2", "Jones 2021"),
        Published("the same, MCTS, weak and strong", "1.6 and 0.7", "Epoch 2023"),
        Published("the same, language models", "0.5", "Ord 2025"),
        Published("coverage of language models", "exp(a·k^b)", "Brown et al. 2024"),
    ),
)  # fmt: skip
