"""A lab's matches added up and its agents' boards: what ratings need, read without JAX."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from training.store.lab import Store
from training.store.schema import Agent, Match
from training.store.writing import sum_of


def stage_matches(store: Store) -> pd.DataFrame:
    """A lab's matches added up: columns stage, black, white (numbers of agents) and the counts that
    ratings want."""
    keys = (Match.stage, Match.black_id.label("black"), Match.white_id.label("white"))
    # A lab that stores draws has a column for them.
    names = [name for name in ("black_wins", "white_wins", "draws") if name in Match.__table__.c]
    counts = [sum_of(Match.__table__.c[name]).label(name) for name in names]
    query = sa.select(*keys, *counts).group_by(*keys).order_by(*keys)
    columns, rows = store.frame_query(query)
    return pd.DataFrame(rows, columns=pd.Index(columns))


def agent_kinds(store: Store) -> pd.DataFrame:
    """Columns id, kind, spec, search_id, game and boardsize of a lab's agents."""
    told = (Agent.id, Agent.kind, Agent.spec, Agent.search_id, Agent.game, Agent.boardsize)
    columns, rows = store.frame_query(sa.select(*told).order_by(Agent.id))
    return pd.DataFrame(rows, columns=pd.Index(columns))
