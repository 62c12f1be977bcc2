"""How much of a larger board does a smaller one teach?"""

from __future__ import annotations

from typing import Self

import pandas as pd
import pydantic

from analysis.figures.wording import interval, listed, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.report.study_page import Findings, Published
from analysis.studies.transfer import AFRESH, at_once, saved, transfer_points
from analysis.studies.transfer_figures import blunders_by_beginning
from analysis.tables.rows import LabRows
from experiments.machine.parallel import Task
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.study import Stage, Study
from experiments.studies.work import judging_tasks
from games.config import FrozenModel
from training.config import TrainConfig
from training.store import Store

RAW, SEARCHED = 1, 64
"""Nodes with which agents are judged."""


class TransferConfig(FrozenModel, frozen=True):
    """Which boards begin with which, and how long runs are."""

    network: str = "conv16x2"
    """Of every run; its weights fit every board."""
    pairs: tuple[tuple[int, int], ...] = ((3, 4), (3, 5), (4, 5), (3, 6), (4, 6), (5, 6))
    """A smaller board and the larger one that begins with its last snapshot."""
    samples: dict[int, int] = pydantic.Field(default={3: 10_000, 4: 30_000, 5: 80_000, 6: 150_000})
    """Self-play positions of each run by board, what it began with not counted."""
    seeds: int = pydantic.Field(default=3, ge=1)
    snapshots: int = pydantic.Field(default=10, ge=2)
    """Of each run, besides the one before its first step."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if missing := [size for size in self.boards if size not in self.samples]:
            raise ValueError(f"samples: say how many for board {missing[0]}")
        return self

    @property
    def boards(self) -> list[int]:
        """Board sides, rising."""
        return sorted({size for pair in self.pairs for size in pair})

    @property
    def runs(self) -> list[TrainConfig]:
        """Every board afresh, then the pairs, each seed beginning with its own."""
        fresh = {
            (size, seed): self._run(size, seed)
            for size in self.boards
            for seed in range(self.seeds)
        }
        begun = [
            self._run(size, seed, f"{fresh[teacher, seed].run_id}#{self.snapshots}")
            for teacher, size in self.pairs
            for seed in range(self.seeds)
        ]
        return [*fresh.values(), *begun]

    def _run(self, size: int, seed: int, begin: str = "") -> TrainConfig:
        changes = {
            "boardsize": size,
            "network": self.network,
            "seed": seed,
            "begin": begin,
            "samples": self.samples[size],
            "snapshots": self.snapshots,
            "first_snapshot": 1_024,
            "untrained_snapshot": True,
        }
        return configure(load_recipe("efficient"), changes)


def _train(store: Store, config: TransferConfig) -> list[Task]:
    def name(run: TrainConfig) -> str:
        begun = f", begun with {run.begin}" if run.begin else ""
        return f"{run.boardsize}×{run.boardsize} board{begun}"

    return training_tasks(store, config.runs, name)


def _judge(store: Store, config: TransferConfig) -> list[Task]:
    return judging_tasks(store, config.boards, (RAW, SEARCHED))


def _findings(rows: LabRows, config: TransferConfig) -> Findings:
    points = transfer_points(rows)
    points = points[points["run_id"].isin([run.run_id for run in config.runs])]
    pupils = points[points["boardsize"].isin([size for _, size in config.pairs])]
    begun = at_once(pupils)
    factors = pd.concat(
        [
            saved(pupils, "raw").assign(nodes=RAW),
            saved(pupils, "searched").assign(nodes=SEARCHED),
        ],
        ignore_index=True,
    )
    exhibits = [
        Exhibit(
            measure, f"Figure {place}", f"Blunders by compute, {told}",
            "Compute is that of the whole chain: a run begun with another board’s weights starts "
            "at what they had cost. Means over seeds thick, runs thin; a square-root scale.",
            figure=blunders_by_beginning(pupils, measure),
        )
        for place, (measure, told) in enumerate(
            {"raw": "raw policy", "searched": f"{SEARCHED} nodes"}.items(), start=1
        )
    ]  # fmt: skip
    tables = [
        Exhibit(
            "at_once", "Table 1", "What is known before the first step on the new board",
            "Won positions thrown away, percent: means over seeds, lowest and highest.",
            tables=[_at_once_table(begun)],
        ),
        Exhibit(
            "saved", "Table 2", "Compute saved at equal strength",
            "How many times less compute a warm start needs than the cold run of its seed until "
            "it blunders as little as all runs of the board do at some time: geometric mean over "
            "seeds with its 95 % interval (Student’s t). First with the teacher’s training "
            "counted, then without it, as where the teacher is there anyway.",
            tables=[_saved_table(factors)],
        ),
    ]  # fmt: skip
    return Findings(
        _answer(factors), [*exhibits, *tables],
        {"points": points, "at_once": begun, "saved": factors},
        [
            f"One network ({config.network}) and one recipe; {config.seeds} seeds, so that the "
            "intervals say little where they are wide.",
            "Teachers are not stopped where it would pay most: a shorter or longer one may teach "
            "more for its compute.",
            "Fixed judged positions of each board, random ones among them: play against others was "
            "not measured.",
        ],
    )  # fmt: skip


def _at_once_table(begun: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for line in begun.to_dict("records"):
        teacher = line["teacher"]
        cells = [
            Cell(
                percent(line[measure]),
                interval(100 * line[f"{measure}_low"], 100 * line[f"{measure}_high"], 1),
            )
            for measure in ("raw", "searched")
        ]
        size = f"{line['boardsize']}×{line['boardsize']}"
        lines.append([size, "fresh" if teacher == AFRESH else f"{teacher}×{teacher}", *cells])
    head = ["board", "weights", "raw policy, %", f"{SEARCHED} nodes, %"]
    return Table("Before the first step.", head, lines)


def _saved_table(factors: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for line in factors.to_dict("records"):
        cells = [
            Cell(number(line[name], 1), interval(line[low], line[high], 1))
            for name, low, high in (
                ("factor", "low", "high"),
                ("own_factor", "own_low", "own_high"),
            )
        ]
        boards = f"{line['teacher']}×{line['teacher']} to {line['boardsize']}×{line['boardsize']}"
        nodes = "raw policy" if line["nodes"] == RAW else f"{line['nodes']} nodes"
        lines.append([boards, nodes, percent(line["level"]), *cells])
    head = ["boards", "play", "blunders, %", "times less, all counted", "teacher not counted"]
    return Table("Times less compute; below 1 the warm start needs more.", head, lines)


def _answer(factors: pd.DataFrame) -> str:
    raw = factors[factors["nodes"] == RAW]
    told = [
        f"{number(line['factor'], 1)} ({interval(line['low'], line['high'], 1)}) from "
        f"{line['teacher']}×{line['teacher']} to {line['boardsize']}×{line['boardsize']}"
        for line in raw.to_dict("records")
    ]
    if not told:
        return "No board began with another."
    return (
        "Begun with a smaller board’s weights, what they had cost counted, a raw policy as good as "
        f"the weakest run’s best needs this many times less compute: {listed(told)}."
    )


PRESETS = {
    "smoke": TransferConfig(
        network="conv2x1", pairs=((3, 4),), samples={3: 2_048, 4: 2_048}, seeds=2, snapshots=2
    ),
    "laptop": TransferConfig(
        pairs=((3, 4), (3, 5), (4, 5)), samples={3: 10_000, 4: 30_000, 5: 60_000}
    ),
    "reference": TransferConfig(),
}

STUDY = Study(
    title="How much of a larger board a smaller one teaches",
    question="Weights of a convolution on the hexagonal neighbourhood fit every board. How much "
    "compute does a run save that begins with those of a smaller board, at equal strength and with "
    "all that went in before counted, and how does that fall with the gap in size?",
    expectation="Local fights are the same on every board, so a neighbouring size teaches nearly "
    "all of them for the compute of the smaller board, which is some times less; over larger gaps "
    "less is saved, because openings and long connections are new. The value, which sees a mean "
    "and a maximum over all cells, carries over worse than the policy.",
    presets=PRESETS,
    stages=(Stage("Training", _train), Stage("Judging", _judge)),
    findings=_findings,
    published=(
        Published(
            "a network of Hex trained on one board, on larger and smaller ones",
            "plays them without further training; with some it learns faster and better",
            "Gao, Yan, Hayward and Müller 2018, “A transferable neural network for Hex”",
        ),
        Published(
            "fully convolutional networks between variants of a game",
            "zero-shot transfer works for many, fine-tuning for more",
            "Soemers et al. 2021, arXiv 2102.12375",
        ),
    ),
)
