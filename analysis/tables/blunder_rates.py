"""How often agents throw won positions away, counted against perfect play, with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.stats

from analysis.statistics.bootstrap import wilson
from analysis.tables.rows import LabRows

FIXED, GAMES = "fixed", "games"
"""Where judged positions come from; column `source` of the table `blunder_rate`."""

_RESAMPLES = 999


def count_blunders(
    winning: np.ndarray,
    moves: np.ndarray,
    values: np.ndarray,
    games: np.ndarray | None = None,
    *,
    drawn: np.ndarray | None = None,
) -> dict[str, Any]:
    """What an agent did in N positions, in the columns of the table `blunder_rate`.

    Args:
        winning: bool [N, A], all winning moves of the side to move; none in a lost position. In a
            drawn one, the moves that hold the draw: it can be thrown away as a win can.
        moves: [N] the agent's moves.
        values: [N] the agent's values, from the view of the side to move; 0 is of no sign.
        games: [N] which game each position is from; none if they are no one's games. Positions of
            one game are alike, so games are what is resampled.
        drawn: bool [N], which positions are draws, where a game has such: no sign of a value is
            wrong there, so values are not counted.
    """
    won = winning.any(1)
    blunder = won & ~winning[np.arange(len(moves)), moves]
    valued = ~(np.zeros_like(won) if drawn is None else drawn)
    wrong = (np.sign(values) != np.where(won, 1, -1))[valued]
    counts: dict[str, Any] = {
        "won": int(won.sum()),
        "blunders": int(blunder.sum()),
        "valued": int(valued.sum()),
        "wrong_values": int(wrong.sum()),
    }
    if games is None:
        intervals = {
            "blunders": wilson(counts["blunders"], counts["won"]),
            "values": wilson(counts["wrong_values"], counts["valued"]),
        }
    else:
        with_win, with_blunder = np.unique(games[won]), np.unique(games[blunder])
        counts |= {"games": len(with_win), "games_blundered": len(with_blunder)}
        intervals = {
            "blunders": over_games(blunder[won], games[won]),
            "games": wilson(len(with_blunder), len(with_win)),
            "values": over_games(wrong, games[valued]),
        }
    for name, (low, high) in intervals.items():
        counts |= {f"{name}_low": low, f"{name}_high": high}
    return counts


def over_games(events: np.ndarray, games: np.ndarray) -> tuple[float | None, float | None]:
    """The 95 % interval of the share of `events` [N], by resampling whole games.

    Where all games say the same, as when nothing ever happened, resampling sees no spread; the
    interval is then Wilson's, with each game as one trial.

    Args:
        events: bool [N], whether it happened in a position.
        games: [N], which game the position is from.
    """
    _, game = np.unique(games, return_inverse=True)
    trials, happened = np.bincount(game), np.bincount(game, events)
    shares = happened / trials
    if len(trials) == 0 or np.all(shares == shares[0]):
        return wilson(round(shares.sum()), len(trials))

    def share(happened: np.ndarray, trials: np.ndarray, axis: int) -> np.ndarray:
        return happened.sum(axis) / trials.sum(axis)

    interval = scipy.stats.bootstrap(
        (happened, trials), share, paired=True, n_resamples=_RESAMPLES, method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    return float(interval.low), float(interval.high)


def blunder_points(rows: LabRows) -> pd.DataFrame:
    """One row a judged agent and source: rates with intervals, the agent's network and compute.

    Columns of the table `blunder_rate` and of `LabRows.agents`, and `rate`, `games_rate`,
    `values_rate`: shares, empty where there was nothing to count.
    """
    points = rows.blunder_rates.merge(
        rows.agents.rename(columns={"id": "agent_id"}), on="agent_id", how="left"
    )
    for name, events, trials in (
        ("rate", "blunders", "won"),
        ("games_rate", "games_blundered", "games"),
        ("values_rate", "wrong_values", "valued"),
    ):
        points[name] = points[events] / points[trials].replace(0, np.nan)
    return points


def last_snapshots(points: pd.DataFrame) -> pd.DataFrame:
    """The points of each run's last judged snapshot."""
    return points[points["index"] == points.groupby("run_id")["index"].transform("max")]


def strongest(points: pd.DataFrame, agents: pd.DataFrame) -> list[dict[str, Any]]:
    """The points of each board's strongest judged snapshot, one line a node count.

    Args:
        points: from `blunder_points`.
        agents: rated agents, the strongest of each board first; columns boardsize, snapshot_id
            and name.

    Returns:
        Dicts with boardsize, name, nodes, and under each source its point or none.
    """
    lines = []
    judged = agents[agents["snapshot_id"].isin(points["snapshot_id"])]
    for agent in judged.drop_duplicates("boardsize").to_dict("records"):
        own = points[points["snapshot_id"] == agent["snapshot_id"]]
        for nodes, of_search in own.groupby("nodes"):
            by_source = of_search.drop_duplicates("source").set_index("source").to_dict("index")
            line = {"boardsize": agent["boardsize"], "name": agent["name"], "nodes": nodes}
            lines.append(line | {source: by_source.get(source) for source in (FIXED, GAMES)})
    return lines
