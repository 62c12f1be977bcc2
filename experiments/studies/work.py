"""Work that studies share, as tasks that leave their results in the lab: judging and leagues.

Training is `experiments.reproduction.stages.training.training_tasks`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import games
from analysis.ratings.scales import rate_rows
from analysis.tables.rows import LabRows
from experiments.arena.judging_tasks import blunder_tasks
from experiments.arena.matches import store_round, stored_rounds
from experiments.arena.meeting import MeetingConfig, Pairs, play_pairs
from experiments.machine.parallel import Task, Worker
from experiments.players.agents import all_snapshots, enter_agents, load_player
from experiments.players.move_keys import stable_seed
from experiments.players.specs import PlayerSpec
from games.protocol import Game
from games.text.numbers import side_by_side
from mcts import SearchConfig
from training.store import Store


def judging_tasks(
    store: Store, boards: Sequence[int], nodes: Sequence[int], game: str = "hex"
) -> list[Task]:
    """Judge every snapshot of the lab on its board's fixed set, with each number of nodes."""
    tasks = []
    for size in boards:
        rules = games.make(game, size)
        specs = [
            spec for n in nodes for spec in all_snapshots(store, rules, SearchConfig(nodes=n), 0.0)
        ]
        tasks += blunder_tasks(store, rules, dict.fromkeys(specs, 0))
    return tasks


def league_tasks(
    store: Store,
    rules: Game,
    specs: Sequence[PlayerSpec],
    opponents: int,
    *,
    rounds: int = 1,
    openings: int = 1,
    lanes: int = 64,
) -> list[Task]:
    """A league of these players: one task for the rounds that are not stored yet.

    Args:
        store: the lab.
        rules: the board.
        specs: the players, one snapshot each; another field of players is another league.
        opponents: others that each one meets in a round, with both colours.
        rounds: rounds in all.
        openings: openings that a pair plays in a round, each with both colours.
        lanes: batch size of the searches.
    """
    meeting = MeetingConfig(openings=openings)
    name = tournament(rules, specs, meeting)
    stored = stored_rounds(store, name) if specs else set(range(rounds))
    waiting = [number for number in range(rounds) if number not in stored]
    title = f"{side_by_side(rules.size)} board, league of {len(specs)}"
    task = Task(
        title, _play_league, (store.folder, rules, list(specs), opponents, waiting, meeting, lanes),
        work=float(len(waiting) * len(specs) * opponents), holds=(name,),
    )  # fmt: skip
    return [task] if waiting else []


def tournament(rules: Game, specs: Sequence[PlayerSpec], meeting: MeetingConfig) -> str:
    """Name of the league of these players."""
    members = stable_seed(*(spec.text for spec in specs))
    return f"study-{meeting.tournament(rules)}-{members:x}"


def league_ratings(
    rows: LabRows, rules: Game, specs: Sequence[PlayerSpec], openings: int = 1
) -> pd.DataFrame:
    """Ratings of a league that was played by `league_tasks`: the columns of `rate_rows`, and those
    of `LabRows.agents`; no rows if it was not."""
    name = tournament(rules, specs, MeetingConfig(openings=openings))
    alone = dataclasses.replace(rows, matches=rows.matches[rows.matches["tournament"] == name])
    return rate_rows(alone).merge(rows.agents, left_on="player", right_on="id")


def league_elo(
    rows: LabRows, rules: Game, specs: Sequence[PlayerSpec], openings: int = 1
) -> np.ndarray:
    """Elo of the players of a league that was played by `league_tasks`, in their order."""
    elo = league_ratings(rows, rules, specs, openings)
    return elo.set_index("spec")["elo"].loc[[spec.text for spec in specs]].to_numpy()


def _play_league(
    worker: Worker,
    lab: Path,
    rules: Game,
    specs: Sequence[PlayerSpec],
    opponents: int,
    rounds: Sequence[int],
    meeting: MeetingConfig,
    lanes: int,
) -> None:
    store, name = Store(lab), tournament(rules, specs, meeting)
    entries = enter_agents(store, rules, specs)
    players = [load_player(rules, entry, lanes=lanes) for entry in entries]
    for done, number in enumerate(rounds):
        result = play_pairs(
            rules, players,
            Pairs.drawn(len(specs), opponents, seed=number, turn=number * meeting.openings),
            meeting,
            names=[spec.text for spec in specs],
            report=lambda share, done=done: worker.report((done + share) / len(rounds)),
            should_stop=worker.should_stop,
        )  # fmt: skip
        if result is None:
            return
        store_round(
            store, name, number, [entry.id for entry in entries], result, meeting.opening_plies,
            draws=[spec.draws for spec in specs], stage="league",
        )  # fmt: skip
