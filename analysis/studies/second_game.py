"""The laws of several games side by side: exponents of strength and size, board by board."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.laws.frontier import sample_frontiers
from analysis.laws.law import fit_law, slope_of_board
from analysis.laws.model_size import fit_optimal_size
from analysis.ratings.scales import rate_rows
from analysis.statistics.bootstrap import percentile_interval, wilson
from analysis.studies.curves import judged_snapshots
from analysis.tables.rows import LabRows
from games.errors import InputError

DECADE = 400.0
"""Elo of a tenfold Bradley-Terry strength: exponents are of strength, as Neumann and Gros have it,
slopes of Elo are 400 times as large."""
LEVEL = 0.95
FEWEST_SIZES = 3
"""Networks up to the best one, of which an exponent is told."""
LAWS = ("strength_by_size", "strength_by_compute", "size_by_compute")
CLASSES = (2, 4, 11, 101)
"""Where classes of positions begin by how often they are met, after the first, met once."""
GAME_LAWS = ("elo_per_tenfold", "factor_per_size")


def game_points(rows: LabRows) -> pd.DataFrame:
    """A row a snapshot that was judged and has played in its board's league: game, boardsize, seed,
    run_id, index, network, parameters, samples, train_flops, raw and searched (shares of won and
    drawn positions thrown away), elo (its board's best 0)."""
    parts = []
    for game in sorted(rows.runs["game"].unique()):
        own = rows.of_game(game)
        snapshots = judged_snapshots(own)
        rated = rate_rows(own).merge(own.agents, left_on="player", right_on="id")
        elo = rated[rated["snapshot_id"].notna()].set_index("snapshot_id")["elo"]
        snapshots["elo"] = snapshots["id"].map(elo)
        parts.append(snapshots[snapshots["elo"].notna()])
    points = pd.concat(parts, ignore_index=True)
    points["elo"] -= points.groupby(["game", "boardsize"])["elo"].transform("max")
    keys = ["game", "boardsize", "parameters", "seed", "run_id", "index"]
    columns = ["network", "samples", "train_flops", "raw", "searched", "elo"]
    return points[[*keys, *columns]].sort_values(keys, ignore_index=True)


def by_board(frame: pd.DataFrame) -> list[tuple[str, int, pd.DataFrame]]:
    """The rows of each board: game, board side and rows, in order."""
    boards = sorted(set(zip(frame["game"], frame["boardsize"], strict=True)))
    return [
        (str(game), int(size), frame[(frame["game"] == game) & (frame["boardsize"] == size)])
        for game, size in boards
    ]


def board_laws(points: pd.DataFrame, resamples: int = 200) -> pd.DataFrame:
    """The exponents of each board, with bootstrap intervals over runs.

    Args:
        points: from `game_points`.
        resamples: of each interval.

    Returns:
        A row a board: game, boardsize, runs, and of each of `LAWS` its value, `_low` and `_high`:
        strength ∝ parameters^x at the end of training, over the networks up to the best one;
        strength ∝ compute^x along the frontier; best size ∝ compute^x on the climb. NaN where
        there is too little to say.
    """
    lines = []
    for game, size, board in by_board(points):
        trained = board[board["train_flops"] > 0]
        line: dict[str, Any] = {
            "game": game,
            "boardsize": size,
            "runs": board["run_id"].nunique(),
        }
        found = (
            _by_size(trained, resamples),
            _by_compute(trained, resamples),
            _best_size(trained, resamples),
        )
        for name, (value, low, high) in zip(LAWS, found, strict=True):
            line |= {name: value, f"{name}_low": low, f"{name}_high": high}
        lines.append(line)
    return pd.DataFrame(lines)


def game_laws(points: pd.DataFrame, resamples: int = 200) -> pd.DataFrame:
    """Jones's law of each game that has two boards and more of neighbouring sides.

    Returns:
        A row a game: game, boards, and of each of `GAME_LAWS` its value, `_low` and `_high`.
    """
    lines = []
    for game, own in points[points["train_flops"] > 0].groupby("game"):
        sizes = sorted(own["boardsize"].unique().tolist())
        if len(sizes) < 2 or sizes[-1] >= 20:  # two digits are rows and columns, no sides
            continue
        fit = fit_law(own, resamples=resamples)
        line: dict[str, Any] = {"game": game, "boards": len(sizes)}
        for name in GAME_LAWS:
            low, high = fit.interval(name)
            line |= {name: fit.known(name), f"{name}_low": low, f"{name}_high": high}
        lines.append(line)
    parts = [name + end for name in GAME_LAWS for end in ("", "_low", "_high")]
    return pd.DataFrame(lines, columns=pd.Index(["game", "boards", *parts]))


def _by_size(trained: pd.DataFrame, resamples: int) -> tuple[float, float, float]:
    last = trained[trained["index"] == trained.groupby("run_id")["index"].transform("max")]
    mean = last.groupby("parameters")["elo"].mean()
    last = last[last["parameters"] <= mean.idxmax()]
    if last["parameters"].nunique() < FEWEST_SIZES:
        return float("nan"), float("nan"), float("nan")
    x, y = np.log10(last["parameters"].to_numpy(float)), last["elo"].to_numpy() / DECADE
    rng = np.random.default_rng(0)
    draws = rng.integers(len(x), size=(resamples, len(x)))
    return _slope(x, y), *percentile_interval(np.array([_slope(x[d], y[d]) for d in draws]), LEVEL)


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    off = x - x.mean()
    return float(off @ y / (off @ off)) if np.ptp(x) else float("nan")


def _by_compute(trained: pd.DataFrame, resamples: int) -> tuple[float, float, float]:
    sample = sample_frontiers(trained, resamples=resamples)
    elo = sample.whole["elo"].to_numpy()
    slope, low, high, _ = slope_of_board(sample.flops, elo, sample.elo, LEVEL)
    return slope / DECADE, low / DECADE, high / DECADE


def _best_size(trained: pd.DataFrame, resamples: int) -> tuple[float, float, float]:
    try:
        fit = fit_optimal_size(trained, resamples=resamples)
    except InputError:
        return float("nan"), float("nan"), float("nan")
    return fit.climb_exponent, *fit.climb_interval(LEVEL)


def agrees(low: float, high: float, published: float) -> str:
    """Whether a published number lies in an interval that excludes zero, in a word."""
    if np.isnan(low) or np.isnan(high):
        return "–"
    if round(low, 2) <= 0:
        return "too wide"
    return "agrees" if low <= published <= high else ("higher" if low > published else "lower")


def zipf_exponents(counts: pd.DataFrame, fewest: int = 2) -> pd.DataFrame:
    """Zipf's law of positions met: frequency ∝ rank^−x.

    Args:
        counts: columns game, boardsize, count, a row a position.
        fewest: positions met less often are left out, where ranks are ties.

    Returns:
        A row a board: game, boardsize, positions, once (share met once alone), exponent (least
        squares in logarithms, one point a frequency at the middle of its ranks).
    """
    lines = []
    for game, size, board in by_board(counts):
        ranks = board["count"].rank(ascending=False)
        own = pd.DataFrame({"rank": ranks, "count": board["count"]})
        levels = own[own["count"] >= fewest].groupby("count")["rank"].mean()
        x, y = np.log10(levels.to_numpy()), np.log10(levels.index.to_numpy(float))
        once = float((board["count"] == 1).mean())
        exponent = -_slope(x, y) if len(x) > 1 else float("nan")
        lines.append((game, size, len(board), once, exponent))
    columns = ["game", "boardsize", "positions", "once", "exponent"]
    return pd.DataFrame(lines, columns=pd.Index(columns))


def blunders_by_frequency(moves: pd.DataFrame) -> pd.DataFrame:
    """Blunders of small and of large networks in positions met once, some times, and often.

    Args:
        moves: columns game, boardsize, position, parameters, live, blunder, a row a move.

    Returns:
        A row a board, class and kind of network: game, boardsize, met (times, the middle of its
        class), networks (`all`, or `small` and `large`: the two halves by parameters), moves (in
        which something could be thrown away), blunders, rate, low, high (Wilson, 95 %).
    """
    counted = moves.assign(
        count=moves.groupby(["game", "boardsize", "position"])["position"].transform("size")
    )
    lines = []
    for game, size, board in by_board(counted[counted["live"]]):
        sizes = np.sort(board["parameters"].unique())
        small = board["parameters"].isin(sizes[: len(sizes) // 2])
        large = board["parameters"].isin(sizes[(len(sizes) + 1) // 2 :])
        for kind, of_kind in (("all", board), ("small", board[small]), ("large", board[large])):
            for class_, own in of_kind.groupby(np.digitize(of_kind["count"], CLASSES)):
                met = float(np.exp(np.log(own["count"]).mean()))
                blunders = int(own["blunder"].sum())
                low, high = wilson(blunders, len(own))
                rate = blunders / len(own)
                lines.append((game, size, class_, met, kind, len(own), blunders, rate, low, high))
    columns = ["game", "boardsize", "class", "met", "networks", "moves", "blunders", "rate"]
    return pd.DataFrame(lines, columns=pd.Index([*columns, "low", "high"]))


def inverse_scaling(rates: pd.DataFrame) -> pd.DataFrame:
    """Classes of positions in which large networks blunder more than small ones for certain.

    Args:
        rates: from `blunders_by_frequency`.

    Returns:
        The rows of the large networks whose interval lies above that of the small ones.
    """
    keys = ["game", "boardsize", "class"]
    large, small = (rates[rates["networks"] == kind] for kind in ("large", "small"))
    both = large.merge(small[[*keys, "high"]], on=keys, suffixes=("", "_small"))
    return both[both["low"] > both["high_small"]].drop(columns="high_small")
