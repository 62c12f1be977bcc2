"""Rated snapshots with their ratings by halves of the games: what the laws are fitted to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.ratings.splits import Halves


class Rated(NamedTuple):
    """Rated snapshots of all boards, one row each, and their ratings by halves of the games."""

    points: pd.DataFrame
    halves: Halves  # columns in the order of `points`

    def of(self, **values: object) -> Rated:
        """Those rows whose columns have these values."""
        mask = np.ones(len(self.points), bool)
        for column, value in values.items():
            mask &= (self.points[column] == value).to_numpy()
        return Rated(self.points[mask].reset_index(drop=True), self.halves.of(mask))
