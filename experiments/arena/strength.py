"""Who is strong, by what a lab has stored: what later stages build on."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import sqlalchemy as sa

from analysis.ratings.scales import never_err, rate_joined
from games.protocol import Game
from training.store import Agent, Run, Snapshot, Store
from training.store.match_counts import agent_kinds, stage_matches


def ratings(store: Store, rules: Game, stages: Sequence[str]) -> dict[int, float]:
    """Elo of each agent of a board from the matches of some stages, as the report rates."""
    matches, agents = stage_matches(store), agent_kinds(store)
    here = agents[(agents["game"] == rules.name) & (agents["boardsize"] == rules.size)]
    here_played = matches["stage"].isin(stages) & matches["black"].isin(here["id"])
    rated, _ = rate_joined(matches[here_played], never_err(here))
    return {
        int(str(player)): float(elo) for player, elo in zip(rated.players, rated.elo, strict=True)
    }


def league_points(store: Store, rules: Game) -> pd.DataFrame:
    """The rated agents of a board's league, the strongest first: columns id, elo, run_id, index,
    seed, recipe, train_flops."""
    elo = ratings(store, rules, ["league"])
    query = (
        sa.select(
            Agent.id, Run.id.label("run_id"), Snapshot.index, Run.seed, Run.recipe,
            Snapshot.train_flops,
        )
        .join(Snapshot, Agent.snapshot_id == Snapshot.id)
        .join(Run, Snapshot.run_id == Run.id)
        .where(Agent.id.in_(elo))
        .order_by(Agent.id)
    )  # fmt: skip
    columns, rows = store.frame_query(query)
    points = pd.DataFrame(rows, columns=pd.Index(columns))
    points["elo"] = points["id"].map(elo)
    return points.sort_values("elo", ascending=False, kind="stable", ignore_index=True)


def on_frontier(points: pd.DataFrame) -> pd.DataFrame:
    """The agents that no cheaper one of the same recipe equals: each recipe's frontier."""
    by_cost = points.sort_values(["train_flops", "elo"], kind="stable")
    best_before = by_cost.groupby("recipe")["elo"].transform(lambda elo: elo.cummax().shift())
    return by_cost[~(by_cost["elo"] <= best_before)]


def best_of_each_recipe(points: pd.DataFrame) -> list[int]:
    """Numbers of the strongest agent of each recipe, the best of all first."""
    return points.drop_duplicates("recipe")["id"].tolist()


def last_of_best_runs(points: pd.DataFrame, runs: int) -> list[int]:
    """Numbers of the last agents of each recipe's strongest `runs` runs, told by the best agent of
    each. Luck in the league may have chosen the run, but not the agent."""
    strongest = points.drop_duplicates("run_id").groupby("recipe", sort=False).head(runs)["run_id"]
    last = points.sort_values("index", kind="stable").drop_duplicates("run_id", keep="last")
    return last.set_index("run_id")["id"].loc[strongest].tolist()
