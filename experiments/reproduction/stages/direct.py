"""Every snapshot against the board's best: the paper's "top agent" evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pydantic
import sqlalchemy as sa

from experiments.arena.meeting import Pairs
from experiments.arena.strength import league_points
from experiments.reproduction.rounds import Field, Games, RoundsStage
from experiments.reproduction.stage import STAGES
from experiments.reproduction.stages.league import League, snapshots_of
from games.protocol import Game
from training.store import Match, Store

if TYPE_CHECKING:
    from experiments.reproduction.plan import Plan


@STAGES.add
class Direct(RoundsStage, frozen=True):
    """Every snapshot against the board's best."""

    kind: ClassVar[str] = "direct"
    title: ClassVar[str] = "Against the best agent"
    needs: ClassVar[tuple[str, ...]] = ("league",)

    openings: int = pydantic.Field(default=16, ge=1)
    """Openings that a snapshot plays in a round, each with both colours. Jones: from the empty
    board until a posterior was narrow enough, up to 512k games."""
    seed: int = pydantic.Field(default=1, ge=0)
    """Another than the league's, so that no game of its is played again."""

    def draw(self, store: Store, plan: Plan, rules: Game, index: int) -> Field:
        """The best of the league and each of its other agents."""
        league = plan.stage(League)
        agents = league.agents(store, rules)
        ids = [agent.id for agent in agents]
        top = ids.index(self._top_agent(store, rules))
        others = np.array([k for k in range(len(ids)) if k != top])
        first, second = np.minimum(others, top), np.maximum(others, top)
        pairs = Pairs(first, second, np.full(len(others), index * self.openings))
        return Field(agents, pairs, [league.lanes(len(agents))] * len(agents))

    def _top_agent(self, store: Store, rules: Game) -> int:
        """Whom everybody meets: the best of the league when the stage began."""
        query = sa.select(Match.black_id, Match.white_id)
        query = query.where(Match.tournament == self.tournament(rules))
        sides = np.array(store.frame_query(query)[1], int).reshape(-1, 2)
        if len(sides):
            return int(np.bincount(sides.ravel()).argmax())
        return int(league_points(store, rules)["id"].iloc[0])

    def games(self, plan: Plan, rules: Game) -> list[Games]:
        """Two an agent and opening."""
        agents = snapshots_of(plan.runs_on(rules))
        return [Games(2 * agents * self.openings, plan.stage(League).search.nodes)]
