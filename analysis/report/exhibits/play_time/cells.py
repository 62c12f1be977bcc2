"""Cells that the exhibits of play time share."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from analysis.figures.wording import interval, number
from analysis.report.exhibits.base import Cell, cell


def factor(value: float) -> str:
    """A multiplier; infinite where nothing that was measured is as good."""
    return number(value, 2) if np.isfinite(value) else "beyond all measured"


def multiplier(row: Mapping[Hashable, Any]) -> Cell:
    """How many times the evaluations, with the interval or its lower end."""
    low, high = row["multiplier_low"], row["multiplier_high"]
    if np.isfinite(high):
        return cell(row["multiplier"], (low, high), 2)
    return Cell(factor(row["multiplier"]), f"from {number(low, 2)}" if np.isfinite(low) else "")


def points(row: Mapping[Hashable, Any], name: str = "beyond", digits: int = 1) -> Cell:
    """A difference of rates in percentage points, with its interval."""
    low, high = 100 * row[f"{name}_low"], 100 * row[f"{name}_high"]
    return Cell(number(100 * row[name], digits), interval(low, high, digits))
