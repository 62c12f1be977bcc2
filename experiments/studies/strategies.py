"""Which strategy at equal play-time compute, and what do calls in a row buy over calls at once?"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis.report.exhibits.play_time.choices import choice_answer, choice_exhibits
from analysis.report.exhibits.play_time.own_games import latency_answer, latency_exhibits
from analysis.report.exhibits.play_time.strategies import strategy_answer, strategy_exhibits
from analysis.report.study_page import Findings, Published
from analysis.studies.compute_optimal import POLICY_KEYS, chosen_ways, draw_policies
from analysis.studies.own_games import contest_table
from analysis.studies.play_time import (
    ALL,
    best_within,
    draws_table,
    in_a_row,
    pooled_draws,
    strategy_points,
)
from analysis.studies.tuned import tuned_strategies
from experiments.machine.parallel import Task, Worker
from experiments.studies.decisions import (
    decision_tasks,
    file_of,
    sources,
    stored_decisions,
)
from experiments.studies.own_games import contests_of, play_contest, write_contest
from experiments.studies.strategy_decisions import (
    NAME,
    StrategiesConfig,
    decide_task,
    decided,
    strategy_of,
    way_of,
    ways_of,
)
from experiments.studies.study import Stage, Study
from games.hex import Hex
from training.store import Store

GAMES = f"{NAME}-games"
EVERYWHERE = {4: ("16x2",), 5: ("16x2", "64x2"), 6: ("32x2",), 7: ("conv32x4",)}


def _decide(store: Store, config: StrategiesConfig) -> list[Task]:
    return decision_tasks(
        store.folder, NAME, config, config.networks, decide_task, "decisions of",
        functools.partial(_families, config),
    )  # fmt: skip


def _families(config: StrategiesConfig, board: int) -> list[str]:
    return list(ways_of(config, board))


def _play(store: Store, config: StrategiesConfig) -> list[Task]:
    return decision_tasks(
        store.folder, GAMES, config, config.games, _play_task, "own games of",
        functools.partial(_arms, config),
    )  # fmt: skip


def _arms(config: StrategiesConfig, board: int) -> Sequence[str]:
    del board
    return config.arms


def _play_task(
    worker: Worker, lab: Path, config: StrategiesConfig, board: int, network: str, arm: str
) -> None:
    game, there = Hex(board), config.stored(board, network)
    way, opponent = way_of(arm), way_of(f"nodes={config.parallel}")
    contests = []
    for number, own in enumerate(there):
        contest = play_contest(
            game, own, strategy_of(way.text), strategy_of(opponent.text), config.openings[board],
            worker.should_stop,
        )  # fmt: skip
        if contest is None:
            return
        contests.append(contest)
        worker.report((number + 1) / len(there))
    write_contest(
        file_of(lab, GAMES, board, network, arm), board, network, there, contests,
        {
            "family": way.family, "text": way.text, "calls": way.calls,
            "opponent": opponent.text, "opponent_calls": opponent.calls,
        },
    )  # fmt: skip


def _findings(lab: Path, config: StrategiesConfig) -> Findings:
    files = stored_decisions(lab, NAME, config.networks, functools.partial(_families, config))
    played = stored_decisions(lab, GAMES, config.games, functools.partial(_arms, config))
    measured = [decided(own) for own in files]
    points = pd.concat(map(strategy_points, measured), ignore_index=True)
    everywhere = points[points["bin"] == ALL]
    chart = best_within(points, [n for n in config.puct if n in (1, 4, 16, 64, 256)])
    rows = in_a_row(everywhere, config.parallel)
    draws = [draw for own in measured for draw in draw_policies(own, config.means)]
    policies, pooled = draws_table(draws), pooled_draws(draws, POLICY_KEYS)
    chosen = pd.concat([chosen_ways(own, config.means) for own in measured], ignore_index=True)
    tuned = pd.concat(
        [tuned_strategies(own, budget) for own in measured for budget in config.tuned],
        ignore_index=True,
    )
    contests = pd.concat(
        [pd.DataFrame(), *(contest_table(contests_of(own)) for own in played)],
        ignore_index=True,
    )
    return Findings(
        " ".join(
            [
                strategy_answer(everywhere, rows),
                choice_answer(pooled, tuned),
                latency_answer(contests),
            ]
        ).strip(),
        [
            *strategy_exhibits(everywhere, chart, rows, config.parallel),
            *choice_exhibits(policies, pooled, chosen, tuned),
            *latency_exhibits(contests),
        ],
        {
            "points": points,
            "crossover": chart,
            "in_a_row": rows,
            "policies": policies,
            "policies_pooled": pooled,
            "chosen": chosen,
            "tuned": tuned,
            "own_games": contests,
        },
        [
            "Positions are those of random play, self-play and strong play in equal parts, each "
            "distinct one alike; on 7×7 those of the fixed judged set, from ten stones on.",
            "Own games are a network against itself: Elo against others is less.",
            "Networks trained on targets of PUCT: their values are those of its leaves.",
            "Two or three seeds of a shape, so that the intervals over networks say little. "
            "Intervals of what was chosen keep the choice.",
            "Constants were tuned and games played on the boards alone that the tables name.",
        ],
        sources=sources(
            [config.lab, *config.labs.values()], list(itertools.chain(*files, *played))
        ),
    )


STUDY = Study(
    title="Strategies at play time",
    question="Language models have many ways to spend compute on an answer. With the same network "
    "and as many evaluations, which of them throws away fewest wins, at which budget and on which "
    "positions, and what is lost if the evaluations do not wait for each other?",
    expectation="With a handful of evaluations the value one move ahead (best of N) is as good as "
    "a tree, on easy positions at least. From 16 on PUCT is best, for it alone goes deeper where "
    "it matters. Rollouts by the policy are worst for their cost. Leaves at once cost little while "
    "they are a tenth of the budget.",
    presets={
        "smoke": StrategiesConfig(
            networks={3: ("4x2",)}, positions=30, puct=(1, 4, 8), c_puct=(1.25, 2.5), parallel=8,
            means=(2, 4), tuned=(8,),
            games={3: ("4x2",)}, arms=("nodes=4", "nodes=8,leaves=7"), openings={3: 4},
            ways=("strategy=majority", "strategy=best-of-n,nodes=4", "nodes=8,leaves=7"),
        ),
        "laptop": StrategiesConfig(),
        "reference": StrategiesConfig(
            labs={7: "docs/studies/networks"}, networks=EVERYWHERE, plain=(7,),
            games=EVERYWHERE, openings={4: 100, 5: 100, 6: 150, 7: 50},
        ),
    },
    stages=(Stage("Decisions", _decide), Stage("Games", _play)),
    findings_of_files=_findings,
    published=(
        Published(
            "best strategy, language models", "by difficulty: revision on easy, search on hard",
            "Snell et al. 2024, arXiv 2408.03314",
        ),
        Published("Elo lost by t threads", "7·t·(1600/(800 + v))^0.85", "KataGo, playutils.cpp"),
    ),
)  # fmt: skip
