"""The test-time sweep: snapshots play with more and with less search than in the league.

Jones let all snapshots with all numbers of nodes meet each other. Most of those games tell nothing,
because one side is far stronger. Here each agent meets its neighbours in nodes and some agents near
it in strength, which are drawn anew in each round by what the rounds before have shown, so that
league and sweep together are one tournament that one Bradley–Terry fit rates.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
import pandas as pd
import pydantic
from scipy.special import expit

from analysis.ratings.bradley_terry import ELO
from experiments.arena.meeting import Pairs
from experiments.arena.strength import league_points, on_frontier, ratings
from experiments.players.agents import AgentEntry, enter_agents
from experiments.players.move_keys import stable_seed
from experiments.players.specs import NetworkSpec, PlayerSpec
from experiments.reproduction.rounds import Field, Games, RoundsStage, even_lanes
from experiments.reproduction.stage import STAGES
from experiments.reproduction.stages.league import League, snapshots_of, spread
from games.protocol import Game
from training.store import Store

if TYPE_CHECKING:
    from experiments.reproduction.plan import Plan

ELO_OF_A_DOUBLING = 75  # of nodes; Jones 2021: 250 Elo for ten times the test compute
DOUBT = 3  # the first round knows only that, so it draws from a range three times as wide
FRONTIER_AGENTS = 12  # of a recipe and board, for the expected cost only


@STAGES.add
class Nodes(RoundsStage, frozen=True):
    """Snapshots play with more and with less search than in the league, noise off."""

    kind: ClassVar[str] = "nodes"
    title: ClassVar[str] = "Test-time search"
    needs: ClassVar[tuple[str, ...]] = ("league",)

    nodes: tuple[Annotated[int, pydantic.Field(ge=1, le=4096)], ...] = pydantic.Field(
        default=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512), min_length=2
    )
    """Sizes of search. Jones: these."""
    snapshots: int = pydantic.Field(default=5, ge=1)
    """Snapshots of each run, spread evenly over it; those on the league's frontier come on top.
    Jones: all."""
    seeds: int | None = pydantic.Field(default=None, ge=1)
    """Only runs with the first so many seeds, besides those on the frontier; all if unset."""
    opponents: int = pydantic.Field(default=8, ge=1)
    """Agents near in strength that each one meets in a round, besides its neighbours in nodes.
    Jones: everybody meets everybody."""
    pool: int = pydantic.Field(default=32, ge=2)
    """Agents of the league among whom opponents are drawn, spread evenly over its strength."""
    rounds: int = pydantic.Field(default=2, ge=1)
    """Rounds; each draws its opponents by what the ones before have shown."""

    def draw(self, store: Store, plan: Plan, rules: Game, index: int) -> Field:
        """Each swept agent, its neighbours in nodes, and some that are near it in strength."""
        league, points = plan.stage(League), league_points(store, rules)
        by_id = {agent.id: agent for agent in league.agents(store, rules)}
        kept = [by_id[number] for number in kept_snapshots(points, self)]
        swept = enter_agents(store, rules, _with_all_nodes(kept, self.nodes))
        ladders = [swept[k : k + len(self.nodes)] for k in range(0, len(swept), len(self.nodes))]
        pool = [by_id[points["id"].iloc[k]] for k in spread(len(points), self.pool)]
        known = ratings(store, rules, ["league"] if index == 0 else ["league", "nodes"])
        elo = {
            agent.id: known.get(agent.id, _guess(known[base.id], agent, base))
            for base, ladder in zip(kept, ladders, strict=True)
            for agent in ladder
        }
        elo |= {agent.id: known[agent.id] for agent in pool}

        by_number = {agent.id: agent for agent in [*swept, *pool]}
        agents = [by_number[number] for number in sorted(by_number)]
        meetings = {
            _pair(one, other) for ladder in ladders for one, other in itertools.pairwise(ladder)
        }
        for agent in swept:
            if agent.id in by_id:
                continue  # the league has rated it
            scale = DOUBT if index == 0 else 1
            rng = np.random.default_rng(stable_seed(self.seed, rules.size, index, agent.spec.text))
            # An opponent with more nodes has this agent among its own candidates.
            limit = max(_nodes(agent), league.search.nodes)
            candidates = [a for a in agents if a.id != agent.id and _nodes(a) <= limit]
            drawn = draw_near(agent, candidates, elo, self.opponents, scale, rng)
            meetings |= {_pair(agent, other) for other in drawn}
        place = {agent.id: k for k, agent in enumerate(agents)}
        pairs = np.array([[place[one], place[other]] for one, other in sorted(meetings)])
        usual = league.lanes(len(by_id))
        return Field(
            agents,
            Pairs(pairs[:, 0], pairs[:, 1], np.full(len(pairs), index * self.openings)),
            [self.lanes(_nodes(agent), league.search.nodes, usual) for agent in agents],
        )

    def lanes(self, nodes: int, league_nodes: int, usual: int) -> int:
        """Batch size of searches of so many nodes, the same in every round.

        Up to the league's nodes its own: judging takes that too, so that each program is compiled
        once, and a batch half empty costs little more than a full one. Larger searches, which
        nobody else needs, get what fits: such an agent draws its opponents, is drawn by half as
        many of its like, and has two neighbours.
        """
        if nodes <= league_nodes:
            return usual
        return even_lanes(self.openings * (1.5 * self.opponents + 2))

    def games(self, plan: Plan, rules: Game) -> list[Games]:
        """Two a pair and opening, for each number of nodes."""
        runs = [run for run in plan.runs_on(rules) if run.seed < (self.seeds or math.inf)]
        recipes = len({run.recipe for run in runs})
        kept = snapshots_of(runs, self.snapshots) + FRONTIER_AGENTS * recipes
        return [Games(2 * kept * self.openings * (self.opponents + 1), n) for n in self.nodes]


def kept_snapshots(points: pd.DataFrame, config: Nodes) -> list[int]:
    """Numbers of the league's agents whose snapshots are swept: some of each run, evenly spaced in
    log compute as snapshots are, and those on each recipe's frontier."""
    seeds = sorted(points["seed"].unique())[: config.seeds]
    of_runs = [
        run.sort_values("index")["id"].iloc[k]
        for _, run in points[points["seed"].isin(seeds)].groupby("run_id")
        for k in spread(len(run), config.snapshots)
    ]
    return sorted({*of_runs, *on_frontier(points)["id"]})


def _with_all_nodes(agents: Sequence[AgentEntry], nodes: Sequence[int]) -> list[PlayerSpec]:
    specs = []
    for agent in agents:
        assert isinstance(agent.spec, NetworkSpec)
        search = agent.spec.search
        specs += [
            agent.spec.model_copy(update={"strategy": search.with_nodes(n)}) for n in sorted(nodes)
        ]
    return specs


def _nodes(agent: AgentEntry) -> int:
    assert isinstance(agent.spec, NetworkSpec)
    return agent.spec.search.nodes


def _guess(elo: float, agent: AgentEntry, base: AgentEntry) -> float:
    """Of an agent that has not played yet, from the same snapshot's in the league."""
    return elo + ELO_OF_A_DOUBLING * math.log2(_nodes(agent) / _nodes(base))


def draw_near(
    agent: AgentEntry,
    candidates: Sequence[AgentEntry],
    elo: Mapping[int, float],
    count: int,
    scale: float,
    rng: np.random.Generator,
) -> list[AgentEntry]:
    """Candidates drawn without repeats, each as likely as a game against it tells.

    The information of a game is p(1 − p) for the expected score p; a `scale` above 1 stretches the
    range of Elo in which opponents are likely.
    """
    gap = np.array([elo[other.id] - elo[agent.id] for other in candidates]) / ELO / scale
    weight = np.log(np.maximum(expit(gap) * expit(-gap), 1e-300))
    drawn = np.argsort(-(weight + rng.gumbel(size=len(weight))), kind="stable")[:count]
    return [candidates[k] for k in drawn]


def _pair(one: AgentEntry, other: AgentEntry) -> tuple[int, int]:
    return min(one.id, other.id), max(one.id, other.id)
