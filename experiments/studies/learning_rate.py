"""Which learning rate for which width?"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pydantic

from analysis.figures.wording import interval, number
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.report.study_page import Findings, Published
from analysis.studies.learning_rate import RateRule, blunders_by_rate, by_rule, sweep_runs
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

RULES: Mapping[str, RateRule] = {
    "the former step: 0.01 up to 32 wide, else 0.003": lambda width: 1e-2 if width <= 32 else 3e-3,
    "one rate, 0.0015": lambda width: 1.5e-3,
    "one rate, 0.003": lambda width: 3e-3,
    "one rate, 0.005": lambda width: 5e-3,
    "one rate, 0.01": lambda width: 1e-2,
    "one rate, 0.02": lambda width: 2e-2,
    "0.03 over the root of the width": lambda width: 0.03 / width**0.5,
    "0.1 over the width": lambda width: 0.1 / width,
}
"""Rates by width; the first one is what the others are measured against."""


class SweepConfig(FrozenModel, frozen=True):
    """Which networks are trained with which rates."""

    boards: tuple[int, ...] = (4, 5)
    networks: tuple[str, ...] = ("8x2", "32x2", "64x2")
    rates: tuple[float, ...] = (1.5e-3, 3e-3, 5e-3, 1e-2, 2e-2)
    """Half, once and twice both rates of the former step, those that nearly coincide taken once."""
    seeds: int = pydantic.Field(default=2, ge=2)
    samples: dict[int, int] = pydantic.Field(default={4: 60_000, 5: 100_000})
    """Self-play positions of each run by board."""
    snapshots: int = pydantic.Field(default=8, ge=3)
    """Of each run; the last three are judged together."""

    @property
    def runs(self) -> list[TrainConfig]:
        """Every run."""
        recipe = load_recipe("efficient")
        return [
            configure(recipe, {
                "boardsize": size, "network": network, "learning_rate": rate, "seed": seed,
                "samples": self.samples[size], "snapshots": self.snapshots,
            })
            for size in self.boards
            for network in self.networks
            for rate in self.rates
            for seed in range(self.seeds)
        ]  # fmt: skip


def _train(store: Store, config: SweepConfig) -> list[Task]:
    def name(run: TrainConfig) -> str:
        return f"{run.boardsize}×{run.boardsize} board, network {run.network.name}"

    return training_tasks(store, config.runs, name)


def _judge(store: Store, config: SweepConfig) -> list[Task]:
    return judging_tasks(store, config.boards, (RAW, SEARCHED))


def _findings(rows: LabRows, config: SweepConfig) -> Findings:
    runs = sweep_runs(rows)
    raw = runs[runs["nodes"] == RAW]
    searched = runs[runs["nodes"] == SEARCHED]
    rules = pd.concat(
        [by_rule(raw, RULES).assign(nodes=RAW), by_rule(searched, RULES).assign(nodes=SEARCHED)]
    )
    curves = Exhibit(
        "learning_rate", "Figure 1", "Blunders by learning rate and width",
        f"The raw policy at equal samples ({_told(config.samples)}): mean of the last three "
        "snapshots; lines are means over seeds, dots are runs. The scale is a square root.",
        figure=blunders_by_rate(raw),
        tables=[
            _rates_table(raw, "Won positions thrown away by the raw policy, percent"),
            _rates_table(searched, f"The same with {SEARCHED} nodes"),
        ],
    )  # fmt: skip
    compared = Exhibit(
        "rules", "Table 1", "Rules for the learning rate",
        "How many times the blunders of the former step each rule has: geometric mean over "
        "boards, widths and seeds, with the 95 % interval over these (Student’s t). Between rates "
        "that were trained, the logarithm of the blunder rate is read off a straight line.",
        tables=[_rules_table(rules)],
    )  # fmt: skip
    return Findings(
        _answer(rules), [curves, compared], {"runs": runs, "rules": rules},
        [
            "The best rate of a long run may be smaller than that of a short one: samples are "
            "those at which runs are compared, not those at which they stop learning.",
            "Widths 8 to 64 and two residual layers on 4×4 and 5×5; nothing is said of deeper or "
            "wider networks.",
            f"{config.seeds} seeds: differences below the intervals of Table 1 are noise.",
        ],
    )  # fmt: skip


def _told(samples: Mapping[int, int]) -> str:
    return ", ".join(f"{number(n)} on {size}×{size}" for size, n in samples.items())


def _rates_table(runs: pd.DataFrame, caption: str) -> Table:
    """A row a board and width, a column a rate: mean over seeds, lowest and highest."""
    rates = sorted(runs["learning_rate"].unique().tolist())
    lines: list[list[Cell | str]] = []
    for (size, network), here in runs.groupby(["boardsize", "network"], sort=False):  # pyright: ignore[reportGeneralTypeIssues]
        by_rate = here.groupby("learning_rate")["rate"]
        lines.append(
            [f"{size}×{size}, {network}"]
            + [
                Cell(
                    number(100 * by_rate.mean()[rate], 1),
                    interval(100 * by_rate.min()[rate], 100 * by_rate.max()[rate], 1),
                )
                for rate in rates
            ]
        )
    head = ["board, network", *(f"{rate:g}" for rate in rates)]
    return Table(f"{caption}: mean over seeds, lowest and highest.", head, lines)


def _rules_table(rules: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for rule, here in rules.groupby("rule", sort=False):
        cells = [
            Cell(number(line["ratio"], 2), interval(line["low"], line["high"], 2))
            for line in here.to_dict("records")
        ]
        lines.append([str(rule), *cells])
    head = ["rule", "raw policy", f"{SEARCHED} nodes"]
    return Table("Blunders against those of the former step.", head, lines)


def _answer(rules: pd.DataFrame) -> str:
    raw = rules[rules["nodes"] == RAW]
    in_order = raw.sort_values("ratio", kind="stable").to_dict("records")
    best = in_order[0]
    one = next(line for line in in_order if line["rule"].startswith("one rate"))
    return (
        f"Of single rates, {one['rule'].removeprefix('one rate, ')} leaves the fewest "
        f"blunders: {number(one['ratio'], 2)} times those of the former step (95 % interval "
        f"{interval(one['low'], one['high'], 2)}, raw policy). Of all rules compared, the fewest "
        f"has: {best['rule']}, {number(best['ratio'], 2)} times "
        f"({interval(best['low'], best['high'], 2)})."
    )


PRESETS = {
    "smoke": SweepConfig(
        boards=(3,), networks=("2x1", "4x1"), rates=(3e-3, 1e-2), samples={3: 2_048}, snapshots=3
    ),
    "laptop": SweepConfig(samples={4: 30_000, 5: 50_000}),
    "reference": SweepConfig(),
}

STUDY = Study(
    title="One learning rate, or one for each width",
    question="The recipe “efficient” gave networks up to 32 wide three times the learning rate of "
    "wider ones: a hidden step inside a law about size. Is there one rate, or a formula in the "
    "width, that serves all widths as well?",
    expectation="Narrow networks bear a larger rate, as is known of Adam (the best rate falls as "
    "one over the width); within a factor of two the rate matters less than the seed.",
    presets=PRESETS,
    stages=(Stage("Training", _train), Stage("Judging", _judge)),
    findings=_findings,
    published=(Published("Adam's rate at every width", "0.001", "Jones 2021, Table II"),),
)
