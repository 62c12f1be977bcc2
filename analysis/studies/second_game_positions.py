"""How often positions are met, and who blunders in the common and in the rare ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.stats

from analysis.statistics.bootstrap import wilson
from analysis.studies.second_game import by_board
from analysis.studies.second_game_laws import slope_of

CLASSES = (2, 4, 11, 101)
"""Where classes of positions begin by how often they are met, after the first, met once."""
SMALL, LARGE = "small", "large"
"""The halves of a board's networks by parameters; a middle one belongs to neither."""
FEWEST_MOVES = 10
"""Of a run in a class of positions, for its rate to count."""
FEWEST_RUNS = 3
"""Of either half, for a test."""


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
        exponent = -slope_of(x, y) if len(x) > 1 else float("nan")
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
    lines = []
    for game, size, board in by_board(_classed(moves)):
        halves = (board[board["half"] == half] for half in (SMALL, LARGE))
        for kind, of_kind in zip(("all", SMALL, LARGE), (board, *halves), strict=True):
            for class_, own in of_kind.groupby("class"):
                met = float(np.exp(np.log(own["count"]).mean()))
                blunders = int(own["blunder"].sum())
                low, high = wilson(blunders, len(own))
                rate = blunders / len(own)
                lines.append((game, size, class_, met, kind, len(own), blunders, rate, low, high))
    columns = ["game", "boardsize", "class", "met", "networks", "moves", "blunders", "rate"]
    return pd.DataFrame(lines, columns=pd.Index([*columns, "low", "high"]))


def _classed(moves: pd.DataFrame) -> pd.DataFrame:
    """The moves in which something could be thrown away, with the columns count (how often their
    position is met), class (place in `CLASSES`) and half (of the networks of a board)."""
    keys = ["game", "boardsize", "position"]
    live = moves.assign(count=moves.groupby(keys)["position"].transform("size"))
    live = live[live["live"]]
    parts = []
    for _, _, board in by_board(live):
        sizes = np.sort(board["parameters"].unique())
        small = board["parameters"].isin(sizes[: len(sizes) // 2])
        large = board["parameters"].isin(sizes[(len(sizes) + 1) // 2 :])
        half = np.select([small, large], [SMALL, LARGE], "")
        parts.append(board.assign(half=half))
    found = pd.concat(parts) if parts else live.assign(half="")
    return found.assign(**{"class": np.digitize(found["count"], CLASSES)})


def inverse_scaling(moves: pd.DataFrame) -> pd.DataFrame:
    """Whether large networks blunder more than small ones, class by class of positions.

    What is compared are runs, each with its rate of blunders in the class: moves of one run, and
    those in one position, are alike and no evidence of their own. Welch's test asks whether the
    large half has the higher mean; Holm's step-down (Scandinavian Journal of Statistics 6, 1979)
    holds the chance of one false alarm in all classes together.

    Args:
        moves: as in `blunders_by_frequency`, and run_id.

    Returns:
        A row a board and class that can be tested: game, boardsize, class, small and large (mean
        rates of runs), runs (of both), p (one-sided), holm (p corrected for all rows).
    """
    lines = []
    classed = _classed(moves)
    for (game, size, class_), own in classed.groupby(["game", "boardsize", "class"]):
        runs = own.groupby(["half", "run_id"])["blunder"].agg(["mean", "size"])
        rates = runs.loc[runs["size"] >= FEWEST_MOVES, "mean"]
        small, large = (rates[rates.index.get_level_values(0) == half] for half in (SMALL, LARGE))
        if min(len(small), len(large)) < FEWEST_RUNS or not np.ptp(rates.to_numpy()):
            continue
        found = scipy.stats.ttest_ind(large, small, equal_var=False, alternative="greater")
        count = len(small) + len(large)
        lines.append((game, size, class_, small.mean(), large.mean(), count, found[1]))
    columns = ["game", "boardsize", "class", "small", "large", "runs", "p"]
    tests = pd.DataFrame(lines, columns=pd.Index(columns))
    return tests.assign(holm=holm(tests["p"].to_numpy(float)))


def holm(p: np.ndarray) -> np.ndarray:
    """Values p [M] of M tests, corrected so that the chance of one false alarm in all is held."""
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected
