"""The league as Jones played it: his search with root noise on, moves drawn, the empty board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import pydantic

from experiments.players.agents import all_snapshots, enter_agents
from experiments.players.specs import NetworkSpec, PlayerSpec
from experiments.reproduction.rounds import Field, Games, RoundsStage
from experiments.reproduction.stage import STAGES
from experiments.reproduction.stages.league import (
    draw_pairs,
    games_of_all,
    lanes_of_all,
    snapshots_of,
    spread,
)
from games.protocol import Game
from mcts import JONES
from training.store import Store

if TYPE_CHECKING:
    from experiments.reproduction.plan import Plan


@STAGES.add
class JonesLeague(RoundsStage, frozen=True):
    """The league in the paper's convention."""

    kind: ClassVar[str] = "league_jones"
    title: ClassVar[str] = "League as Jones played it"
    needs: ClassVar[tuple[str, ...]] = ("training",)

    opening_plies: int = pydantic.Field(default=0, ge=0, le=4)
    """Random moves that open each game. Jones: 0, so that only drawn moves tell games apart."""
    nodes: Annotated[int, pydantic.Field(ge=1, le=4096)] = 64
    """Of every agent's search. Jones: 64."""
    snapshots: int | None = pydantic.Field(default=None, ge=2)
    """Snapshots of each run that take part, spread evenly over it; all if unset, as Jones."""
    opponents: int | None = pydantic.Field(default=None, ge=2, multiple_of=2)
    """Others that each agent meets in a round; everybody if unset, as Jones."""

    def draw(self, store: Store, plan: Plan, rules: Game, index: int) -> Field:
        """The chosen snapshots of each run, each with all others or with some."""
        del plan
        by_run: dict[str, list[PlayerSpec]] = {}
        for spec in all_snapshots(store, rules, JONES.with_nodes(self.nodes), 1.0):
            assert isinstance(spec, NetworkSpec)
            by_run.setdefault(spec.run, []).append(spec)
        kept = [run[k] for run in by_run.values() for k in spread(len(run), self.snapshots)]
        agents = enter_agents(store, rules, kept)
        pairs = draw_pairs(len(agents), self, self.opponents, index, rules)
        lanes = lanes_of_all(len(agents), self, self.opponents)
        return Field(agents, pairs, [lanes] * len(agents))

    def games(self, plan: Plan, rules: Game) -> list[Games]:
        """Two a pair and opening."""
        agents = snapshots_of(plan.runs_on(rules), self.snapshots)
        return [games_of_all(agents, self, self.opponents, self.nodes)]
