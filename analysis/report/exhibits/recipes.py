"""How far the two recipes lie apart, and what that means for the law."""

from __future__ import annotations

import numpy as np

from analysis.figures.cost import compute_multiplier
from analysis.figures.wording import interval, number
from analysis.laws.fits import CHEAP, DEAR, JONES_AXIS, Fits
from analysis.laws.multiplier import Multiplier
from analysis.report.exhibits.base import Cell, Exhibit, Material, Table, board, cell, estimate

_SLOPES = (("elo_per_tenfold", "Elo per tenfold compute", 0),
           ("factor_per_size", "compute factor per board size", 2))  # fmt: skip


def recipe_distance(material: Material) -> Exhibit:
    """How many times less compute `efficient` needs at equal Elo."""
    title = "Two recipes, one law?"
    multiplier = material.fits.multiplier
    if multiplier is None:
        return Exhibit(
            "recipe_distance",
            "Two recipes",
            title,
            f"It needs frontiers of both recipes, {CHEAP} and {DEAR}, on one board, that climb "
            "through the same Elo; a plan with boards of both trains them.",
        )
    factor, limits = 10**multiplier.decades, _power(multiplier.interval())
    each = [
        Cell(number(10**decades, 1), interval(*_power(multiplier.board_interval(size)), 1))
        for size, decades in multiplier.boards.items()
    ]
    head = ["", *map(board, multiplier.boards), "all boards"]
    rows = [["times less compute", *each, Cell(number(factor, 1), interval(*limits, 1))]]
    return Exhibit(
        "recipe_distance",
        "Two recipes",
        title,
        f"At equal Elo, “{CHEAP}” needs {estimate(factor, limits, 1)} times less compute (all "
        f"FLOPs counted) than “{DEAR}”, the mean over boards and levels of Elo. "
        f"{_meaning(multiplier)}",
        compute_multiplier(multiplier, CHEAP, DEAR),
        [
            Table(f"Compute of {DEAR} over compute of {CHEAP} at equal Elo, 95 % intervals", head,
                  rows),
            *_slopes(material.fits),
        ],
    )  # fmt: skip


def _power(decades: tuple[float, float]) -> tuple[float, float]:
    return 10 ** decades[0], 10 ** decades[1]


def _meaning(multiplier: Multiplier) -> str:
    """Does the distance depend on the board?"""
    drift, low, high = multiplier.drift
    small, large = min(multiplier.boards), max(multiplier.boards)
    if small == large:
        return "On one board it cannot be told whether the distance depends on the board."
    span = f"From {board(small)} to {board(large)} the factor changes"
    changed = f"{span} {number(10**drift, 2)}-fold ({interval(10**low, 10**high, 2)})"
    if low <= 0 <= high:
        return (
            f"{changed}: no change that these runs can show. A distance that is the same "
            "everywhere moves the law’s constant alone: the slopes, Elo per tenfold compute and "
            "compute per board size, belong to the game and to self-play, the constant to the "
            "recipe."
        )
    return (
        f"{changed}: the distance depends on the board, so the compute factor per board size is "
        "not the game’s alone but the recipe’s too."
    )


def _slopes(fits: Fits) -> list[Table]:
    """Both recipes' slopes and their difference."""
    by_name = {f.recipe: f for f in fits.recipes}
    key = ("league", JONES_AXIS)
    if key not in by_name[CHEAP].laws or key not in by_name[DEAR].laws:
        return []
    cheap, dear = by_name[CHEAP].laws[key], by_name[DEAR].laws[key]
    rows = []
    for name, words, digits in _SLOPES:
        draws = [
            getattr(a, name) - getattr(b, name)
            for a, b in zip(cheap.draws, dear.draws, strict=True)
        ]
        known = np.array(draws)[np.isfinite(draws)]
        limits = tuple(np.quantile(known, [0.025, 0.975])) if len(known) else (np.nan, np.nan)
        difference = getattr(cheap.law, name) - getattr(dear.law, name)
        rows.append(
            [
                words,
                *(cell(getattr(f.law, name), f.interval(name), digits) for f in (cheap, dear)),
                cell(difference, limits, digits),
            ]
        )
    return [Table("Slopes of both laws, Jones’s FLOPs", ["", CHEAP, DEAR, "difference"], rows)]
