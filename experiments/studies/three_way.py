"""Training, search and size, all crossed: the cube that exchange rates are read off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import pydantic

from analysis.figures.wording import interval, listed, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.report.exhibits.three_way.all import law_findings
from analysis.report.study_page import Findings, Published
from analysis.studies.three_way import coverage, coverage_law, cube, even_coverage, sweeps
from analysis.studies.three_way_figures import (
    blunder_maps,
    blunders_by_search,
    blunders_by_training,
    coverage_curves,
)
from analysis.tables.cube import ALL, BEST, FIXED
from analysis.tables.rows import LabRows
from experiments.arena.traces import TracePlan, trace_tasks
from experiments.machine.parallel import Task
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.study import Stage, Study
from games.config import FrozenModel
from games.hex import Hex
from training.config import TrainConfig
from training.store import Store

C_PUCT = 1.25
"""The fixed constant; the others are half and twice as large."""
OTHERS = (0.6, 2.5)


class Grid(FrozenModel, frozen=True):
    """The runs of one board."""

    boardsize: int
    widths: tuple[int, ...]
    seeds: int = pydantic.Field(default=3, ge=1)
    samples: int
    """Self-play positions of each run, whatever its width."""


class CubeConfig(FrozenModel, frozen=True):
    """Which runs, and how their snapshots are judged."""

    grids: tuple[Grid, ...]
    depth: int = 2
    snapshots: int = pydantic.Field(default=10, ge=2)
    """Of each run, evenly spaced in the logarithm of compute."""
    first_snapshot: int = 2_048
    most_nodes: int = pydantic.Field(default=512, ge=2)
    """Search is looked at with 1, 2, 4 … so many nodes."""
    positions: int = 10_000
    """Judged with every number of nodes and every constant, of those that a board has (some 5,300,
    a fifth of them lost): all, or a weighted subsample. The raw policy is judged on all, for its
    coverage and for bins of difficulty."""

    @property
    def budgets(self) -> tuple[int, ...]:
        """Powers of two."""
        return tuple(2**k for k in range(self.most_nodes.bit_length()))

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


def _judge(store: Store, config: CubeConfig) -> list[Task]:
    raw = TracePlan(budgets=(1,))
    swept = TracePlan(budgets=config.budgets, positions=config.positions)
    return _judge_by(store, config, [raw, swept])


def _tune(store: Store, config: CubeConfig) -> list[Task]:
    plan = TracePlan(budgets=config.budgets, positions=config.positions, c_puct=OTHERS)
    return _judge_by(store, config, [plan])


def _findings(rows: LabRows, config: CubeConfig) -> Findings:
    mine = {run.run_id for run in config.runs}
    found = [sweep for sweep in sweeps(rows) if sweep.snapshot["run_id"] in mine]
    table = cube(found, C_PUCT)
    whole = table[table["stratum"] == ALL]
    fixed = whole[whole["tuning"] == FIXED]
    drawn = coverage(found)
    law = coverage_law(found)
    even = {size: even_coverage(size) for size in sorted(fixed["boardsize"].unique().tolist())}
    shown = [n for n in (1, 8, 64, 512) if n <= config.most_nodes]
    maps = [
        Exhibit(
            f"map{size}", f"Figure {place}", f"The cube on {size}×{size}",
            "Blunder rate by training compute and nodes, a panel a width; means over seeds. "
            "Lines halve the rate.",
            figure=blunder_maps(fixed[fixed["boardsize"] == size]),
        )
        for place, size in enumerate(sorted(fixed["boardsize"].unique()), start=1)
    ]  # fmt: skip
    next_figure = len(maps) + 1
    exhibits = [
        *maps,
        Exhibit(
            "training", f"Figure {next_figure}", "Where sizes level off",
            "Blunder rate against training compute. Thin lines are runs, thick ones means.",
            figure=blunders_by_training(fixed, shown), tables=[_level_table(fixed)],
        ),
        Exhibit(
            "search", f"Figure {next_figure + 1}", "What search adds to trained networks",
            "The last snapshots by nodes, with c_puct fixed (solid) and with the best of three at "
            "each budget, chosen on the other half of the positions (dashed).",
            figure=blunders_by_search(whole),
            tables=[_end_table(fixed, shown), _tuned_table(whole)],
        ),
        Exhibit(
            "coverage", f"Figure {next_figure + 2}", "Coverage and selection",
            "Solid: won positions in which none of k moves drawn from the raw policy wins, exactly "
            "by its mass on winning moves: what an oracle would choose from. Dotted: what search "
            "with k nodes plays, its own value choosing. A vote among ever more draws ends at the "
            "raw policy’s likeliest move, the dotted line’s first point. Dashed: draws evenly from "
            "all legal moves, of which these boards have so few that many draws of anything hold a "
            "winning one.",
            figure=coverage_curves(drawn, fixed, even), tables=[_law_table(law)],
        ),
        Exhibit(
            "difficulty", "Table 1", "By difficulty",
            "Five bins of equal weight by the mass that all last snapshots’ raw policies put on "
            "winning moves, 1 the easiest. Last snapshots of the widest network, means over seeds.",
            tables=[_difficulty_table(table, shown)],
        ),
    ]  # fmt: skip
    by_law = law_findings(table)
    return Findings(
        f"{_answer(fixed)} {by_law.answer}", [*exhibits, *by_law.exhibits],
        {"cube": table, "coverage": _last(drawn), "coverage_law": law, **by_law.tables},
        [*_limits(config, fixed), *by_law.limits], by_law.documents,
    )  # fmt: skip


def _last(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["snapshot"] == rows.groupby("run")["snapshot"].transform("max")]


def _groups(rows: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    yield from rows.groupby(list(columns))


def _seeds(rows: pd.DataFrame) -> Cell:
    """Mean over seeds, and the lowest and highest of them."""
    shares = 100 * rows["blunder_rate"]
    if not len(shares):
        return Cell("–")
    return Cell(number(shares.mean(), 2), interval(shares.min(), shares.max(), 2))


def _board(size: int) -> str:
    return f"{size}×{size}"


def _level_table(fixed: pd.DataFrame) -> Table:
    """What the last doubling or so of compute still changed."""
    lines: list[list[Cell | str]] = []
    for (size, width), own in _groups(fixed, "boardsize", "width"):
        cells: list[Cell | str] = [_board(size), number(width)]
        end = own["snapshot"].max()
        compute = own.groupby("snapshot")["train_flops"].mean()
        if end < 1:
            continue
        cells.append(number(compute[end] / compute[end - 1], 2))
        for nodes in (1, 64):
            rates = own[own["nodes"] == nodes].groupby("snapshot")["blunder_rate"].mean()
            told = end in rates.index and rates[end - 1] > 0
            cells.append(number(rates[end] / rates[end - 1], 2) if told else "–")
        lines.append(cells)
    head = ["board", "width", "compute of the last stage, times", "raw blunders, times",
            "with 64 nodes, times"]  # fmt: skip
    return Table("What the last stage of training changed; 1 has levelled off.", head, lines)


def _end_table(fixed: pd.DataFrame, shown: Sequence[int]) -> Table:
    last = _last(fixed)
    lines: list[list[Cell | str]] = [
        [_board(size), number(width), *(_seeds(own[own["nodes"] == n]) for n in shown)]
        for (size, width), own in _groups(last, "boardsize", "width")
    ]
    head = ["board", "width", *(_nodes(n) for n in shown)]
    return Table("Won positions thrown away at the end, %: mean, least and most.", head, lines)


def _tuned_table(whole: pd.DataFrame) -> Table:
    """What the best constant of each budget gains."""
    key = ["boardsize", "run", "snapshot", "nodes"]
    fixed, best = (
        whole[whole["tuning"] == tuning].set_index(key)[["blunder_rate", "c_puct"]]
        for tuning in (FIXED, BEST)
    )
    both = best.join(fixed["blunder_rate"].rename("fixed_rate"), how="inner").reset_index()
    lines: list[list[Cell | str]] = [
        [_board(size), number(nodes), number(own["c_puct"].median(), 2),
         number(100 * own["fixed_rate"].mean(), 2), number(100 * own["blunder_rate"].mean(), 2)]
        for (size, nodes), own in _groups(both, "boardsize", "nodes")
    ]  # fmt: skip
    head = ["board", "nodes", "median best c_puct", f"c_puct {C_PUCT}, %", "best of three, %"]
    return Table("Means over all snapshots; constants chosen on other positions.", head, lines)


def _law_table(law: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for (size, width), own in _groups(law, "boardsize", "width"):
        mean = own[["a", "b", "foretold"]].mean()
        lines.append([
            _board(size), number(width), number(mean["a"], 3),
            Cell(number(mean["b"], 2), interval(own["b"].min(), own["b"].max(), 2)),
            number(mean["foretold"], 2),
        ])  # fmt: skip
    head = ["board", "width", "a", "b", "b foretold"]
    return Table(
        "Coverage = exp(a·k^b) of the last snapshots, and b foretold by how the mass on winning "
        "moves spreads over positions: means over seeds.", head, lines,
    )  # fmt: skip


def _difficulty_table(table: pd.DataFrame, shown: Sequence[int]) -> Table:
    binned = _last(table[(table["tuning"] == FIXED) & (table["stratum"] != ALL)])
    widest = binned[binned["width"] == binned.groupby("boardsize")["width"].transform("max")]
    lines: list[list[Cell | str]] = [
        [_board(size), stratum.removeprefix("difficulty "),
         *(_seeds(own[own["nodes"] == n]) for n in shown)]
        for (size, stratum), own in _groups(widest, "boardsize", "stratum")
    ]  # fmt: skip
    head = ["board", "difficulty", *(_nodes(n) for n in shown)]
    return Table("Won positions thrown away, %: mean, least and most.", head, lines)


def _nodes(nodes: int) -> str:
    return "raw policy" if nodes == 1 else f"{number(nodes)} nodes"


def _answer(fixed: pd.DataFrame) -> str:
    last, most = _last(fixed), fixed["nodes"].max()
    told = []
    for (size,), own in _groups(last, "boardsize"):
        rates = own.groupby(["width", "nodes"])["blunder_rate"].mean()
        raw, searched = rates.xs(1, level="nodes"), rates.xs(most, level="nodes")
        told.append(
            f"on {_board(size)} from {_shares(raw)} without search and from {_shares(searched)} "
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
    for (size, width), own in _groups(fixed[fixed["nodes"] == 1], "boardsize", "width"):
        rates = own.groupby("snapshot")["blunder_rate"].mean()
        if len(rates) > 1 and rates.iloc[-1] < 0.95 * rates.iloc[-2]:
            falling.setdefault(size, []).append(number(width))
    told = [f"{_board(size)} {listed(widths)} wide" for size, widths in falling.items()]
    if not told:
        return "Every network has levelled off without search."
    return (
        f"Not levelled off: on {listed(told)}, where the last stage still took more than a "
        "twentieth of the raw policy’s blunders."
    )


TINY = Grid(boardsize=4, widths=(2,), seeds=2, samples=2_048)
PRESETS = {
    "smoke": CubeConfig(
        grids=(TINY,), snapshots=2, first_snapshot=1_024, most_nodes=4, positions=96
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
    ),
    findings=_findings,
    published=(
        Published("decades of test compute a decade of training, 9×9 Hex", "1.2", "Jones 2021"),
        Published("the same, MCTS, weak and strong", "1.6 and 0.7", "Epoch 2023"),
        Published("the same, language models", "0.5", "Ord 2025"),
        Published("coverage of language models", "exp(a·k^b)", "Brown et al. 2024"),
    ),
)  # fmt: skip
