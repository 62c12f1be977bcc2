"""Teach a small network by a large one, or let it play by itself?"""

from __future__ import annotations

from typing import Any

import pydantic

from analysis.figures.wording import number
from analysis.report.exhibits.base import Exhibit, board
from analysis.report.study_page import Findings, Published
from analysis.studies.distil import (
    SELF_PLAY,
    against_self_play,
    distil_points,
    states_and_labels,
)
from analysis.studies.distil_figures import students_by_cost
from analysis.tables.rows import LabRows
from experiments.arena.labelling_tasks import labelling_tasks
from experiments.arena.traces import TracePlan, trace_tasks
from experiments.machine.parallel import Task
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.distil_tables import (
    distil_against_table,
    distil_answer,
    distil_claims_table,
    distil_end_table,
    distil_states_table,
)
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
            tables=[distil_claims_table(against)],
        ),
        Exhibit(
            "cost", "Figure 1", "Students by what has to be paid",
            "Raw policies. A mark on the left of the line, or below it, is better than self-play "
            "of the same size.",
            figure=students_by_cost(points),
            tables=[distil_end_table(points), distil_against_table(against)],
        ),
        Exhibit(
            "states", "Table", "Better positions or better labels?",
            f"Students of the second size, {number(config.compared)} labels each: down a column "
            "the positions change, along a row the labels.",
            tables=[distil_states_table(states)],
        ),
    ]  # fmt: skip
    return Findings(
        distil_answer(against), exhibits, {"points": points, "against": against, "states": states},
        _limits(config),
    )  # fmt: skip


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
