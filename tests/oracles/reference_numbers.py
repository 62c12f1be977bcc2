"""Ratings, frontier, law and fixed-network rates of the stored reference run, worked out anew.

NumPy, SciPy and pandas on the stored rows alone; nothing of `analysis` is imported or copied.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import scipy.optimize
from scipy.special import expit

ELO = 400 / np.log(10)


def ratings(matches: pd.DataFrame, zero: int) -> pd.Series:
    """Bradley–Terry Elo by player, `zero` at 0, both colours together, half a virtual draw a
    player; found by Newton steps of bounded length.

    Args:
        matches: of one board: black_id, white_id, black_wins, white_wins.
        zero: player at 0.
    """
    a, b = matches["black_id"].to_numpy(), matches["white_id"].to_numpy()
    players, place = np.unique(np.concatenate([a, b]), return_inverse=True)
    first, second = place[: len(a)], place[len(a) :]
    low, high = np.minimum(first, second), np.maximum(first, second)
    wins_low = np.where(first < second, matches["black_wins"], matches["white_wins"]).astype(float)
    wins_high = np.where(first < second, matches["white_wins"], matches["black_wins"]).astype(float)
    pair, at = np.unique(low * len(players) + high, return_inverse=True)
    low, high = pair // len(players), pair % len(players)
    w, l = np.bincount(at, wins_low), np.bincount(at, wins_high)  # noqa: E741
    games = np.bincount(low, w + l, len(players)) + np.bincount(high, w + l, len(players))
    # Half a virtual game a player: a quarter spread as its real games are, and about a quarter from
    # its opponents' quarters; half of each won, half lost.
    virtual = 0.125 * (w + l) * (1 / games[low] + 1 / games[high])
    w, l = w + virtual, l + virtual  # noqa: E741

    theta = np.zeros(len(players))
    for _ in range(60):
        chance = expit(theta[low] - theta[high])
        slope, bend = (w + l) * chance - w, (w + l) * chance * (1 - chance)
        gradient = np.bincount(low, slope, len(theta)) - np.bincount(high, slope, len(theta))
        hessian = np.zeros((len(theta), len(theta)))
        for i, j, sign in ((low, low, 1), (high, high, 1), (low, high, -1), (high, low, -1)):
            np.add.at(hessian, (i, j), sign * bend)
        # Only differences are known: a ridge that fades beside them picks one of all solutions.
        step = np.linalg.solve(hessian + 1e-9 * np.eye(len(theta)), gradient)
        theta -= step * min(1.0, 2.0 / np.abs(step - step.mean()).max())
    elo = pd.Series(ELO * theta, index=players)
    return elo - elo[zero]


def frontier(points: pd.DataFrame, axis: str) -> tuple[np.ndarray, np.ndarray]:
    """log₁₀ compute and best Elo of one board on 101 points: run by run linear in log compute,
    level after a run's end, absent before its start."""
    x = np.log10(points[axis].to_numpy())
    grid = np.linspace(x.min(), x.max(), 101)
    best = np.full(101, -np.inf)
    for _, run in points.groupby("run_id"):
        run = run.sort_values(axis)
        at = np.log10(run[axis].to_numpy())
        curve = np.interp(grid, at, run["elo"].to_numpy(), left=-np.inf)
        best = np.maximum(best, np.where(grid < at[0] - 1e-12, -np.inf, curve))
    return grid, best


def law(boards: dict[int, tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """m_f, m_B, c_i, m_p, c_p of the change-point law without a bound on the plateau, by
    SciPy’s least squares from many places."""
    x = np.concatenate([grid for grid, _ in boards.values()])
    elo = np.concatenate([best for _, best in boards.values()])
    B = np.concatenate([np.full(len(grid), size) for size, (grid, _) in boards.items()])

    def error(p):
        return np.minimum(np.maximum(p[0] * x + p[1] * B + p[2], p[3] * B + p[4]), 0) - elo

    fits = []
    for slope in (300.0, 450.0, 600.0):
        for decades in (0.6, 1.5, 2.0):
            for at in np.quantile(x, [0.4, 0.6, 0.8]):
                start = [slope, -slope * decades, slope * (decades * B.mean() - at), -500.0, 1000.0]
                fits.append(scipy.optimize.least_squares(error, start, x_scale="jac"))
    return min(fits, key=lambda fit: fit.cost).x


def fixed_network_slopes(agents: pd.DataFrame, low: float, high: float) -> tuple[float, float]:
    """Elo a decade of samples at equal nodes and network, and of nodes at equal snapshot, pooled
    over the steps whose middle lies in a band of Elo. Plain loops."""
    totals = {"samples": [0.0, 0.0], "nodes": [0.0, 0.0]}
    for along, same in (("samples", ["run_id", "nodes"]), ("nodes", ["snapshot_id"])):
        for _, line in agents.groupby(same):
            rows = line.sort_values(along)[[along, "elo"]].to_numpy(float)
            for (x0, y0), (x1, y1) in itertools.pairwise(rows):
                if x1 > x0 and low <= (y0 + y1) / 2 < high:
                    totals[along][0] += y1 - y0
                    totals[along][1] += np.log10(x1 / x0)
    (rise, run), (climb, nodes) = totals["samples"], totals["nodes"]
    return rise / run, climb / nodes
