"""Does a floor in learner steps make Jones's small boards dear?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import pydantic

from analysis.figures.wording import interval, listed, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table, board, cell
from analysis.report.study_page import Findings, Published
from analysis.studies.batch_figures import blunders_by_batch
from analysis.studies.batch_ladder import ladder_points, needed, step_floors
from analysis.tables.rows import LabRows
from experiments.machine.parallel import Task
from experiments.players.agents import all_snapshots
from experiments.players.specs import PerfectSpec
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.study import Stage, Study
from experiments.studies.work import judging_tasks, league_tasks
from games.config import FrozenModel
from games.hex import Hex
from mcts import SearchConfig
from training.config import TrainConfig
from training.store import Store

NETWORKS = {3: "8x2", 4: "16x2", 5: "32x2"}
"""One for each board, the same for both recipes."""
FIRST_SNAPSHOT = 1_024
MIXING_MOVES = 250
"""Instead of Jones's 2,500: ten whole games on 5×5 set lanes apart as well."""


class Rung(FrozenModel, frozen=True):
    """Runs that differ in batch and seed."""

    boardsize: int
    recipe: str
    batches: tuple[int, ...] = pydantic.Field(min_length=1)
    """Positions of a learner step, and games side by side."""
    samples: int
    """Self-play positions after which a run ends."""
    seeds: int = pydantic.Field(default=1, ge=1)


class LadderConfig(FrozenModel, frozen=True):
    """Which batches are trained on which boards, and how snapshots are judged."""

    rungs: tuple[Rung, ...]
    snapshots: int = pydantic.Field(default=10, ge=2)
    """Of each run, besides the untrained network."""
    nodes: tuple[int, ...] = (1, 64)
    """Searches that are judged; 1 is the raw policy."""
    opponents: int = pydantic.Field(default=20, ge=2, multiple_of=2)
    """Others that each snapshot meets in its board's league."""

    @property
    def boards(self) -> list[int]:
        """Board sides, rising."""
        return sorted({rung.boardsize for rung in self.rungs})

    @property
    def runs(self) -> list[TrainConfig]:
        """Every run."""
        return [
            ladder_run(self, rung, batch, seed)
            for rung in self.rungs
            for batch in rung.batches
            for seed in range(rung.seeds)
        ]


def ladder_run(config: LadderConfig, rung: Rung, batch: int, seed: int) -> TrainConfig:
    """A run with as many games side by side as a learner step has positions, as Jones had it; all
    else is the recipe's own."""
    changes = {
        "boardsize": rung.boardsize,
        "network": NETWORKS[rung.boardsize],
        "seed": seed,
        "lanes": batch,
        "batch_size": batch,
        "moves": 1,
        "samples": rung.samples,
        "snapshots": config.snapshots,
        "first_snapshot": max(batch, FIRST_SNAPSHOT),
        "untrained_snapshot": True,
    }
    if load_recipe(rung.recipe).fields.get("mixing_moves"):
        changes["mixing_moves"] = MIXING_MOVES
    return configure(load_recipe(rung.recipe), changes)


def _train(store: Store, config: LadderConfig) -> list[Task]:
    def name(run: TrainConfig) -> str:
        return f"{run.boardsize}×{run.boardsize} board, {run.recipe}, batches of {run.batch_size}"

    return training_tasks(store, config.runs, name)


def _judge(store: Store, config: LadderConfig) -> list[Task]:
    return judging_tasks(store, config.boards, config.nodes)


def _play(store: Store, config: LadderConfig) -> list[Task]:
    """A league of all snapshots of a board and perfect play."""
    tasks = []
    for size in config.boards:
        rules = Hex(size)
        specs = [PerfectSpec(), *all_snapshots(store, rules, SearchConfig(nodes=64), 0.0)]
        tasks += league_tasks(store, rules, specs, config.opponents)
    return tasks


def _findings(rows: LabRows, config: LadderConfig) -> Findings:
    points = ladder_points(rows)
    points = points[points["run_id"].isin([run.run_id for run in config.runs])]
    floors, need = step_floors(points), needed(points)
    largest = points[points["batch"] == points["batch"].max()]
    figures = [
        Exhibit(
            f"ladder_{recipe}", f"Figure {number_}", f"Recipe {recipe}, by steps and by samples",
            "Won positions thrown away by the raw policy, a square-root scale. Where curves of "
            "different batches fall together on the left, steps count; where they do on the right, "
            "samples do. Thin lines are runs.",
            figure=blunders_by_batch(own),
        )
        for number_, (recipe, own) in enumerate(_recipes(points), start=1)
    ]  # fmt: skip
    tables = [
        Exhibit(
            "floors", "Table 1", "The batch at which steps turn into samples",
            "C of strength = curve of steps / (1 + C / batch) (McCandlish et al. 2018), the batch "
            "above which only steps count, with its 95 % bootstrap interval over runs (none where "
            "each batch has one run). Beside it "
            "how far the points lie from one curve (root mean square, percentage points or Elo), "
            "if steps alone counted, and if samples alone did. Last, how many times the samples of "
            "batches of 256 are needed with batches of 32 768 to be as strong.",
            tables=[_floors_table(floors)],
        ),
        Exhibit(
            "needed", "Table 2", "What each batch needs to be equally strong",
            "Equally strong: raw blunders as few as the batch of that board and recipe has at its "
            "end that got least far. Means over seeds; between snapshots a line in the logarithm.",
            tables=[_needed_table(need)],
        ),
        Exhibit(
            "ends", "Table 3", "Where the runs end", "Means over seeds, lowest and highest.",
            tables=[_ends_table(points)],
        ),
    ]  # fmt: skip
    return Findings(
        _answer(floors), [*figures, *tables],
        {"points": points, "floors": floors, "needed": need},
        [
            f"The largest budget of a run was {number(points['samples'].max())} positions, "
            "less than a hundredth of what Jones's runs on these boards had. Batches of "
            f"{number(largest['batch'].iloc[0])} took {number(largest['steps'].max())} steps at "
            "most, so their end lies far from perfect play.",
            "One network a board. Large batches have one seed: their luck is not in the intervals.",
            *_single_runs(floors),
            "The critical batch rises as networks get better (McCandlish et al. 2018): near "
            "perfect play it is larger than in these short runs, and the floor in steps less dear.",
            f"Jones's lanes were set apart by 2,500 random moves, here by {MIXING_MOVES}.",
        ],
    )  # fmt: skip


def _recipes(points: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The rows of each recipe; his, which the question is about, first."""
    names = sorted(points["recipe"].unique(), key=lambda name: (name != JONES, name))
    return [(name, points[points["recipe"] == name]) for name in names]


def _single_runs(floors: pd.DataFrame) -> list[str]:
    """Which critical batches rest on one run a batch."""
    single = floors[floors["low"].isna()].drop_duplicates(["boardsize", "recipe"])
    if single.empty:
        return []
    named = [f"{row['recipe']} on {board(row['boardsize'])}" for row in single.to_dict("records")]
    return [f"One run a batch: {listed(named)}. Nothing tells how far chance moves what they say."]


def _dearer(critical: float) -> float:
    """How many times the samples of batches of 256 those of 32,768 need."""
    return (32_768 + critical) / (256 + critical)


def _floors_table(floors: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for floor in floors.to_dict("records"):
        scale, digits = (100, 1) if floor["measure"] == "raw" else (1, 0)
        residuals = [scale * floor[name] for name in ("residual", "by_steps", "by_samples")]
        lines.append(
            [
                f"{board(floor['boardsize'])}, {floor['recipe']}, "
                + ("raw blunders" if floor["measure"] == "raw" else "Elo"),
                cell(floor["critical"], (floor["low"], floor["high"])),
                *(number(value, digits) for value in residuals),
                cell(
                    _dearer(floor["critical"]),
                    (_dearer(floor["high"]), _dearer(floor["low"])),
                ),
            ]
        )
    head = ["board, recipe, measure", "C", "off", "steps alone", "samples alone", "dearer"]
    return Table("Critical batches.", head, lines)


def _needed_table(need: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for line in need.to_dict("records"):
        name = f"{line['boardsize']}×{line['boardsize']}, {line['recipe']}"
        lines.append(
            [
                name, percent(line["level"]), number(line["batch"]), number(line["runs"]),
                number(line["steps"]), number(line["samples"]),
            ]
        )  # fmt: skip
    head = ["board, recipe", "raw blunders, %", "batch", "runs", "learner steps", "samples"]
    return Table("Until as few raw blunders.", head, lines)


def _ends_table(points: pd.DataFrame) -> Table:
    last = points[points["index"] == points.groupby("run_id")["index"].transform("max")]
    lines: list[list[Cell | str]] = []
    for _, own in last.groupby(["boardsize", "recipe", "batch"]):
        kind = own.to_dict("records")[0]
        size = kind["boardsize"]
        spread = [
            cell(here.mean(), _least_and_most(here), digits)
            for here, digits in (
                (100 * own["raw"], 1), (100 * own["searched"], 1), (own["elo"], 0),
            )
        ]  # fmt: skip
        lines.append(
            [
                f"{size}×{size}, {kind['recipe']}", number(kind["batch"]), number(len(own)),
                number(kind["steps"]), number(kind["samples"]), *spread,
            ]
        )  # fmt: skip
    head = ["board, recipe", "batch", "runs", "steps", "samples", "raw, %", "64 nodes, %", "Elo"]
    return Table("Last snapshots; Elo of the board’s league, its best snapshot 0.", head, lines)


def _least_and_most(values: pd.Series) -> tuple[float, float]:
    """NaN for a single run, which has no spread."""
    return (values.min(), values.max()) if len(values) > 1 else (math.nan, math.nan)


def _answer(floors: pd.DataFrame) -> str:
    told, dearer = [], []
    for floor in floors.to_dict("records"):
        if floor["recipe"] == JONES and floor["measure"] == "raw":
            size, limits = board(floor["boardsize"]), (floor["low"], floor["high"])
            told.append(f"{_with_limits(floor['critical'], limits)} on {size}")
            limits = _dearer(floor["high"]), _dearer(floor["low"])
            dearer.append(_with_limits(_dearer(floor["critical"]), limits))
    if not told:
        return "Too few runs for a critical batch."
    return (
        "With Jones’s recipe the batch above which only learner steps count is "
        f"{listed(told)} positions (by raw blunders; 95 % intervals over runs, none where each "
        "batch has one). To be as strong, "
        f"his batches of 32 768 then need {listed(dearer)} times the samples of batches of 256."
    )


def _with_limits(value: float, limits: tuple[float, float]) -> str:
    return number(value) if math.isnan(limits[0]) else f"{number(value)} ({interval(*limits)})"


def _rungs(*rungs: tuple[int, str, Sequence[int], int, int]) -> tuple[Rung, ...]:
    return tuple(
        Rung(boardsize=size, recipe=recipe, batches=tuple(batches), samples=samples, seeds=seeds)
        for size, recipe, batches, samples, seeds in rungs
    )


JONES, OURS = "jones2021", "efficient"
PRESETS = {
    "smoke": LadderConfig(
        rungs=_rungs((3, JONES, (32, 64), 2_048, 1), (3, OURS, (32, 64), 2_048, 1)),
        snapshots=2, opponents=2,
    ),
    "laptop": LadderConfig(
        rungs=_rungs(
            (3, JONES, (256, 1_024), 100_000, 1), (3, JONES, (4_096,), 300_000, 1),
            (3, OURS, (256, 1_024), 100_000, 1), (3, OURS, (4_096,), 250_000, 1),
            (4, JONES, (256, 1_024), 150_000, 1), (4, JONES, (4_096,), 300_000, 1),
            (4, OURS, (256, 1_024), 150_000, 1), (4, OURS, (4_096,), 300_000, 1),
        ),
    ),
    "reference": LadderConfig(
        rungs=_rungs(
            (3, JONES, (256,), 80_000, 2), (3, JONES, (1_024,), 250_000, 2),
            (3, JONES, (4_096,), 400_000, 1), (3, JONES, (32_768,), 500_000, 1),
            (4, JONES, (256,), 80_000, 2), (4, JONES, (1_024,), 200_000, 1),
            (4, JONES, (4_096,), 150_000, 1),
            (4, OURS, (256, 1_024), 100_000, 2), (4, OURS, (32_768,), 400_000, 1),
        ),
    ),
    "full": LadderConfig(
        rungs=_rungs(
            (3, JONES, (256,), 80_000, 3), (3, JONES, (1_024,), 250_000, 2),
            (3, JONES, (4_096,), 400_000, 1), (3, JONES, (32_768,), 500_000, 1),
            (3, OURS, (256, 1_024), 60_000, 3), (3, OURS, (4_096,), 200_000, 2),
            (3, OURS, (32_768,), 500_000, 1),
            (4, JONES, (256,), 80_000, 3), (4, JONES, (1_024,), 200_000, 2),
            (4, JONES, (4_096,), 250_000, 1),
            (4, OURS, (256, 1_024), 120_000, 3), (4, OURS, (4_096,), 300_000, 2),
            (4, OURS, (32_768,), 600_000, 1),
            (5, JONES, (256,), 80_000, 1), (5, JONES, (1_024,), 200_000, 1),
            (5, OURS, (256, 1_024), 150_000, 2), (5, OURS, (4_096,), 300_000, 1),
            (5, OURS, (32_768,), 600_000, 1),
        ),
    ),
}  # fmt: skip

STUDY = Study(
    title="A floor in learner steps",
    question="Jones's compute for perfect play grows sevenfold with each row and column, ours "
    "sixty-eightfold. Compute is parameters times samples; parameters grow alike in both, samples "
    "hardly at all in his runs. He trained with batches of 32,768 positions on every board. Is it "
    "a least number of learner steps, whatever the batch, that makes his small boards dear?",
    expectation="While a batch holds more positions than a step can use, strength goes by learner "
    "steps, and samples to a given strength grow in proportion to the batch; with small batches "
    "strength goes by samples. In between, samples needed are S + N·B for batches of B, with a "
    "floor N in steps that is much the same on all boards and a floor S in samples that grows with "
    "the board. If so, batches of 32,768 make 3×3 and 4×4 as dear as 5×5.",
    presets=PRESETS,
    stages=(Stage("Training", _train), Stage("Judging", _judge), Stage("League", _play)),
    findings=_findings,
    published=(
        Published(
            "learner steps of 32,768 positions until −50 Elo, 3×3 to 6×6",
            "659, 1 160, 1 610, 1 130",
            "Jones 2021, Figure 5, read off its curves",
        ),
        Published("batch, positions", "32 768", "Jones 2021, Table II"),
        Published("factor in compute a board", "7", "Jones 2021"),
    ),
)
