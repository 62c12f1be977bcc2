"""Every snapshot against a player of random moves; a whole stage of the reproduction in one file.
docs/extend/stage.md shows it.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pydantic

from experiments.arena.meeting import Pairs
from experiments.players.agents import enter_agents
from experiments.players.specs import RandomSpec
from experiments.reproduction.plan import Plan
from experiments.reproduction.rounds import Field, Games, RoundsStage
from experiments.reproduction.stages import STAGES
from experiments.reproduction.stages.league import League, snapshots_of
from games.protocol import Game
from training.store import Store


@STAGES.add
class AgainstRandom(RoundsStage, frozen=True):
    """How soon does a network beat somebody who knows nothing?"""

    kind: ClassVar[str] = "against_random"
    title: ClassVar[str] = "Against random moves"
    needs: ClassVar[tuple[str, ...]] = ("league",)

    openings: int = pydantic.Field(default=4, ge=1)
    """Openings that a snapshot plays in a round, each with both colours."""

    def draw(self, store: Store, plan: Plan, rules: Game, index: int) -> Field:
        """The random player, last of the agents, and all others."""
        league = plan.stage(League)
        networks = league.agents(store, rules)
        agents = [*networks, *enter_agents(store, rules, [RandomSpec()])]
        first = np.arange(len(networks))
        second = np.full(len(networks), len(networks))
        turn = np.full(len(networks), index * self.openings)
        lanes = league.lanes(len(networks))
        return Field(agents, Pairs(first, second, turn), [lanes] * len(agents))

    def games(self, plan: Plan, rules: Game) -> list[Games]:
        """Two an agent and opening, in which the random player thinks for nothing."""
        agents = snapshots_of(plan.runs_on(rules))
        return [Games(agents * self.openings, plan.stage(League).search.nodes)]
