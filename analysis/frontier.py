"""The best Elo that each amount of training compute has bought: the frontier of each board size.

Jones 2021 (arXiv 2104.03113), figure 5. The compute axis is the caller's: `train_flops` counts all
that training costs, `jones_flops` what Jones counted.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from games.errors import InputError

GRID_POINTS = 101  # of each board's log-compute axis, as Jones


def frontiers(points: pd.DataFrame, axis: str = "train_flops") -> pd.DataFrame:
    """The best Elo that each amount of compute has bought, for each board size.

    On a grid of `GRID_POINTS` log-spaced amounts of compute between a board's least and most, each
    run is interpolated linearly in log compute and keeps its last rating after its end; the
    frontier is the maximum over runs.

    Args:
        points: one row a snapshot with columns run_id, boardsize, `axis` and elo.
        axis: the column that holds the compute.

    Returns:
        Columns boardsize, flops, elo; a grid point before any run's first snapshot is left out.

    Raises:
        InputError: if a column is missing, a number is not finite, or compute is not positive.
    """
    boards = curves_of(points, axis)
    return pd.concat([frontier_of(board) for board in boards], ignore_index=True)


def best_runs(points: pd.DataFrame, axis: str = "train_flops") -> pd.DataFrame:
    """Which run the frontier of each board follows; as `frontiers`, with the column run_id."""
    rows = []
    for board in curves_of(points, axis):
        frontier = frontier_of(board)
        seen = np.isfinite(board.elo.max(axis=0))
        best = np.array(board.runs, object)[board.elo.argmax(axis=0)[seen]]
        rows.append(frontier.assign(run_id=best))
    return pd.concat(rows, ignore_index=True)


class Curves(NamedTuple):
    """The runs of one board on a common grid."""

    boardsize: int
    runs: list[str]
    flops: np.ndarray  # [G]
    elo: np.ndarray  # [runs, G]; −inf before a run's first snapshot


def curves_of(points: pd.DataFrame, axis: str) -> list[Curves]:
    """The runs of each board; `points` and errors as in `frontiers`."""
    needed = ["run_id", "boardsize", axis, "elo"]
    missing = set(needed) - set(points.columns)
    if missing:
        raise InputError(f"rated snapshots lack the columns {', '.join(sorted(missing))}")
    if points.empty:
        raise InputError("there are no rated snapshots; run the arena first")
    numbers = points[["boardsize", axis, "elo"]].to_numpy(float)
    bad = ~np.isfinite(numbers).all(axis=1) | (numbers[:, 1] <= 0)
    if bad.any():
        row = points[needed].iloc[int(np.argmax(bad))].to_dict()
        raise InputError(
            f"a snapshot has no rating or no positive compute: {row}; leave it out of the fit"
        )
    if (points.groupby("run_id")["boardsize"].nunique() > 1).any():
        raise InputError("a run has snapshots on two board sizes; give each run a name of its own")
    if (twice := points.duplicated(["run_id", axis])).any():
        row = points[needed].iloc[int(np.argmax(twice))].to_dict()
        raise InputError(
            f"a run is rated twice at the same compute: {row}; keep one search size for all"
        )

    curves = []
    for boardsize in np.unique(points["boardsize"]).tolist():
        board = points[points["boardsize"] == boardsize]
        log_flops = np.log10(board[axis].to_numpy(float))
        grid = np.linspace(log_flops.min(), log_flops.max(), GRID_POINTS)
        runs, elo = [], []
        for name, run in board.sort_values(axis).groupby("run_id"):
            # To a millionth of an Elo point: where few points leave a fit undetermined, it would
            # turn on the last digits, which are not the same twice.
            x, y = np.log10(run[axis].to_numpy(float)), run["elo"].to_numpy(float).round(6)
            runs.append(name)
            elo.append(np.interp(grid, x, y, left=-np.inf))
        curves.append(Curves(boardsize, runs, 10**grid, np.array(elo)))
    return curves


def frontier_of(board: Curves, runs: np.ndarray | slice = slice(None)) -> pd.DataFrame:
    """The best of some runs of a board: columns boardsize, flops, elo."""
    elo = board.elo[runs].max(axis=0)
    seen = np.isfinite(elo)
    return pd.DataFrame(
        {"boardsize": board.boardsize, "flops": board.flops[seen], "elo": elo[seen]}
    )
