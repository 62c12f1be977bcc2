"""Should the network that judges be larger than the one that proposes, at equal FLOPs a node?

Networks of one board cost the same, but share it out otherwise between a trunk of the policy's and
one of the value's. Each trains by self-play of its own, and if asked for from one set of labels as
well, the same for all. Perfect play judges what they do: the policy alone, the value alone, tree
search with both, best of N, where one proposes and the other verifies. Beside them stand trees that
ask two networks (MPV-MCTS).
"""

from __future__ import annotations

import functools
import itertools
from pathlib import Path

import pandas as pd

from analysis.report.study_page import Findings, Published
from analysis.studies.verifier import COMMON, OWN, Judged
from experiments.arena.labelling_tasks import labelling_tasks
from experiments.machine.parallel import Task
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.decisions import decision_tasks, file_of, read_decisions, sources
from experiments.studies.study import Stage, Study
from experiments.studies.verifier_decisions import COLUMNS, judge_shape, study_of
from experiments.studies.verifier_findings import findings
from experiments.studies.verifier_runs import Board, VerifierConfig
from training.config import TrainConfig
from training.store import Store


def _train(arm: str, store: Store, config: VerifierConfig) -> list[Task]:
    if arm not in config.arms:
        return []

    def name(run: TrainConfig) -> str:
        return f"{run.boardsize}×{run.boardsize} board, network {run.network.name}, {arm}"

    return training_tasks(store, config.runs(arm), name)


def _label(store: Store, config: VerifierConfig) -> list[Task]:
    wanted = config.label_sets().values() if COMMON in config.arms else ()
    return labelling_tasks(store, list(wanted))


def _decide(store: Store, config: VerifierConfig) -> list[Task]:
    shapes = {board.boardsize: tuple(config.shapes(board).values()) for board in config.boards}
    return [
        task
        for arm in config.arms
        for task in decision_tasks(
            store.folder, study_of(arm), config, shapes, functools.partial(judge_shape, arm),
            f"decisions ({arm}) of",
        )
    ]  # fmt: skip


def _findings(lab: Path, config: VerifierConfig) -> Findings:
    names = [
        (board.boardsize, network)
        for board in config.boards
        for network in config.shapes(board).values()
    ]
    files = {
        arm: read_decisions([file_of(lab, study_of(arm), *name) for name in names])
        for arm in config.arms
    }
    judged = {
        arm: [
            Judged(
                int(file["board"]), str(file["kind"]), str(file["network"]), float(file["ratio"]),
                pd.DataFrame({name: file[name] for name in COLUMNS}),
                file["blunder"], file["wrong"], file["weight"],
            )
            for file in own
        ]
        for arm, own in files.items()
    }  # fmt: skip
    every = list(itertools.chain.from_iterable(files.values()))
    return findings(judged, sources(["the study's own lab"], every))


STUDY = Study(
    title="A verifier larger than the policy",
    question="Language models are searched with a verifier that is many times larger than the "
    "model that proposes (the open replications of o1), though a smaller one is said to do (Cobbe "
    "2021). If FLOPs a node are given, how are parameters best shared out between value and "
    "policy, and does that change with the budget of search?",
    expectation="Without search the policy decides, and its trunk should be the larger one. The "
    "more nodes, the more the value decides and the less the prior, so the best ratio rises with "
    "the budget, to some 4 at hundreds of nodes. The shared trunk is better than any split, as "
    "both heads need the same features of the board. Best of N with a large verifier beats the "
    "policy alone and loses against a tree of equal FLOPs.",
    presets={
        "smoke": VerifierConfig(
            boards=(Board(boardsize=3, width=12, small=3, samples=4_096),),
            ratios=(4,), seeds=1, snapshots=2, positions=40, puct=(1, 4, 16),
            verified=(2,), mpv=((8, 2),), labels=1_024,
        ),
        "laptop": VerifierConfig(
            boards=(
                Board(boardsize=4, width=32, small=8, samples=30_000),
                Board(boardsize=5, width=32, small=8, samples=120_000),
            ),
        ),
        "reference": VerifierConfig(
            boards=(
                Board(boardsize=4, width=32, small=8, samples=300_000),
                Board(boardsize=5, width=64, small=16, samples=1_000_000),
            ),
            ratios=tuple(4.0**k for k in range(-3, 4)), seeds=5, positions=3_000,
            labels=200_000,
        ),
    },
    stages=(
        Stage("Training", functools.partial(_train, OWN)),
        Stage("Labels", _label),
        Stage("Students", functools.partial(_train, COMMON)),
        Stage("Decisions", _decide),
    ),
    findings_of_files=_findings,
    published=(
        Published(
            "large generator with small verifier, and the reverse",
            "the former is better: a verifier needs less size",
            "Cobbe et al. 2021, arXiv 2110.14168, ablations",
        ),
        Published(
            "verifier of 8B over policies of 1B and 3B",
            "3B with search beats 70B without on MATH-500",
            "Beeching et al. 2024, Scaling test-time compute with open models",
        ),
        Published(
            "two networks in one tree, at equal budget",
            "beat either alone (9×9 NoGo)",
            "Lan et al. 2019, arXiv 1905.13521",
        ),
    ),
)  # fmt: skip
