"""The example game of the paper's first figure: one between the best, with what they thought."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import sqlalchemy as sa

import games
from experiments.arena.game_records import store_analysis
from experiments.arena.strength import league_points
from experiments.machine.parallel import Task, Worker
from experiments.players.agents import load_player
from experiments.players.player import NetworkPlayer
from experiments.players.thinking import analyse_moves
from experiments.players.thoughts import Analysis
from experiments.reproduction.league import league_agents
from experiments.reproduction.plan import Plan
from experiments.reproduction.rounds import Part, can_be_played
from games.protocol import Game
from training.store import Game as GameRow
from training.store import Match, Store


class ExampleGame:
    """The stage: one game of the league on the largest board is thought through again."""

    def parts(self, store: Store, plan: Plan) -> list[Part]:
        """The one game."""
        rules = _board(store, plan)
        if rules is None:
            return []
        query = sa.select(sa.func.count(GameRow.id)).join(Match, GameRow.match_id == Match.id)
        query = query.where(GameRow.analysis.is_not(None))
        query = query.where(Match.tournament == plan.arena.tournament(rules))
        with store.session() as session:
            done = bool(session.scalar(query))
        return [Part(f"{rules.size}×{rules.size} board", 5.0, float(done))]

    def tasks(self, store: Store, plan: Plan) -> list[Task]:
        """The one game, if it is not analysed yet."""
        return [
            Task(part.name, _annotate, (store.folder, plan, _board(store, plan)), part.work)
            for part in self.parts(store, plan)
            if part.done < 1
        ]


def _board(store: Store, plan: Plan) -> Game | None:
    sizes = [size for size in plan.boardsizes if can_be_played(store, plan, size)]
    return games.make(plan.game, sizes[-1]) if sizes else None


def _annotate(worker: Worker, lab: Path, plan: Plan, rules: Game) -> None:
    """Let the better of the two strongest agents that met say what it thinks of their last game."""
    store = Store(lab)
    elo = dict(league_points(store, rules)[["id", "elo"]].itertuples(index=False))
    query = sa.select(Match.id, Match.black_id, Match.white_id)
    query = query.where(Match.tournament == plan.arena.tournament(rules))
    match_id, *players = max(
        store.frame_query(query)[1],
        key=lambda row: (elo[row[1]] + elo[row[2]], elo[row[1]], row[0]),
    )
    query = sa.select(GameRow.id, GameRow.moves).where(GameRow.match_id == match_id)
    number, moves = store.frame_query(query.order_by(GameRow.index))[1][-1]
    best = max(players, key=lambda player: elo[player])
    agents = {agent.id: agent for agent in league_agents(store, rules, plan.arena)}
    player = load_player(rules, agents[best], lanes=rules.max_plies)
    assert isinstance(player, NetworkPlayer)
    thoughts = analyse_moves(rules, player, np.frombuffer(moves, "<u2").tolist())
    analysis = Analysis(agent=int(best), nodes=plan.arena.search.nodes, moves=thoughts)
    store_analysis(store, int(number), analysis)


EXAMPLE = ExampleGame()
