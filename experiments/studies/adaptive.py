"""What is a budget by position worth?"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.report.exhibits.play_time.budgets import budget_answer, budget_exhibits
from analysis.report.exhibits.play_time.own_games import budget_game_answer, budget_game_exhibits
from analysis.report.study_page import Findings, Published
from analysis.studies.budgets import RULE_KEYS, draw_rules, knowledge
from analysis.studies.own_games import contest_table, pooled_contests
from analysis.studies.play_time import draws_table, pooled_draws
from experiments.machine.parallel import Task, Worker
from experiments.studies.budget_traces import (
    NAME,
    AdaptiveConfig,
    chosen_rules,
    trace_task,
    traced,
)
from experiments.studies.decisions import (
    StoredNetwork,
    decision_tasks,
    file_of,
    read_decisions,
    sources,
    stored_decisions,
)
from experiments.studies.own_games import Contest, contests_of, play_contest, write_contest
from experiments.studies.study import Stage, Study
from games.hex import Hex
from games.protocol import Game
from mcts import SearchConfig
from mcts.strategies.adaptive import Adaptive
from training.store import Store

GAMES = f"{NAME}-games"
EVERYWHERE = {4: ("16x2",), 5: ("16x2", "64x2"), 6: ("32x2", "128x2"), 7: ("conv32x4",)}
CALIBRATING = 16
"""Openings that tell how many evaluations a rule needs in games; they are not scored."""


def _trace(store: Store, config: AdaptiveConfig) -> list[Task]:
    return decision_tasks(
        store.folder, NAME, config, config.networks, trace_task, "traced searches of",
        functools.partial(_weights, config),
    )  # fmt: skip


def _weights(config: AdaptiveConfig, board: int) -> list[str]:
    del board
    return [f"{c_puct:g}" for c_puct in config.c_puct]


def _play(store: Store, config: AdaptiveConfig) -> list[Task]:
    return decision_tasks(
        store.folder, GAMES, config, config.games, _play_task, "own games of",
        functools.partial(_arms, config),
    )  # fmt: skip


def _arms(config: AdaptiveConfig, board: int) -> list[str]:
    """Rules and caps that play games."""
    del board
    caps = [aim.cap for aim in config.aims(config.c_puct[0])[:2]]
    return [f"{rule}-{cap}" for cap in caps for rule in config.played]


def _play_task(
    worker: Worker, lab: Path, config: AdaptiveConfig, board: int, network: str, arm: str
) -> None:
    game, there, mean = Hex(board), config.stored(board, network), config.means[0]
    (file,) = read_decisions([file_of(lab, NAME, board, network, _weights(config, board)[0])])
    rule, _, number = arm.rpartition("-")
    cap = int(number)
    rows = [
        Adaptive.model_validate({"nodes": cap, "stop": json.loads(stop)})
        for stop in chosen_rules(file, rule, cap, mean)
    ]
    # First games tell what the rule needs on the mean, which is what its opponent then gets.
    first = _against(worker, game, there, rows, mean, CALIBRATING)
    if first is None:
        return
    needed = max(1, round(np.mean([own.evaluations[0] for own in first])))
    contests = _against(worker, game, there, rows, needed, config.openings[board], CALIBRATING)
    if contests is None:
        return
    write_contest(
        file_of(lab, GAMES, board, network, arm), board, network, there, contests,
        {
            "family": "adaptive", "text": f"{rule}, cap {cap}", "calls": cap,
            "opponent": "uniform, its mean", "opponent_calls": mean,
        },
    )  # fmt: skip


def _against(
    worker: Worker,
    game: Game,
    there: Sequence[StoredNetwork],
    rows: Sequence[Adaptive],
    nodes: int,
    openings: int,
    turn: int = 0,
) -> list[Contest] | None:
    """Each network with its budget by position against itself with a uniform one of `nodes`; none
    if asked to stop."""
    uniform, contests = SearchConfig(nodes=nodes), []
    for own, arm in zip(there, rows, strict=True):
        contest = play_contest(game, own, arm, uniform, openings, worker.should_stop, turn)
        if contest is None:
            return None
        contests.append(contest)
        worker.report(len(contests) / len(there))
    return contests


def _findings(lab: Path, config: AdaptiveConfig) -> Findings:
    files = stored_decisions(lab, NAME, config.networks, functools.partial(_weights, config))
    played = stored_decisions(lab, GAMES, config.games, functools.partial(_arms, config))
    searches = [traced(file) for own in files for file in own]
    draws = [draw for own in searches for draw in draw_rules(own, config.aims(own.c_puct))]
    found, pooled = draws_table(draws), pooled_draws(draws, RULE_KEYS)
    known = pd.concat(
        [knowledge(own) for own in searches if own.c_puct == config.c_puct[0]], ignore_index=True
    )
    contests = [contests_of(own) for own in played]
    games = pd.concat([pd.DataFrame(), *map(contest_table, contests)], ignore_index=True)
    together = pooled_contests(contests)
    # Most is told of the first mean and weight of the prior.
    main = config.c_puct[0], config.aims(config.c_puct[0])[:2]
    return Findings(
        f"{budget_answer(found, pooled, known, *main)} {budget_game_answer(together)}".strip(),
        [
            *budget_exhibits(found, pooled, known, *main),
            *budget_game_exhibits(games, together, "Table 6"),
        ],
        {
            "multipliers": found, "pooled": pooled, "known": known, "own_games": games,
            "own_games_pooled": together,
        },
        [
            "Positions are those of random play, self-play and strong play in equal parts, each "
            "distinct one alike; on 7×7 those of the fixed judged set, from ten stones on. In "
            "own games lost positions are met, too.",
            "Last snapshots of one recipe; two or three seeds of a shape, so that the intervals "
            "over networks say little.",
            "Lost positions are left out of the tables of wins thrown away: a budget spent there "
            "is lost to none of these, but to a player.",
            "One c_puct for all budgets, of both sides of a comparison.",
        ],
        sources=sources(
            [config.lab, *config.labs.values()], list(itertools.chain(*files, *played))
        ),
    )  # fmt: skip


STUDY = Study(
    title="A budget by position",
    question="A search may stop early where more would change nothing, and go on where it would. "
    "How much larger would a budget that is the same everywhere have to be to play as well?",
    expectation="Stopping when the answer can no longer change saves some evaluations and never "
    "costs a move. Other rules save more at the same cap, but gain little at equal means unless "
    "the cap is raised as well; none comes near an oracle, because what says that a position is "
    "hard is mostly seen by searching it.",
    presets={
        "smoke": AdaptiveConfig(
            networks={3: ("4x2",)}, positions=40, means=(6,), saving=1.5, raised=2.5,
            c_puct=(1.25, 0.6), games={3: ("4x2",)}, played=("predicted",), openings={3: 4},
        ),
        "laptop": AdaptiveConfig(),
        "reference": AdaptiveConfig(
            labs={7: "docs/studies/networks"}, networks=EVERYWHERE,
            games={board: shapes[:1] for board, shapes in EVERYWHERE.items()},
            openings={4: 150, 5: 200, 6: 200, 7: 40}, played=("settled", "kld", "predicted"),
        ),
    },
    stages=(Stage("Traces", _trace), Stage("Games", _play)),
    findings_of_files=_findings,
    published=(
        Published(
            "compute saved by a budget and strategy by difficulty, language models",
            "4 times",
            "Snell et al. 2024, arXiv 2408.03314",
        ),
        Published(
            "wins of a learned stop: early stopping alone; cap raised, equal mean simulations",
            "49 %; 61 %",
            "Lan et al. 2021 (DS-MCTS), arXiv 2012.07910",
        ),
    ),
)  # fmt: skip
