"""The leagues: all snapshots of a board meet, in our convention and in the paper's; and each meets
the best."""

from __future__ import annotations

import operator
from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from experiments.arena.meeting import ArenaConfig, Pairs
from experiments.arena.strength import league_points
from experiments.players.agents import AgentEntry, all_snapshots, enter_agents
from experiments.players.move_keys import stable_seed
from experiments.players.specs import NetworkSpec, PlayerSpec
from experiments.reproduction.plan import Plan
from experiments.reproduction.rounds import Field, Games, Rounds, even_lanes
from experiments.reproduction.stages import JonesLeagueConfig
from games.protocol import Game
from mcts import JONES
from training.config import TrainConfig
from training.store import Match, Store


def league_agents(store: Store, rules: Game, arena: ArenaConfig) -> list[AgentEntry]:
    """Every snapshot of the board with the arena's search."""
    specs = all_snapshots(store, rules, arena.search, float(arena.sampled))
    return enter_agents(store, rules, specs)


def league_lanes(agents: int, league: ArenaConfig | JonesLeagueConfig) -> int:
    """Batch size of the searches of a board's league; later stages that search alike take the
    same, which is compiled already."""
    # At one ply every agent moves in about as many games as it has opponents.
    opponents = min(agents, league.opponents or agents)
    return even_lanes(opponents * league.openings)


def _draw_league(store: Store, plan: Plan, rules: Game, index: int) -> Field:
    agents, arena = league_agents(store, rules, plan.arena), plan.arena
    lanes = league_lanes(len(agents), arena)
    pairs = _pairs(len(agents), arena, index, rules)
    return Field(agents, pairs, [lanes] * len(agents))


def _pairs(players: int, league: ArenaConfig | JonesLeagueConfig, index: int, rules: Game) -> Pairs:
    turn = index * league.openings
    if league.opponents is None:
        return Pairs.all_of(players, turn)
    seed = stable_seed(league.seed, rules.size, index)
    return Pairs.drawn(players, league.opponents, seed, turn)


def spread(count: int, kept: int | None) -> list[int]:
    """Which of so many snapshots to keep: all, or `kept` of them spread evenly, the last among
    them."""
    if kept is None or kept >= count:
        return list(range(count))
    return sorted({round(k) for k in np.linspace(count - 1, 0, kept).tolist()})


def _draw_jones(store: Store, plan: Plan, rules: Game, index: int) -> Field:
    config = plan.league_jones
    assert config is not None
    specs = all_snapshots(store, rules, JONES.with_nodes(config.nodes), 1.0)
    by_run: dict[str, list[PlayerSpec]] = {}
    for spec in specs:
        assert isinstance(spec, NetworkSpec)
        by_run.setdefault(spec.run, []).append(spec)
    kept = [run[k] for run in by_run.values() for k in spread(len(run), config.snapshots)]
    agents = enter_agents(store, rules, kept)
    lanes = league_lanes(len(agents), config)
    pairs = _pairs(len(agents), config, index, rules)
    return Field(agents, pairs, [lanes] * len(agents))


def _draw_direct(store: Store, plan: Plan, rules: Game, index: int) -> Field:
    assert plan.direct is not None
    agents = league_agents(store, rules, plan.arena)
    ids = [agent.id for agent in agents]
    top = ids.index(_top_agent(store, plan, rules))
    others = np.array([k for k in range(len(ids)) if k != top])
    first, second = np.minimum(others, top), np.maximum(others, top)
    pairs = Pairs(first, second, np.full(len(others), index * plan.direct.openings))
    return Field(agents, pairs, [league_lanes(len(agents), plan.arena)] * len(agents))


def _top_agent(store: Store, plan: Plan, rules: Game) -> int:
    """Whom everybody meets: the best of the league when the stage began."""
    assert plan.direct is not None
    query = sa.select(Match.black_id, Match.white_id)
    query = query.where(Match.tournament == plan.direct.tournament(rules))
    sides = np.array(store.frame_query(query)[1], int).reshape(-1, 2)
    if len(sides):
        return int(np.bincount(sides.ravel()).argmax())
    return int(league_points(store, rules)["id"].iloc[0])


def runs_on(plan: Plan, rules: Game) -> list[TrainConfig]:
    """The plan's runs on a board."""
    return [run for run in plan.runs if run.boardsize == rules.size]


def snapshots_of(runs: Sequence[TrainConfig], most: int | None = None) -> int:
    """How many snapshots so many runs leave, of each no more than `most`."""
    counts = (len(run.snapshot_iterations) for run in runs)
    return sum(count if most is None else min(count, most) for count in counts)


def _all_meet(agents: int, league: ArenaConfig | JonesLeagueConfig, nodes: int) -> Games:
    """Two games a pair and opening."""
    return Games(agents * min(agents - 1, league.opponents or agents) * league.openings, nodes)


def _arena_games(plan: Plan, rules: Game) -> list[Games]:
    agents = snapshots_of(runs_on(plan, rules))
    return [_all_meet(agents, plan.arena, plan.arena.search.nodes)]


def _jones_games(plan: Plan, rules: Game) -> list[Games]:
    config = plan.league_jones
    assert config is not None
    agents = snapshots_of(runs_on(plan, rules), config.snapshots)
    return [_all_meet(agents, config, config.nodes)]


def _direct_games(plan: Plan, rules: Game) -> list[Games]:
    assert plan.direct is not None
    agents = snapshots_of(runs_on(plan, rules))
    return [Games(2 * agents * plan.direct.openings, plan.arena.search.nodes)]


LEAGUE = Rounds("league", operator.attrgetter("arena"), _draw_league, _arena_games)
LEAGUE_JONES = Rounds(
    "league_jones", operator.attrgetter("league_jones"), _draw_jones, _jones_games
)
DIRECT = Rounds("direct", operator.attrgetter("direct"), _draw_direct, _direct_games)
