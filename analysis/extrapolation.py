"""Can small boards foretell large ones? Laws fitted to boards up to b, judged on the next ones.

Jones 2021, figure 7: the residual variance mean(error²)/mean(Elo²) of the frontier's law on a board
that the fit has not seen.
"""

from __future__ import annotations

import pandas as pd

from analysis.frontier import frontiers
from analysis.law import least_squares_law, quality


def extrapolation(points: pd.DataFrame, axis: str = "train_flops") -> pd.DataFrame:
    """Fit the law to all boards up to each size, two at least, and judge it on each board.

    Args:
        points: as in `analysis.frontier.frontiers`.
        axis: the column that holds the compute.

    Returns:
        Columns largest_fitted, boardsize (the board judged, not smaller), residual_variance, rmse
        in Elo; empty with fewer than two board sizes.

    Raises:
        InputError: as `frontiers`.
    """
    curves = frontiers(points, axis)
    sizes = sorted(curves["boardsize"].unique().tolist())
    rows = []
    for largest in sizes[1:]:
        law = least_squares_law(curves[curves["boardsize"] <= largest])
        for size in sizes[sizes.index(largest) :]:
            judged = quality(law, curves[curves["boardsize"] == size])
            rows.append((largest, size, judged.residual_variance, judged.rmse))
    return pd.DataFrame(rows, columns=["largest_fitted", "boardsize", "residual_variance", "rmse"])
