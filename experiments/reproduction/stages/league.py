"""The league: all snapshots of a board meet, in our convention. The other stages build on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from experiments.arena.meeting import ArenaConfig, MeetingConfig, Pairs
from experiments.players.agents import AgentEntry, all_snapshots, enter_agents
from experiments.players.move_keys import stable_seed
from experiments.reproduction.rounds import Field, Games, RoundsStage, even_lanes
from experiments.reproduction.stage import STAGES
from games.protocol import Game
from training.config import TrainConfig
from training.store import Store

if TYPE_CHECKING:
    from experiments.reproduction.plan import Plan


@STAGES.add
class League(ArenaConfig, RoundsStage, frozen=True):
    """Every pair of snapshots, all with the same search."""

    kind: ClassVar[str] = "league"
    title: ClassVar[str] = "League"
    needs: ClassVar[tuple[str, ...]] = ("training",)

    boards: None = None
    """Always all of the plan: other stages build on it."""

    def tournament(self, game: Game) -> str:
        """That of `hexlaw arena` with the same settings: more games of it are more of the same."""
        return f"{game.name}{game.size}-{self.digest('rounds', 'boards')}"

    def draw(self, store: Store, plan: Plan, rules: Game, index: int) -> Field:
        """All snapshots, each with all others or with as many as `opponents` says."""
        del plan
        agents = self.agents(store, rules)
        pairs = draw_pairs(len(agents), self, self.opponents, index, rules)
        return Field(agents, pairs, [self.lanes(len(agents))] * len(agents))

    def games(self, plan: Plan, rules: Game) -> list[Games]:
        """Two a pair and opening."""
        agents = snapshots_of(plan.runs_on(rules))
        return [games_of_all(agents, self, self.opponents, self.search.nodes)]

    def agents(self, store: Store, rules: Game) -> list[AgentEntry]:
        """Every snapshot of the board with the league's search."""
        specs = all_snapshots(store, rules, self.search, float(self.sampled))
        return enter_agents(store, rules, specs)

    def lanes(self, agents: int) -> int:
        """Batch size of the searches of so many agents; later stages that search alike take the
        same, which is compiled already."""
        return lanes_of_all(agents, self, self.opponents)


def lanes_of_all(agents: int, meeting: MeetingConfig, opponents: int | None) -> int:
    """Batch size of the searches where so many agents meet in a round."""
    # At one ply every agent moves in about as many games as it has opponents.
    return even_lanes(min(agents, opponents or agents) * meeting.openings)


def draw_pairs(
    agents: int, meeting: MeetingConfig, opponents: int | None, index: int, rules: Game
) -> Pairs:
    """Who of so many meets whom in a round: everybody, or so many others drawn evenly."""
    turn = index * meeting.openings
    if opponents is None:
        return Pairs.all_of(agents, turn)
    return Pairs.drawn(agents, opponents, stable_seed(meeting.seed, rules.size, index), turn)


def games_of_all(agents: int, meeting: MeetingConfig, opponents: int | None, nodes: int) -> Games:
    """Two games a pair and opening."""
    return Games(agents * min(agents - 1, opponents or agents) * meeting.openings, nodes)


def spread(count: int, kept: int | None) -> list[int]:
    """Which of so many snapshots to keep: all, or `kept` of them spread evenly, the last among
    them."""
    if kept is None or kept >= count:
        return list(range(count))
    return sorted({round(k) for k in np.linspace(count - 1, 0, kept).tolist()})


def snapshots_of(runs: Sequence[TrainConfig], most: int | None = None) -> int:
    """How many snapshots so many runs leave, of each no more than `most`."""
    counts = (len(run.snapshot_iterations) for run in runs)
    return sum(count if most is None else min(count, most) for count in counts)
