"""What a lab holds, to be compared with what another one does."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import orm

from training.store import Agent, Game, Match, Metric, Run, Snapshot, Store


def rows(lab: Path) -> dict[str, list[tuple]]:
    """What a lab holds, without numbers and times, which tell who was first."""
    black, white = orm.aliased(Agent), orm.aliased(Agent)
    of_match = sa.select(black.spec, white.spec, Match.round, Match.games, Match.black_wins)
    queries = {
        "runs": sa.select(Run.id, Run.status),
        "metrics": sa.select(Metric.run_id, Metric.iteration, Metric.policy_loss),
        "snapshots": sa.select(Snapshot.run_id, Snapshot.index, Snapshot.sha256),
        "agents": sa.select(Agent.spec, Agent.search_id),
        "matches": of_match.join(black, Match.black_id == black.id).join(
            white, Match.white_id == white.id
        ),
        "games": sa.select(black.spec, Game.index, Game.moves, Game.winner, Game.seed)
        .join(Match, Game.match_id == Match.id)
        .join(black, Match.black_id == black.id),
    }
    store = Store(lab)
    return {name: sorted(store.frame_query(query)[1], key=repr) for name, query in queries.items()}
