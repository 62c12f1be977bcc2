"""How much of a larger board does a smaller one teach?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import pandas as pd
import pydantic

import games
from analysis.figures.wording import interval, listed, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.report.study_page import Findings, Published
from analysis.studies.transfer import (
    MIXED,
    at_equal_compute,
    at_once,
    begun_with,
    saved,
    transfer_points,
)
from analysis.studies.transfer_figures import blunders_by_beginning
from analysis.tables.rows import LabRows
from experiments.machine.parallel import Task
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.study import Stage, Study
from experiments.studies.work import judging_tasks
from games.config import FrozenModel
from games.text.numbers import side_by_side
from training.config import TrainConfig
from training.ledger import forward_flops, gradient_flops
from training.store import Store

RAW, SEARCHED = 1, 64
"""Nodes with which agents are judged."""


class TransferConfig(FrozenModel, frozen=True):
    """Which boards begin with which, and how long runs are."""

    network: str = "conv16x2"
    """Of every run; its weights fit every board."""
    pairs: tuple[tuple[int, int], ...] = ((3, 4), (3, 5), (4, 5), (3, 6), (4, 6), (5, 6))
    """A smaller board and the larger one that begins with its last snapshot."""
    mixes: tuple[tuple[int, ...], ...] = ()
    """Boards that one run plays from fresh weights: the largest is its own and has half of the
    positions, the others share the rest evenly. It costs as much as its board's cold run."""
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
        return sorted({size for pair in self.pairs for size in pair} | set(map(max, self.mixes)))

    @property
    def pupils(self) -> set[int]:
        """Boards that begin with others or are played with them."""
        return {size for _, size in self.pairs} | set(map(max, self.mixes))

    @property
    def runs(self) -> list[TrainConfig]:
        """Every board afresh, then the pairs, each seed beginning with its own, then the mixes."""
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
        mixed = [self._mixed(boards, seed) for boards in self.mixes for seed in range(self.seeds)]
        return [*fresh.values(), *begun, *mixed]

    def _mixed(self, boards: Sequence[int], seed: int) -> TrainConfig:
        own, others = max(boards), sorted(set(boards) - {max(boards)})
        mix = [(size, 0.5 / len(others)) for size in others]
        alone = self._run(own, seed)
        # By position: what self-play and learner spend on each hangs on the board alone.
        cost = {
            size: alone.search.evaluations * forward_flops(rules, alone.network)
            + alone.replay_ratio * gradient_flops(rules, alone.network)
            for size, rules in ((size, games.make(alone.game, size)) for size in boards)
        }
        mean = sum(share * cost[size] for size, share in (*mix, (own, 0.5)))
        return self._run(own, seed, mix=mix, samples=round(alone.samples * cost[own] / mean))

    def _run(self, size: int, seed: int, begin: str = "", **changes: Any) -> TrainConfig:
        fields = {
            "boardsize": size,
            "network": self.network,
            "seed": seed,
            "begin": begin,
            "samples": self.samples[size],
            "snapshots": self.snapshots,
            "first_snapshot": 1_024,
            "untrained_snapshot": True,
        }
        return configure(load_recipe("efficient"), fields | changes)


def _train(store: Store, config: TransferConfig) -> list[Task]:
    def name(run: TrainConfig) -> str:
        begun = f", begun with {run.begin}" if run.begin else ""
        return f"{run.where} board{begun}"

    return training_tasks(store, config.runs, name)


def _judge(store: Store, config: TransferConfig) -> list[Task]:
    return judging_tasks(store, config.boards, (RAW, SEARCHED))


def _findings(rows: LabRows, config: TransferConfig) -> Findings:
    points = transfer_points(rows)
    points = points[points["run_id"].isin([run.run_id for run in config.runs])]
    pupils = points[points["boardsize"].isin(config.pupils)]
    begun = at_once(pupils[pupils["teacher"] != MIXED])
    alike = at_equal_compute(pupils)
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
        Exhibit(
            "equal_compute", "Table 3", "Blunders at equal compute",
            "As much as all runs of a board have spent, all that went in before counted; between "
            "snapshots along lines in the logarithm of compute. Percent: means over seeds, lowest "
            "and highest.",
            tables=[_alike_table(alike)],
        ),
    ]  # fmt: skip
    return Findings(
        _answer(factors), [*exhibits, *tables],
        {"points": points, "at_once": begun, "saved": factors, "equal_compute": alike},
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
    lines: list[list[Cell | str]] = [
        [side_by_side(line["boardsize"]), begun_with(line["teacher"]), *_rates(line)]
        for line in begun.to_dict("records")
    ]
    return Table("Before the first step.", ["board", "weights", *_RATES], lines)


def _alike_table(alike: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = [
        [
            side_by_side(line["boardsize"]), begun_with(line["teacher"]),
            Cell(number(line["train_flops"] / 1e9, 0)), *_rates(line),
        ]
        for line in alike.to_dict("records")
    ]  # fmt: skip
    return Table("At equal compute.", ["board", "weights", "GFLOPs", *_RATES], lines)


_RATES = ["raw policy, %", f"{SEARCHED} nodes, %"]


def _rates(line: Mapping[Any, Any]) -> list[Cell]:
    return [
        Cell(
            percent(line[measure]),
            interval(100 * line[f"{measure}_low"], 100 * line[f"{measure}_high"], 1),
        )
        for measure in ("raw", "searched")
    ]


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
        if line["teacher"] == MIXED:
            cells[1:] = [Cell("–")]  # there is no teacher
        nodes = "raw policy" if line["nodes"] == RAW else f"{line['nodes']} nodes"
        lines.append([_way(line), nodes, percent(line["level"]), *cells])
    head = ["boards", "play", "blunders, %", "times less, all counted", "teacher not counted"]
    return Table("Times less compute; below 1 the warm start needs more.", head, lines)


def _way(line: Mapping[Any, Any]) -> str:
    size = side_by_side(line["boardsize"])
    if line["teacher"] == MIXED:
        return f"{size} in a mix with smaller ones"
    return f"{side_by_side(line['teacher'])} to {size}"


def _answer(factors: pd.DataFrame) -> str:
    raw = factors[factors["nodes"] == RAW]
    told = [
        f"{number(line['factor'], 1)} ({interval(line['low'], line['high'], 1)}) "
        f"{'on' if line['teacher'] == MIXED else 'from'} {_way(line)}"
        for line in raw.to_dict("records")
    ]
    if not told:
        return "No board began with another."
    mixed = ", or in a mix with smaller boards" if MIXED in set(raw["teacher"]) else ""
    return (
        f"Begun with a smaller board’s weights{mixed}, what they had cost counted, a raw policy as "
        f"good as the weakest run’s best needs this many times less compute: {listed(told)}."
    )


PRESETS = {
    "smoke": TransferConfig(
        network="conv2x1",
        pairs=((3, 4),),
        mixes=((3, 4),),
        samples={3: 2_048, 4: 2_048},
        seeds=2,
        snapshots=2,
    ),
    "laptop": TransferConfig(
        pairs=((3, 4), (3, 5), (4, 5)), samples={3: 10_000, 4: 30_000, 5: 60_000}
    ),
    "reference": TransferConfig(),
    "mixed": TransferConfig(
        pairs=((5, 7),), mixes=((5, 6, 7),), samples={5: 12_000, 7: 24_000}, seeds=2, snapshots=5
    ),
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
