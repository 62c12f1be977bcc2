"""The best agents against perfect play, and how often all agents throw a won position away.

Jones's agents met MoHex from the empty board, 128 games each. Here they meet the exact solver, from
short random openings with both colours, so that an agent without a fault scores one half.
"""

from __future__ import annotations

import collections
import operator
from collections.abc import Sequence

import sqlalchemy as sa

import games
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
from experiments.reproduction.league import league_agents, league_lanes, runs_on, snapshots_of
from experiments.reproduction.plan import Plan
from experiments.reproduction.rounds import Field, Games, Part, Rounds, can_be_played, load_all
from games.exact.registry import judged_set, reach_of
from games.protocol import Game
from training.store import Agent, BlunderRate, Run, Snapshot, Store


class PerfectPlay:
    """The stage: matches against the perfect player, then judging on fixed sets and own games."""

    def parts(self, store: Store, plan: Plan) -> list[Part]:
        """A part for each board's matches and one for its judging."""
        judged = [_judging(store, plan, rules) for rules in _judged_boards(store, plan)]
        return _MATCHES.parts(store, _within_reach(plan)) + judged

    def tasks(self, store: Store, plan: Plan) -> list[Task]:
        """What is not played or judged yet."""
        matches = _MATCHES.tasks(store, _within_reach(plan))
        return matches + _judging_tasks(store, plan)


def _within_reach(plan: Plan) -> Plan:
    """The plan with its matches on boards that the solver reaches only."""
    if plan.perfect is None:
        return plan
    wanted = plan.boardsizes if plan.perfect.boards is None else plan.perfect.boards
    reaches = {size: reach_of(games.make(plan.game, size)) for size in wanted}
    boards = tuple(size for size, reach in reaches.items() if reach is not None and reach.whole)
    perfect = plan.perfect.model_copy(update={"boards": boards})
    return plan.model_copy(update={"perfect": perfect})


def _draw(store: Store, plan: Plan, rules: Game, index: int) -> Field:
    assert plan.perfect is not None
    league = {agent.id: agent for agent in league_agents(store, rules, plan.arena)}
    points = league_points(store, rules)
    numbers = [*best_of_each_recipe(points), *last_of_best_runs(points, plan.perfect.runs)]
    networks = [league[number] for number in dict.fromkeys(numbers)]
    agents = [*networks, *enter_agents(store, rules, [PerfectSpec()])]
    turn = index * plan.perfect.openings
    pairs = Pairs.all_of(len(agents), turn)
    against_perfect = pairs.second == len(networks)
    pairs = Pairs(*(column[against_perfect] for column in pairs))
    return Field(agents, pairs, [league_lanes(len(league), plan.arena)] * len(agents))


def _load(store: Store, rules: Game, field: Field) -> Sequence[Player]:
    """The agents, and a perfect player that remembers in the lab what it has solved."""
    networks = field._replace(agents=field.agents[:-1], lanes=field.lanes[:-1])
    return [
        *load_all(store, rules, networks),
        PerfectPlayer(rules, exact=stored_play(store, rules)),
    ]


def _meeting(plan: Plan, rules: Game) -> MeetingConfig:
    """Games open with as many plies as perfect play needs to be asked in a moment."""
    reach = reach_of(rules)
    assert plan.perfect is not None
    assert reach is not None
    plies = max(plan.perfect.opening_plies, reach.prompt_from)
    return plan.perfect.model_copy(update={"opening_plies": plies})


def _games(plan: Plan, rules: Game) -> list[Games]:
    assert plan.perfect is not None
    runs = collections.Counter(run.recipe for run in runs_on(plan, rules))
    agents = sum(1 + min(count, plan.perfect.runs) for count in runs.values())
    return [Games(agents * plan.perfect.openings, plan.arena.search.nodes)]


_MATCHES = Rounds(
    "perfect", operator.attrgetter("perfect"), _draw, _games, meeting=_meeting, load=_load
)


def _judged_boards(store: Store, plan: Plan) -> list[Game]:
    if plan.perfect is None:
        return []
    boards = [games.make(plan.game, size) for size in plan.boardsizes]
    return [
        rules
        for rules in boards
        if judged_set(rules) is not None and can_be_played(store, plan, rules.size)
    ]


def _judging(store: Store, plan: Plan, rules: Game) -> Part:
    """How far judging is: agents with a row, of two for each snapshot."""
    ends = (1, plan.arena.search.nodes)
    query = (
        sa.select(sa.func.count(sa.distinct(BlunderRate.agent_id)))
        .join(Agent, BlunderRate.agent_id == Agent.id)
        .where(Agent.game == rules.name, Agent.boardsize == rules.size, Agent.nodes.in_(ends))
    )
    with store.session() as session:
        judged = session.scalar(query) or 0
    snapshots = snapshots_of(runs_on(plan, rules))
    positions = len(fixed_set(rules).verdicts.value)
    return Part(
        f"{rules.size}×{rules.size} board, judging",
        work=float(snapshots * positions * sum(ends)),
        done=judged / (len(ends) * snapshots),
    )


def _judging_tasks(store: Store, plan: Plan) -> list[Task]:
    """Judge agents where perfect play is known, by themselves and with the arena's search.

    All snapshots are judged on the fixed sets, the last ones in their own games too; those of each
    board's largest network with less search besides, for the figure that shows what search adds.
    """
    search, temperature, tasks = plan.arena.search, float(plan.arena.sampled), []
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
        lanes = league_lanes(len(everyone) // 2, plan.arena)
        tasks += blunder_tasks(store, rules, wanted, lanes=lanes)
    return sorted(tasks, key=lambda task: -task.work)


def _largest_runs(store: Store, rules: Game) -> Sequence[str]:
    """The runs of a board's largest network that have a snapshot."""
    runs = sa.select(Run.parameters, Run.id).join(Snapshot)
    runs = runs.where(Run.game == rules.name, Run.boardsize == rules.size)
    rows = store.frame_query(runs.distinct())[1]
    return [run for parameters, run in rows if parameters == max(rows)[0]]


PERFECT = PerfectPlay()
