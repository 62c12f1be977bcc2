"""Teach a small network by a large one, or let it play by itself?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pydantic

from analysis.figures.wording import interval, listed, number
from analysis.report.exhibits.base import Cell, Exhibit, Table, board
from analysis.report.study_page import Findings, Published
from analysis.studies.distil import (
    COSTS,
    SELF_PLAY,
    against_self_play,
    distil_points,
    ends,
    states_and_labels,
)
from analysis.studies.distil_figures import students_by_cost
from analysis.tables.rows import LabRows
from experiments.arena.labelling_tasks import labelling_tasks
from experiments.arena.traces import TracePlan, trace_tasks
from experiments.machine.parallel import Task
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.study import Stage, Study
from games.config import FrozenModel
from games.hex import Hex
from mcts import SearchConfig
from training.config import TrainConfig
from training.labels import EXACT, RANDOM, LabelConfig
from training.store import Store

SEARCHED = 16
"""Nodes with which snapshots are judged beside the raw policy."""


class Classroom(FrozenModel, frozen=True):
    """A board, its teacher and its students."""

    boardsize: int
    teacher: str
    """Shape of the teacher's network."""
    samples: int
    """Self-play positions of the teacher."""
    students: dict[str, int]
    """Shapes of the students, the smallest first, and the self-play positions that each has where
    it plays by itself."""
    counts: tuple[int, ...]
    """Labels of a student."""


class DistilConfig(FrozenModel, frozen=True):
    """Teachers, labels and students."""

    classrooms: tuple[Classroom, ...]
    nodes: tuple[int, ...] = (1, 16, 64, 256)
    """Of the teacher's search; 1 is its network alone."""
    passes: float = 16.0
    """How often a student learns from each label; self-play learns eight times."""
    compared: int = pydantic.Field(default=16_000, ge=1)
    """Labels of each student where positions and labels are compared."""
    seeds: int = pydantic.Field(default=3, ge=1)
    snapshots: int = pydantic.Field(default=5, ge=2)
    """Of each run that plays."""
    positions: int = 600
    """A weighted subsample of those that a board has, or all."""


class Lesson(FrozenModel, frozen=True):
    """One student that learns from labels."""

    group: str
    teacher: str
    labels: LabelConfig
    run: TrainConfig


def _playing(config: DistilConfig, room: Classroom, shape: str, samples: int) -> list[TrainConfig]:
    return [
        configure(load_recipe("efficient"), {
            "boardsize": room.boardsize, "network": shape, "seed": seed, "samples": samples,
            "snapshots": config.snapshots, "first_snapshot": 1_024,
        })
        for seed in range(config.seeds)
    ]  # fmt: skip


def teachers(config: DistilConfig, room: Classroom) -> list[TrainConfig]:
    """The runs whose last snapshots teach, by seed."""
    return _playing(config, room, room.teacher, room.samples)


def alone(config: DistilConfig, room: Classroom) -> list[TrainConfig]:
    """The students that play by themselves, by shape and seed."""
    return [
        run
        for shape, samples in room.students.items()
        for run in _playing(config, room, shape, samples)
    ]


def lessons(config: DistilConfig, room: Classroom) -> list[Lesson]:
    """Every student of a classroom: by size, teacher's nodes and number of labels, then by whose
    positions and whose labels."""
    last = config.snapshots - 1
    shapes = list(room.students)
    found = []
    # Where states are compared, the smallest student's play visits, after its own training.
    for run, player in zip(teachers(config, room), alone(config, room), strict=False):
        seed, teacher = run.seed, f"{run.run_id}#{last}"
        own: dict[str, Any] = {"boardsize": room.boardsize, "seed": seed}
        played = {
            n: LabelConfig(
                teacher=teacher, search=SearchConfig(nodes=n), count=max(room.counts), **own
            )
            for n in config.nodes
        }
        found += [
            _lesson(config, "distilled", _told(n), labels, shape, count)
            for n, labels in played.items()
            for shape in shapes
            for count in room.counts
        ]
        most = max(config.nodes)
        visits = {
            "teacher": played[most].name,
            "student": f"{player.run_id}#{last}",
            "random": RANDOM,
        }
        for states, visitor in visits.items():
            for told, by, nodes in (
                (_told(1), teacher, 1), (_told(most), teacher, most), (EXACT, EXACT, 1)
            ):  # fmt: skip
                labels = LabelConfig(
                    teacher=by, search=SearchConfig(nodes=nodes), visits=visitor,
                    count=config.compared, **own,
                )  # fmt: skip
                if (states, told) == ("teacher", _told(most)):
                    labels = played[most]  # its own search has visited and labelled at once
                shape = shapes[(len(shapes) - 1) // 2]
                found.append(
                    _lesson(config, f"states {states}", told, labels, shape, config.compared)
                )
    return found


def _told(nodes: int) -> str:
    return f"teacher, {nodes} node{'s' * (nodes > 1)}"


def _lesson(
    config: DistilConfig, group: str, teacher: str, labels: LabelConfig, shape: str, count: int
) -> Lesson:
    run = configure(load_recipe("efficient"), {
        "boardsize": labels.boardsize, "network": shape, "seed": labels.seed, "samples": count,
        "labels": (f"{labels.name}:{count}",), "replay_ratio": config.passes, "snapshots": 1,
        "first_snapshot": count,
    })  # fmt: skip
    return Lesson(group=group, teacher=teacher, labels=labels, run=run)


def _play(store: Store, config: DistilConfig) -> list[Task]:
    found = {
        run.run_id: run
        for room in config.classrooms
        for run in (*alone(config, room), *teachers(config, room))
    }
    return training_tasks(store, list(found.values()), _name)


def _label(store: Store, config: DistilConfig) -> list[Task]:
    found = [lesson.labels for room in config.classrooms for lesson in lessons(config, room)]
    return labelling_tasks(store, list({labels.name: labels for labels in found}.values()))


def _learn(store: Store, config: DistilConfig) -> list[Task]:
    found = [lesson.run for room in config.classrooms for lesson in lessons(config, room)]
    return training_tasks(store, found, _name)


def _name(run: TrainConfig) -> str:
    labels = f", {sum(run.label_counts.values())} labels" if run.labels else ""
    return f"{board(run.boardsize)} board, network {run.network.name}{labels}"


def _judge(store: Store, config: DistilConfig) -> list[Task]:
    plan = TracePlan(budgets=(1, SEARCHED), positions=config.positions)
    return [
        task
        for room in config.classrooms
        for task in trace_tasks(store, Hex(room.boardsize), [plan])
    ]


def _findings(rows: LabRows, config: DistilConfig) -> Findings:
    groups: dict[str, list[tuple[str, str, int]]] = {}
    for room in config.classrooms:
        groups |= {run.run_id: [(SELF_PLAY, "", 0)] for run in alone(config, room)}
        for lesson in lessons(config, room):
            count = sum(lesson.run.label_counts.values())
            own = groups.setdefault(lesson.run.run_id, [])
            own.append((lesson.group, lesson.teacher, count))
    points = distil_points(rows, groups)
    against, states = against_self_play(points), states_and_labels(points)
    exhibits = [
        Exhibit(
            "claims", "Table", "What was claimed, and what is found here",
            "Students by size, teacher’s nodes and number of labels, each beside self-play of its "
            "size; certain is what a 95 % interval over seeds does not cross.",
            tables=[_claims_table(against)],
        ),
        Exhibit(
            "cost", "Figure 1", "Students by what has to be paid",
            "Raw policies. A mark on the left of the line, or below it, is better than self-play "
            "of the same size.",
            figure=students_by_cost(points), tables=[_end_table(points), _against_table(against)],
        ),
        Exhibit(
            "states", "Table", "Better positions or better labels?",
            f"Students of the second size, {number(config.compared)} labels each: down a column "
            "the positions change, along a row the labels.",
            tables=[_states_table(states)],
        ),
    ]  # fmt: skip
    return Findings(
        _answer(against), exhibits, {"points": points, "against": against, "states": states},
        _limits(config),
    )  # fmt: skip


def _groups(rows: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    yield from rows.groupby(list(columns), sort=False)


def _seeds(rates: pd.Series) -> Cell:
    """Mean over seeds, the least and the most."""
    return Cell(number(100 * rates.mean(), 1), interval(100 * rates.min(), 100 * rates.max(), 1))


def _end_table(points: pd.DataFrame) -> Table:
    last = ends(points)
    kinds = last[last["group"].isin([SELF_PLAY, "distilled"])]
    networks = list(dict.fromkeys(kinds.sort_values("parameters")["network"]))
    lines: list[list[Cell | str]] = []
    for (size, group, teacher, count), own in _groups(
        kinds.sort_values(["boardsize", "count", "total"]), "boardsize", "group", "teacher", "count"
    ):
        told = SELF_PLAY if group == SELF_PLAY else f"{teacher}; {number(count)} labels"
        by = dict(tuple(own.groupby("network")))
        cells = [_seeds(by[name]["raw"]) if name in by else Cell("–") for name in networks]
        lines.append([f"{board(size)}, {told}", *cells])
    return Table(
        "Won positions thrown away by the raw policy at the end, %: mean, least and most of seeds.",
        ["", *networks], lines,
    )  # fmt: skip


def _against_table(against: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for row in against.sort_values(["boardsize", "parameters", "count"]).to_dict("records"):
        cells = [
            Cell("–")
            if math.isnan(row[cost])
            else Cell(
                ("≥ " if row[f"{cost}_bound"] else "") + number(row[cost], 2),
                interval(row[f"{cost}_low"], row[f"{cost}_high"], 2),
            )
            for cost in COSTS
        ]
        reuses = row["reuses"]
        shared = "never" if math.isinf(reuses) else number(math.ceil(reuses))
        told = f"{board(row['boardsize'])}, {row['network']}; {row['teacher']}"
        lines.append([told, number(row["count"]), *cells, shared])
    return Table(
        "Blunders as a multiple of those of self-play of the same size for the same FLOPs (below 1 "
        "the labels are better; ≥ where self-play was shorter and its end stands for it), by what "
        "is paid; and how many students have to share teacher and labels until each costs less "
        "than self-play to its strength.",
        ["", "labels", *COSTS.values(), "students"], lines,
    )  # fmt: skip


def _claims_table(against: pd.DataFrame) -> Table:
    """A row a claim, a column a board."""

    def told(own: pd.DataFrame, cost: str) -> str:
        known = own[own[cost].notna()]
        better = (known[f"{cost}_high"] < 1) & ~known[f"{cost}_bound"]
        return (
            f"of {len(known)} better for certain {int(better.sum())}, worse "
            f"{int((known[f'{cost}_low'] > 1).sum())}"
        )

    def shared(own: pd.DataFrame) -> str:
        paying = own[own["reuses"].map(math.isfinite)]["reuses"]
        if not len(paying):
            return "never"
        return f"{math.ceil(paying.min())} to {math.ceil(paying.max())} students"

    def smallest(own: pd.DataFrame) -> str:
        ends = own[own["count"] == own["count"].max()].sort_values("parameters")
        first, last = ends.iloc[0]["network"], ends.iloc[-1]["network"]
        return "; ".join(
            f"{name} {number(min(ends[ends['network'] == name]['own']), 2)}"
            for name in dict.fromkeys([first, last])
        )

    claims = {
        "Teaching pays where the teacher is there (Busbridge et al. 2025): labels and learning "
        "paid": lambda own: told(own, "taught"),
        "and not for one student where it has to be trained (same): all paid":
            lambda own: told(own, "total"),
        "or where it is shared (same)": shared,
        "A small network gains more by a teacher than by its own play (DeepSeek-AI 2025): times "
        "self-play’s blunders for the FLOPs of learning, smallest and largest student": smallest,
    }  # fmt: skip
    boards = list(_groups(against, "boardsize"))
    lines: list[list[Cell | str]] = [
        [claim, *(say(own) for _, own in boards)] for claim, say in claims.items()
    ]
    return Table(
        "Blunders against those of self-play for the same FLOPs.",
        ["", *(board(size) for (size,), _ in boards)], lines,
    )  # fmt: skip


def _states_table(states: pd.DataFrame) -> Table:
    teachers = list(dict.fromkeys(states["teacher"]))
    lines: list[list[Cell | str]] = []
    for (size, network, visited), own in _groups(states, "boardsize", "network", "states"):
        by = own.set_index("teacher")
        cells = [
            Cell(number(100 * by["raw"][name], 1),
                 interval(100 * by["low"][name], 100 * by["high"][name], 1))
            for name in teachers
        ]  # fmt: skip
        lines.append([f"{board(size)}, {network}; visited by {visited}", *cells])
    return Table("Won positions thrown away by the raw policy, %.", ["", *teachers], lines)


def _answer(against: pd.DataFrame) -> str:
    told = []
    most = against.groupby("boardsize")["count"].transform("max")
    known = against[
        against["taught"].notna() & ~against["taught_bound"] & (against["count"] == most)
    ]
    for (size, network), own in _groups(known, "boardsize", "network"):
        row = own.sort_values("rate").iloc[0]
        told.append(
            f"{network} on {board(size)} {number(row['taught'], 2)} "
            f"({interval(row['taught_low'], row['taught_high'], 2)})"
        )
    if not told:
        return "No student can be set beside self-play for the same compute."
    return (
        "Where the teacher is there anyway, students of its best labels throw away so many times "
        "the won positions of self-play of their size for the same compute: "
        f"{listed(told)}. {_sharing(against['reuses'])}"
    )


def _sharing(reuses: pd.Series) -> str:
    """How many students it takes where the teacher's training counts."""
    paying = [value for value in reuses if math.isfinite(value)]
    if not paying:
        return "If its training counts, no number of students pays for it."
    return (
        f"If its training counts, {math.ceil(min(paying))} to {math.ceil(max(paying))} students "
        "have to share it and its labels."
    )


def _limits(config: DistilConfig) -> list[str]:
    return [
        f"{config.seeds} seeds, each with a teacher of its own: intervals say little where they "
        "are wide.",
        f"Each label is learnt {config.passes:g} times with the recipe’s learning rate, whatever "
        "the student’s size; longer learning was not tried.",
        "Teachers are stopped at one moment, and are of one size.",
        "Value labels are the search’s value alone; self-play mixes the outcome in.",
    ]


PRESETS = {
    "smoke": DistilConfig(
        classrooms=(
            Classroom(
                boardsize=4, teacher="4x1", samples=2_048, students={"4x1": 2_048},
                counts=(1_024,),
            ),
        ),
        nodes=(1, 4), compared=1_024, seeds=1, snapshots=2, positions=96,
    ),
    "laptop": DistilConfig(
        classrooms=(
            Classroom(
                boardsize=4, teacher="16x2", samples=30_000, counts=(4_000, 16_000),
                students=dict.fromkeys(("4x2", "8x2", "16x2", "32x2"), 30_000),
            ),
            Classroom(
                boardsize=5, teacher="32x2", samples=50_000, counts=(16_000, 100_000),
                students={"8x2": 250_000, "16x2": 120_000, "32x2": 50_000, "64x2": 20_000},
            ),
        ),
    ),
    "reference": DistilConfig(
        classrooms=(
            Classroom(
                boardsize=4, teacher="32x2", samples=300_000, counts=(10_000, 100_000, 1_000_000),
                students={"4x2": 3_000_000, "8x2": 1_500_000, "16x2": 800_000, "32x2": 300_000},
            ),
            Classroom(
                boardsize=5, teacher="64x2", samples=1_000_000, counts=(10_000, 100_000, 1_000_000),
                students={
                    "8x2": 13_000_000, "16x2": 6_000_000, "32x2": 2_500_000, "64x2": 1_000_000,
                },
            ),
        ),
        compared=100_000, snapshots=10, positions=10_000,
    ),
}  # fmt: skip

STUDY = Study(
    title="Teach a small network by a large one, or let it play by itself",
    question="A small network can learn from what a large one, or its search, says of positions, "
    "or from games of its own. Which is stronger for the same compute, if the teacher’s training "
    "counts, if it is there anyway, and if the labels are there, too? How many students have to "
    "share them until it pays, and up to which size of student? And is it better positions or "
    "better labels that teach?",
    expectation="With everything counted, one student is cheaper by itself unless it is much "
    "smaller than its teacher; where the teacher is there anyway, labels are cheaper than games, "
    "the more so the smaller the student (Busbridge et al. 2025). A teacher’s search makes better "
    "labels than its network alone by much less than it costs. Positions that the student itself "
    "visits teach it more than the teacher’s (Ross et al. 2011), and perfect labels no more than "
    "a strong search’s.",
    presets=PRESETS,
    stages=(
        Stage("Self-play", _play), Stage("Labels", _label), Stage("Learning", _learn),
        Stage("Judging", _judge),
    ),
    findings=_findings,
    published=(
        Published(
            "when distillation beats training by oneself, language models",
            "below a student’s size that grows with compute, and only if the teacher exists or is "
            "shared",
            "Busbridge et al. 2025, “Distillation scaling laws”, arXiv 2502.08606",
        ),
        Published(
            "a model of 32B taught by DeepSeek-R1, or trained by reinforcement itself, AIME 2024",
            "72.6 against 47.0 %", "DeepSeek-AI 2025, arXiv 2501.12948",
        ),
        Published(
            "chess without search, 15 billion labels of Stockfish", "2,895 Elo (Lichess blitz)",
            "Ruoss et al. 2024, arXiv 2402.04494",
        ),
    ),
)  # fmt: skip
