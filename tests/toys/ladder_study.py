"""A whole study in one file: how much stronger is a player for each move that it plays perfectly?

Trains nothing, so it runs in seconds. The tests run it by its path; docs/studies/README.md shows it
as an example.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from analysis.figures.theme import WIDTH, themed
from analysis.ratings.scales import rate_rows
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.report.study_page import Findings, Published
from analysis.tables.rows import LabRows
from experiments.machine.parallel import Task
from experiments.players.specs import LadderSpec, PerfectSpec, PlayerSpec
from experiments.studies.study import Stage, Study
from experiments.studies.work import league_tasks
from games.config import FrozenModel
from games.hex import Hex
from training.store import Store


class LadderConfig(FrozenModel, frozen=True):
    """Who takes part."""

    boardsize: int = 3
    shares: tuple[float, ...] = (0.0, 0.5)
    """How often each player moves perfectly; perfect play takes part besides."""
    rounds: int = 8


def play(store: Store, config: LadderConfig) -> Sequence[Task]:
    """One league of all."""
    specs: list[PlayerSpec] = [PerfectSpec(), *(LadderSpec(probability=p) for p in config.shares)]
    return league_tasks(store, Hex(config.boardsize), specs, 2, rounds=config.rounds)


def findings(rows: LabRows, config: LadderConfig) -> Findings:
    """Ratings with perfect play at zero."""
    rated = rate_rows(rows).merge(rows.agents, left_on="player", right_on="id")
    table = rated[["spec", "elo", "se"]]
    with themed():
        figure = Figure(figsize=(WIDTH, 2.5))
        axes = figure.subplots()
        axes.barh(table["spec"].astype(str), table["elo"])
        axes.set_xlabel("Elo (perfect play = 0)")
    lines = [[row["spec"], Cell(f"{row['elo']:.0f}")] for row in table.to_dict("records")]
    exhibit = Exhibit(
        "ratings", "Table 1", "Elo of each player", "Perfect play is at zero.",
        figure, tables=[Table("All colours together.", ["player", "Elo"], lines)],
    )  # fmt: skip
    weakest = float(table["elo"].min())
    return Findings(f"From {weakest:.0f} Elo to 0.", [exhibit], {"ratings": table}, ["One board."])


STUDY = Study(
    title="What a perfect move is worth",
    question="How much stronger is a player for each move that it plays perfectly?",
    expectation="Elo rises with the share, more and more steeply.",
    presets={
        "smoke": LadderConfig(rounds=4),
        "laptop": LadderConfig(),
        "reference": LadderConfig(),
    },
    stages=[Stage("League", play)],
    findings=findings,
    published=[Published("nobody has", "–", "none")],
)
