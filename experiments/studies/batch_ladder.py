"""Does a floor in learner steps make Jones's small boards dear?"""

from __future__ import annotations

from collections.abc import Sequence

import pydantic

from analysis.figures.wording import number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.report.study_page import Findings, Published
from analysis.studies.batch_ladder import at_the_end, ladder_points
from analysis.tables.rows import LabRows
from experiments.machine.parallel import Task
from experiments.players.agents import all_snapshots
from experiments.players.specs import PerfectSpec
from experiments.reproduction.grid import training_tasks
from experiments.reproduction.recipe import configure, load_recipe
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
            run_of(self, rung, batch, seed)
            for rung in self.rungs
            for batch in rung.batches
            for seed in range(rung.seeds)
        ]


def run_of(config: LadderConfig, rung: Rung, batch: int, seed: int) -> TrainConfig:
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
    ends = at_the_end(points, config.nodes[0])
    lines = [
        [
            f"{end['boardsize']}×{end['boardsize']}, {end['recipe']}", number(end["batch"]),
            number(end["steps"]), number(end["samples"]),
            Cell(percent(end["rate"]), f"{end['runs']} runs"),
        ]
        for end in ends.to_dict("records")
    ]  # fmt: skip
    caption = f"Won positions thrown away with {config.nodes[0]} node, last snapshots, percent."
    head = ["board, recipe", "batch", "learner steps", "samples", "blunders"]
    table = Exhibit(
        "ends", "Table 1", "Where the runs end", "Means over seeds.",
        tables=[Table(caption, head, lines)],
    )  # fmt: skip
    answer = f"{len(rows.runs)} runs with batches of {min(ends['batch'])} to {max(ends['batch'])}."
    return Findings(answer, [table], {"points": points}, ["One network a board."])


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
