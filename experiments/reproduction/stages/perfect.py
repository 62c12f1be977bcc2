"""The best agents against perfect play, and how often all agents throw a won position away.

Jones's agents met MoHex from the empty board, 128 games each. Here they meet the exact solver, from
short random openings with both colours, so that an agent without a fault scores one half.
"""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import pydantic
import sqlalchemy as sa

from experiments.arena.judging import fixed_set
from experiments.arena.judging_tasks import GAMES_EACH, blunder_tasks
from experiments.arena.meeting import MeetingConfig, Pairs
from experiments.arena.strength import best_of_each_recipe, last_of_best_runs, league_points
from experiments.machine.parallel import Task
from experiments.players.agents import enter_agents, resolve
from experiments.players.anchors import PerfectPlayer
from experiments.players.player import Player
from experiments.players.solutions import stored_play
from experiments.players.specs import NetworkSpec, PerfectSpec, PlayerSpec
from experiments.reproduction.rounds import Field, Games, RoundsStage, can_be_played
from experiments.reproduction.stage import STAGES, Part
from experiments.reproduction.stages.league import League, snapshots_of
from games.exact.registry import judged_set, reach_of
from games.protocol import Game
from games.text.numbers import side_by_side
from training.store import Agent, BlunderRate, Run, Snapshot, Store

if TYPE_CHECKING:
    from experiments.reproduction.plan import Plan

EVALUATIONS_OF_AN_ANSWER = 5_000
"""Network evaluations that take as long as perfect play's answer where it has to search: 36 ms on
6×6, on one of two cores. Matches that take so long should not be the last to begin."""


@STAGES.add
class Perfect(RoundsStage, frozen=True):
    """The best agents against perfect play, where a solver reaches: up to 6×6; and judging, of all
    agents on fixed sets and of the last ones in their own games."""

    kind: ClassVar[str] = "perfect"
    title: ClassVar[str] = "Perfect play"
    unit: ClassVar[str] = "matches and judgings"
    needs: ClassVar[tuple[str, ...]] = ("league",)

    openings: int = pydantic.Field(default=64, ge=16)
    """Openings that an agent plays in a round, each with both colours. Jones: 128 games with MoHex
    from the empty board."""
    runs: int = pydantic.Field(default=3, ge=1)
    """Strongest runs of each recipe whose last snapshots play beside its best agent, which luck has
    helped to be the best: together they say where perfect play lies. Jones: the best alone."""

    def parts(self, store: Store, plan: Plan) -> list[Part]:
        """A part for each board's matches and one for its judging."""
        judged = [_judging(store, plan, rules) for rules in _judged_boards(store, plan)]
        return super().parts(store, plan) + judged

    def tasks(self, store: Store, plan: Plan) -> list[Task]:
        """What is not played or judged yet."""
        return super().tasks(store, plan) + _judging_tasks(store, plan)

    def sizes(self, plan: Plan) -> list[int]:
        """Sides of the boards that the solver reaches."""
        reaches = {size: reach_of(plan.rules(size)) for size in super().sizes(plan)}
        return [size for size, reach in reaches.items() if reach is not None and reach.whole]

    def draw(self, store: Store, plan: Plan, rules: Game, index: int) -> Field:
        """Perfect play, last of the agents, and whoever meets it."""
        agents = plan.stage(League).agents(store, rules)
        by_id, lanes = {agent.id: agent for agent in agents}, plan.stage(League).lanes(len(agents))
        points = league_points(store, rules)
        numbers = [*best_of_each_recipe(points), *last_of_best_runs(points, self.runs)]
        networks = [by_id[number] for number in dict.fromkeys(numbers)]
        agents = [*networks, *enter_agents(store, rules, [PerfectSpec()])]
        pairs = Pairs.all_of(len(agents), index * self.openings)
        against_perfect = pairs.second == len(networks)
        pairs = Pairs(*(column[against_perfect] for column in pairs))
        return Field(agents, pairs, [lanes] * len(agents))

    def games(self, plan: Plan, rules: Game) -> list[Games]:
        """Two an agent and opening; in one half of the moves, perfect play thinks."""
        runs = collections.Counter(run.recipe for run in plan.runs_on(rules))
        agents = sum(1 + min(count, self.runs) for count in runs.values())
        reach = reach_of(rules)
        answer = EVALUATIONS_OF_AN_ANSWER if reach is not None and reach.prompt_from else 0
        return [Games(agents * self.openings, plan.stage(League).search.nodes + answer)]

    def meeting(self, rules: Game) -> MeetingConfig:
        """From openings so long that perfect play answers in a moment."""
        reach = reach_of(rules)
        assert reach is not None
        return self.model_copy(update={"opening_plies": max(self.opening_plies, reach.prompt_from)})

    def load(self, store: Store, rules: Game, field: Field) -> Sequence[Player]:
        """The agents, and a perfect player that remembers in the lab what it has solved."""
        networks = field._replace(agents=field.agents[:-1], lanes=field.lanes[:-1])
        perfect = PerfectPlayer(rules, exact=stored_play(store, rules))
        return [*super().load(store, rules, networks), perfect]


def _judged_boards(store: Store, plan: Plan) -> list[Game]:
    return [
        plan.rules(size)
        for size in plan.boardsizes
        if judged_set(plan.rules(size)) is not None and can_be_played(store, plan, size)
    ]


def _judging(store: Store, plan: Plan, rules: Game) -> Part:
    """How far judging is: agents with a row, of two for each snapshot."""
    ends = (1, plan.stage(League).search.nodes)
    query = (
        sa.select(sa.func.count(sa.distinct(BlunderRate.agent_id)))
        .join(Agent, BlunderRate.agent_id == Agent.id)
        .where(Agent.game == rules.name, Agent.boardsize == rules.size, Agent.nodes.in_(ends))
    )
    with store.session() as session:
        judged = session.scalar(query) or 0
    snapshots = snapshots_of(plan.runs_on(rules))
    positions = len(fixed_set(rules).verdicts.value)
    return Part(
        f"{side_by_side(rules.size)} board, judging",
        work=float(snapshots * positions * sum(ends)),
        done=judged / (len(ends) * snapshots),
    )


def _judging_tasks(store: Store, plan: Plan) -> list[Task]:
    """Judge agents where perfect play is known, by themselves and with the arena's search.

    All snapshots are judged on the fixed sets, the last ones in their own games too; those of each
    board's largest network with less search besides, for the figure that shows what search adds.
    """
    league = plan.stage(League)
    search, temperature, tasks = league.search, float(league.sampled), []
    ladder = sorted({4**k for k in range(6) if 4**k < search.nodes} | {search.nodes})

    def find(rules: Game, nodes: Sequence[int], run: str, index: int | None) -> list[PlayerSpec]:
        searches = [search.with_nodes(n) for n in nodes]
        return [
            spec
            for s in searches
            for spec in resolve(
                store, rules, NetworkSpec(run=run, index=index, strategy=s, temperature=temperature)
            )
        ]

    for rules in _judged_boards(store, plan):
        largest = _largest_runs(store, rules)
        ends = (1, search.nodes)
        everyone = find(rules, ends, "*", None)
        last = find(rules, ends, "*", -1) + [s for r in largest for s in find(rules, ladder, r, -1)]
        wanted = dict.fromkeys(everyone, 0) | dict.fromkeys(last, GAMES_EACH)
        lanes = league.lanes(len(everyone) // 2)
        tasks += blunder_tasks(store, rules, wanted, lanes=lanes)
    return tasks


def _largest_runs(store: Store, rules: Game) -> Sequence[str]:
    """The runs of a board's largest network that have a snapshot."""
    runs = sa.select(Run.parameters, Run.id).join(Snapshot)
    runs = runs.where(Run.game == rules.name, Run.boardsize == rules.size)
    rows = store.frame_query(runs.distinct())[1]
    return [run for parameters, run in rows if parameters == max(rows)[0]]
