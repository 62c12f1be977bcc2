"""The example game of the paper's first figure: one between the best, with what they thought."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import sqlalchemy as sa

from experiments.arena.game_records import store_analysis
from experiments.arena.strength import league_points
from experiments.machine.parallel import Task, Worker
from experiments.players.agents import load_player
from experiments.players.player import NetworkPlayer
from experiments.players.thinking import analyse_moves
from experiments.players.thoughts import Analysis
from experiments.reproduction.rounds import can_be_played
from experiments.reproduction.stage import STAGES, Part, Stage
from experiments.reproduction.stages.league import League
from games.protocol import Game
from games.text.numbers import side_by_side
from training.store import Game as GameRow
from training.store import Match, Store

if TYPE_CHECKING:
    from experiments.reproduction.plan import Plan


@STAGES.add
class Example(Stage, frozen=True):
    """One game of the league on the largest board is thought through again."""

    kind: ClassVar[str] = "example"
    title: ClassVar[str] = "Example game"
    unit: ClassVar[str] = "games"
    needs: ClassVar[tuple[str, ...]] = ("league",)

    def parts(self, store: Store, plan: Plan) -> list[Part]:
        """The one game."""
        rules = _board(store, plan)
        if rules is None:
            return []
        query = sa.select(sa.func.count(GameRow.id)).join(Match, GameRow.match_id == Match.id)
        query = query.where(GameRow.analysis.is_not(None))
        query = query.where(Match.tournament == plan.stage(League).tournament(rules))
        with store.session() as session:
            done = bool(session.scalar(query))
        return [Part(f"{side_by_side(rules.size)} board", 5.0, float(done))]

    def tasks(self, store: Store, plan: Plan) -> list[Task]:
        """The one game, if it is not analysed yet."""
        return [
            Task(part.name, _annotate, (store.folder, plan, _board(store, plan)), part.work)
            for part in self.parts(store, plan)
            if part.done < 1
        ]


def _board(store: Store, plan: Plan) -> Game | None:
    sizes = [size for size in plan.boardsizes if can_be_played(store, plan, size)]
    return plan.rules(sizes[-1]) if sizes else None


def _annotate(worker: Worker, lab: Path, plan: Plan, rules: Game) -> None:
    """Let the better of the two strongest agents that met say what it thinks of their last game."""
    store, league = Store(lab), plan.stage(League)
    elo = dict(league_points(store, rules)[["id", "elo"]].itertuples(index=False))
    query = sa.select(Match.id, Match.black_id, Match.white_id)
    query = query.where(Match.tournament == league.tournament(rules))
    match_id, *players = max(
        store.frame_query(query)[1],
        key=lambda row: (elo[row[1]] + elo[row[2]], elo[row[1]], row[0]),
    )
    query = sa.select(GameRow.id, GameRow.moves).where(GameRow.match_id == match_id)
    number, moves = store.frame_query(query.order_by(GameRow.index))[1][-1]
    best = max(players, key=lambda player: elo[player])
    agents = {agent.id: agent for agent in league.agents(store, rules)}
    player = load_player(rules, agents[best], lanes=rules.max_plies)
    assert isinstance(player, NetworkPlayer)
    thoughts = analyse_moves(rules, player, np.frombuffer(moves, "<u2").tolist())
    analysis = Analysis(agent=int(best), nodes=league.search.nodes, moves=thoughts)
    store_analysis(store, int(number), analysis)
