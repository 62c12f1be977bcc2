"""The best Elo that each amount of training compute has bought: the frontier of each board size.

Jones 2021 (arXiv 2104.03113), figure 5. The compute axis is the caller's: `train_flops` counts all
that training costs, `jones_flops` what Jones counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.ratings.splits import Halves
from games.errors import InputError

GRID_POINTS = 101  # of each board's log-compute axis, as Jones


def frontiers(
    points: pd.DataFrame, axis: str = "train_flops", halves: Halves | None = None
) -> pd.DataFrame:
    """The best Elo that each amount of compute has bought, for each board size.

    On a grid of `GRID_POINTS` log-spaced amounts of compute between a board's least and most, each
    run is interpolated linearly in log compute and keeps its last rating after its end; the
    frontier is the maximum over runs.

    Args:
        points: one row a snapshot with columns run_id, boardsize, `axis` and elo.
        axis: the column that holds the compute.
        halves: ratings of the rows of `points` by halves of the games; without them the frontier
            is picked and reported on the same games, and stands too high.

    Returns:
        Columns boardsize, flops, elo, run_id (the run that is best by all games); a grid point
        before any run's first snapshot is left out.

    Raises:
        InputError: if a column is missing, a number is not finite, or compute is not positive.
    """
    return frontiers_of(curves_of(points, axis), ratings_of(points), halves)


class Curves(NamedTuple):
    """The runs of one board on a common grid of S snapshots' ratings, interpolated."""

    boardsize: int
    runs: list[str]
    flops: np.ndarray  # [G]
    before: np.ndarray  # [runs, G] row of `points` that holds the last snapshot before it
    after: np.ndarray  # [runs, G] row of the next one; the same one after a run's end
    share: np.ndarray  # [runs, G] of the way from one to the other
    seen: np.ndarray  # [runs, G] bool; not before a run's first snapshot

    def interpolate(self, elo: np.ndarray) -> np.ndarray:
        """Elo [points] of all rows → of the runs on the grid [runs, G]; −inf where not seen."""
        x = elo[self.before] * (1 - self.share) + elo[self.after] * self.share
        return np.where(self.seen, x, -np.inf)


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

    numbered = points.assign(row=np.arange(len(points)), log_flops=np.log10(points[axis]))
    return [
        _curves(int(boardsize), board)  # pyright: ignore[reportArgumentType] pandas' Hashable
        for boardsize, board in numbered.groupby("boardsize")
    ]


def _curves(boardsize: int, board: pd.DataFrame) -> Curves:
    grid = np.linspace(board["log_flops"].min(), board["log_flops"].max(), GRID_POINTS)
    # In NumPy: pandas takes longer to hand out a run than all the rest.
    names, of_run = np.unique(board["run_id"].to_numpy(object), return_inverse=True)
    logs, rows = board["log_flops"].to_numpy(float), board["row"].to_numpy()
    order = np.lexsort((logs, of_run))
    ends = np.cumsum(np.bincount(of_run))[:-1]
    parts = []
    for own in np.split(order, ends):
        x, row = logs[own], rows[own]
        place = np.searchsorted(x, grid, side="right") - 1
        before, after = np.maximum(place, 0), np.minimum(place + 1, len(x) - 1)
        gap = np.where(after > before, x[after] - x[before], 1.0)
        share = np.where(after > before, (grid - x[before]) / gap, 0.0)
        parts.append((row[before], row[after], share, place >= 0))
    return Curves(boardsize, names.tolist(), 10**grid, *map(np.array, zip(*parts, strict=True)))


def ratings_of(points: pd.DataFrame) -> np.ndarray:
    """Elo [points], to a millionth: where few points leave a fit undetermined, it would turn on the
    last digits, which are not the same twice."""
    return points["elo"].to_numpy(float).round(6)


def frontier_of(
    board: Curves,
    pick: np.ndarray,
    report: np.ndarray | None = None,
    runs: np.ndarray | slice = slice(None),
) -> pd.DataFrame:
    """The best of some runs of a board: columns boardsize, flops, elo, run_id.

    Args:
        board: the runs.
        pick: Elo [points] by which the best run at each compute is picked.
        report: Elo [points] that is reported of it; `pick` itself if left out.
        runs: which runs take part, by place; all of them if left out.
    """
    best, elo, seen = _best(board, pick, pick if report is None else report, runs)
    return pd.DataFrame(
        {
            "boardsize": board.boardsize,
            "flops": board.flops[seen],
            "elo": elo[seen],
            "run_id": np.array(board.runs, object)[runs][best[seen]],
        }
    )


def _best(
    board: Curves, pick: np.ndarray, report: np.ndarray, runs: np.ndarray | slice
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each grid point: the best run's place, its Elo, and whether any run is seen there."""
    candidates = board.interpolate(pick)[runs]
    best, grid = candidates.argmax(axis=0), np.arange(candidates.shape[1])
    told = candidates if report is pick else board.interpolate(report)[runs]
    return best, told[best, grid], np.isfinite(candidates[best, grid])


def mean_frontier(board: Curves, elo: np.ndarray, halves: Halves | None) -> pd.DataFrame:
    """The frontier of all runs: picked by one half of the games and reported by the other, the mean
    over all splits; by `elo` [points] alone where there are no halves."""
    frontier = frontier_of(board, elo)
    if halves is None:
        return frontier
    total = np.zeros(len(frontier))
    for pick, report in zip(*halves, strict=True):
        _, told, seen = _best(board, pick, report, slice(None))
        total += told[seen]
    return frontier.assign(elo=(total / len(halves.pick)).round(6))


def frontiers_of(curves: list[Curves], elo: np.ndarray, halves: Halves | None) -> pd.DataFrame:
    """The frontiers of all boards: `mean_frontier` of each, one below the other."""
    return pd.concat([mean_frontier(board, elo, halves) for board in curves], ignore_index=True)


class FrontierSample(NamedTuple):
    """The frontiers of all boards, and as other runs and other games might have drawn them.

    P grid points of all boards one after the other, R resamples. It is made once and handed from
    fit to fit, so that all fits tell of the same resamples.
    """

    axis: str
    whole: pd.DataFrame  # [P] boardsize, flops, elo, run_id: of all runs, the mean over splits
    elo: np.ndarray  # [R, P] NaN where no drawn run has a snapshot yet
    best: np.ndarray  # [R, P] run_id of the best drawn run
    runs: dict[int, int]  # of each board size

    @property
    def boardsize(self) -> np.ndarray:
        """Board side [P]."""
        return self.whole["boardsize"].to_numpy()

    @property
    def flops(self) -> np.ndarray:
        """Compute [P]."""
        return self.whole["flops"].to_numpy()

    def first(self, resamples: int) -> FrontierSample:
        """With so many of the resamples, for what takes long with each."""
        return self._replace(elo=self.elo[:resamples], best=self.best[:resamples])

    def frames(self) -> Iterator[pd.DataFrame]:
        """Each resample as `whole` is, without the points it has not."""
        for elo, best in zip(self.elo, self.best, strict=True):
            seen = ~np.isnan(elo)
            yield pd.DataFrame(
                {
                    "boardsize": self.boardsize[seen],
                    "flops": self.flops[seen],
                    "elo": elo[seen],
                    "run_id": best[seen],
                }
            )


def sample_frontiers(
    points: pd.DataFrame,
    axis: str = "train_flops",
    halves: Halves | None = None,
    *,
    resamples: int = 200,
    seed: int = 0,
) -> FrontierSample:
    """Frontiers of all runs, and of as many runs drawn anew within each board, each resample by
    another split of the games.

    Args:
        points: as in `frontiers`.
        axis: likewise.
        halves: likewise.
        resamples: R.
        seed: of the resamples.

    Raises:
        InputError: as `frontiers`.
    """
    curves, elo = curves_of(points, axis), ratings_of(points)
    whole = frontiers_of(curves, elo, halves)
    rng = np.random.default_rng(seed)
    drawn, names = np.empty((resamples, len(whole))), np.empty((resamples, len(whole)), object)
    for resample in range(resamples):
        pick, report = elo, elo
        if halves is not None:
            split = resample % len(halves.pick)
            pick, report = halves.pick[split], halves.report[split]
        parts = []
        for board in curves:
            runs = rng.integers(len(board.runs), size=len(board.runs))
            best, told, seen = _best(board, pick, report, runs)
            parts.append((np.where(seen, told, np.nan), np.array(board.runs, object)[runs][best]))
        drawn[resample], names[resample] = map(np.concatenate, zip(*parts, strict=True))
    counts = {board.boardsize: len(board.runs) for board in curves}
    return FrontierSample(axis, whole, drawn, names, counts)


def crossing(frontier: pd.DataFrame, level: float) -> float:
    """Compute at which a board's frontier first reaches `level` Elo; NaN if it never does.

    A frontier that starts above the level has no crossing either: it was not watched.
    """
    return crossing_of(frontier["flops"].to_numpy(), frontier["elo"].to_numpy(), level)


def crossing_of(flops: np.ndarray, elo: np.ndarray, level: float) -> float:
    """The same of the columns alone."""
    best = np.maximum.accumulate(elo)
    above = int(np.searchsorted(best, level))
    if above in (0, len(best)):
        return np.nan
    low, high = best[above - 1], best[above]
    start, end = np.log10(flops[above - 1]), np.log10(flops[above])
    return float(10 ** (start + (end - start) * (level - low) / (high - low)))


def crossings_of(flops: np.ndarray, drawn: np.ndarray, level: float) -> np.ndarray:
    """Crossings of resampled frontiers [R, P] of one board, NaN where one has no point."""
    seen = ~np.isnan(drawn)
    return np.array(
        [crossing_of(flops[s], elo[s], level) for elo, s in zip(drawn, seen, strict=True)]
    )
