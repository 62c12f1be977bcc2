"""What is a budget by position worth?"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.report.exhibits.play_time.budgets import budget_answer, budget_exhibits
from analysis.report.exhibits.play_time.own_games import budget_game_answer, budget_game_exhibits
from analysis.report.study_page import Findings, Published
from analysis.studies.own_games import contest_table, pooled_contests
from analysis.studies.play_time import draw_rules, knowledge, multipliers, pooled_multipliers
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
    stored_networks,
    write_decisions,
)
from experiments.studies.own_games import Contest, contest_arrays, contests_of, play_contest
from experiments.studies.study import Stage, Study
from games.hex import Hex
from games.protocol import Game
from mcts import SearchConfig
from mcts.strategies.adaptive import Adaptive
from training.store import Store

GAMES = f"{NAME}-games"
CALIBRATING = 16
"""Openings that tell how many evaluations a rule needs in games; they are not scored."""


def _trace(store: Store, config: AdaptiveConfig) -> list[Task]:
    return decision_tasks(
        store.folder, NAME, config, config.networks, trace_task, "traced searches of"
    )


def _play(store: Store, config: AdaptiveConfig) -> list[Task]:
    return decision_tasks(store.folder, GAMES, config, config.games, _play_task, "own games of")


def _play_task(worker: Worker, lab: Path, config: AdaptiveConfig, board: int, network: str) -> None:
    game = Hex(board)
    there = stored_networks(Path(config.lab), game, network, config.recipe)
    (file,) = read_decisions([file_of(lab, NAME, board, network)])
    arms = [(rule, cap) for cap in config.caps for rule in config.played]
    contests, told = [], []
    for number, (rule, cap) in enumerate(arms):
        options = chosen_rules(file, rule, cap, config.mean)
        row = []
        for own, stop in zip(there, options, strict=True):
            arm = Adaptive.model_validate({"nodes": cap, "stop": json.loads(stop)})
            contest = _against_its_mean(worker, game, own, arm, config)
            if contest is None:
                return
            row.append(contest)
        contests.append(row)
        told.append(("adaptive", f"{rule}, cap {cap}", cap, "uniform, its mean", config.mean))
        worker.report((number + 1) / len(arms))
    write_decisions(
        file_of(lab, GAMES, board, network),
        {
            "board": board, "network": network, "runs": np.array([own.run for own in there]),
            **contest_arrays(contests, told),
        },
    )  # fmt: skip


def _against_its_mean(
    worker: Worker, game: Game, network: StoredNetwork, arm: Adaptive, config: AdaptiveConfig
) -> Contest | None:
    """An adaptive budget against a uniform one of the mean that it needed in other games."""
    uniform = SearchConfig(nodes=config.mean)
    first = play_contest(game, network, arm, uniform, CALIBRATING, worker.should_stop)
    if first is None:
        return None
    uniform = SearchConfig(nodes=max(1, round(first.evaluations[0])))
    return play_contest(
        game, network, arm, uniform, config.openings, worker.should_stop, turn=CALIBRATING
    )


def _findings(lab: Path, config: AdaptiveConfig) -> Findings:
    files = stored_decisions(lab, NAME, config.networks)
    played = stored_decisions(lab, GAMES, config.games)
    searches = [traced(file) for file in files]
    means = dict.fromkeys(config.caps, float(config.mean))
    draws = [draw for own in searches for draw in draw_rules(own, means)]
    found, pooled = multipliers(draws), pooled_multipliers(draws)
    known = pd.concat(map(knowledge, searches), ignore_index=True)
    contests = [contests_of(file) for file in played]
    games = pd.concat([pd.DataFrame(), *map(contest_table, contests)], ignore_index=True)
    together = pooled_contests(contests)
    return Findings(
        f"{budget_answer(found, pooled, known)} {budget_game_answer(together)}".strip(),
        [
            *budget_exhibits(found, pooled, known, config.mean, config.caps),
            *budget_game_exhibits(games, together, "Table 5"),
        ],
        {
            "multipliers": found, "pooled": pooled, "known": known, "own_games": games,
            "own_games_pooled": together,
        },
        [
            "Positions are those of random play, self-play and strong play in equal parts, each "
            "distinct one alike. In own games lost positions are met, too.",
            "Last snapshots of one recipe; two or three seeds of a shape, so that the intervals "
            "over networks say little.",
            "Lost positions are left out of the tables of wins thrown away: a budget spent there "
            "is lost to none of these, but to a player.",
            "One c_puct for all budgets, of both sides of a comparison.",
        ],
        sources=sources(config.lab, [*files, *played]),
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
            networks={3: ("4x2",)},
            positions=40,
            mean=6,
            saving=8,
            raised=16,
            games={3: ("4x2",)},
            played=("predicted",),
            openings=4,
        ),
        "laptop": AdaptiveConfig(),
        "reference": AdaptiveConfig(networks={4: ("16x2",), 5: ("16x2",)}, games={5: ("16x2",)}),
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
)
