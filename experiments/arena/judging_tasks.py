"""Judging as tasks: one for each network with agents to judge."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from analysis.tables.blunder_rates import FIXED, GAMES
from experiments.arena.judging import (
    Positions,
    fixed_set,
    games_id,
    judge,
    own_games,
    own_positions,
)
from experiments.machine.clock import CLOCK
from experiments.machine.parallel import Task, Worker
from experiments.players.agents import AgentEntry, enter_agents, load_player
from experiments.players.player import NetworkPlayer
from experiments.players.solutions import stored_play
from experiments.players.specs import NetworkSpec, PlayerSpec
from games.protocol import Game
from games.text.numbers import side_by_side
from training.store import BlunderRate, Run, Snapshot, Store, put

LANES = 64
GAMES_EACH = 32  # stored games of a snapshot that are judged


class Job(NamedTuple):
    """One agent to judge, and on what."""

    agent: AgentEntry
    nodes: int
    snapshot_id: int
    sources: tuple[str, ...]
    games: tuple[int, ...]  # numbers of its snapshot's stored games


def blunder_tasks(
    store: Store,
    rules: Game,
    wanted: Mapping[PlayerSpec, int],
    lanes: int = LANES,
) -> list[Task]:
    """One task for each network with agents whose rows are missing or out of date.

    Args:
        store: the lab.
        rules: a board with judged positions.
        wanted: the agents, one snapshot each, and how many stored games of it to judge at most.
        lanes: batch size of the searches; the arena's own saves their compilation.
    """
    query = sa.select(BlunderRate.agent_id, BlunderRate.source, BlunderRate.positions_id)
    done = {tuple(row) for row in store.frame_query(query)[1]}
    query = sa.select(Run.id, Snapshot.index, Snapshot.id, Run.parameters).join(Snapshot)
    snapshots = {(run, index): found for run, index, *found in store.frame_query(query)[1]}
    games = {limit: own_games(store, rules, limit) for limit in set(wanted.values())}
    by_network: dict[int, list[Job]] = {}  # runs of one network share its programs
    # Agents of one snapshot follow each other: they share its games.
    in_order = sorted(
        (spec for spec in wanted if isinstance(spec, NetworkSpec)),
        key=lambda spec: (spec.run, spec.index),
    )
    for agent, spec in zip(enter_agents(store, rules, in_order), in_order, strict=True):
        snapshot_id, parameters = snapshots[spec.run, spec.index]
        own = games[wanted[spec]].get(snapshot_id, ())
        ids = {FIXED: fixed_set(rules).id} | ({GAMES: games_id(own)} if own else {})
        sources = tuple(source for source in ids if (agent.id, source, ids[source]) not in done)
        if sources:
            by_network.setdefault(parameters, []).append(
                Job(agent, spec.strategy.evaluations, snapshot_id, sources, own)
            )
    return [
        Task(
            f"{side_by_side(rules.size)} board, judging networks of {parameters:,} parameters",
            _judge_task,
            (store.folder, rules, tuple(jobs), lanes),
            work=float(sum(job.nodes for job in jobs) * len(fixed_set(rules).verdicts.value)),
            place=rules,
            holds=(f"judging-{rules.name}{rules.size}-{parameters}",),
        )
        for parameters, jobs in by_network.items()
    ]


def _judge_task(worker: Worker, lab: Path, rules: Game, jobs: Sequence[Job], lanes: int) -> None:
    store = Store(lab)
    with contextlib.closing(stored_play(store, rules)) as exact:

        @functools.lru_cache(maxsize=1)
        def of_games(snapshot_id: int, game_ids: tuple[int, ...]) -> Positions:
            return own_positions(store, rules, snapshot_id, game_ids, exact)

        for number, job in enumerate(jobs):
            if worker.should_stop():
                return
            player = load_player(rules, job.agent, lanes=lanes)
            assert isinstance(player, NetworkPlayer)
            rows = {}
            with CLOCK.doing("judging"):
                if FIXED in job.sources:
                    rows[FIXED] = judge(player, fixed_set(rules))
                if GAMES in job.sources:
                    rows[GAMES] = judge(player, of_games(job.snapshot_id, job.games))
            _write(store, job.agent.id, rows)
            worker.report((number + 1) / len(jobs))


def _write(store: Store, agent_id: int, rows: dict[str, dict[str, Any]]) -> None:
    with store.session() as session:
        for source, columns in rows.items():
            put(session, BlunderRate, {"agent_id": agent_id, "source": source}, columns)
