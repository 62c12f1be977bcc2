"""How far the two recipes lie apart, where that can be told."""

from __future__ import annotations

import math

import numpy as np

from analysis.figures.cost import compute_multiplier
from analysis.figures.wording import interval, listed, number
from analysis.laws.fits import CHEAP, DEAR, JONES_AXIS, Fits
from analysis.laws.law import LawFit
from analysis.laws.multiplier import LEAST_BAND, Multiplier
from analysis.report.exhibits.base import (
    Cell,
    Exhibit,
    Material,
    Table,
    board,
    cell,
    estimate,
    law_cell,
)
from analysis.statistics.bootstrap import percentile_interval

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
            f"It needs frontiers of both recipes, {CHEAP} and {DEAR}, on one board; a plan with "
            "boards of both trains them.",
        )
    slopes = _slopes(material.fits)
    head = ["board", "Elo that both climb through", "times less compute", "least and most by level"]
    return Exhibit(
        "recipe_distance",
        "Two recipes",
        title,
        f"Compute of “{DEAR}” over compute of “{CHEAP}” at equal Elo, all FLOPs counted, on boards "
        f"where both frontiers climb through {number(LEAST_BAND)} Elo together or more: "
        f"{_said(multiplier)}. {_refused(multiplier)}There is no mean over boards, and the factor "
        "holds for these bands of Elo alone: inside a band it changes with the level."
        f"{_one_law(slopes)}",
        compute_multiplier(multiplier, CHEAP, DEAR) if multiplier.boards else None,
        [
            Table(
                f"How many times less compute {CHEAP} needs than {DEAR}, 95 % intervals",
                head,
                _rows(multiplier),
            ),
            *([_slopes_table(material.fits, slopes)] if slopes else []),
        ],
    )


def told_factor(multiplier: Multiplier, size: int) -> str:
    """One board's factor with its interval, for a sentence."""
    low, high = multiplier.board_interval(size)
    return f"{board(size)} {estimate(10 ** multiplier.boards[size], (10**low, 10**high))}"


def _said(multiplier: Multiplier) -> str:
    if not multiplier.boards:
        return "no board shows that much"
    return listed([told_factor(multiplier, size) for size in multiplier.boards])


def _refused(multiplier: Multiplier) -> str:
    """Boards that say nothing, and why."""
    if not multiplier.refused:
        return ""
    bands = [
        f"{board(size)} ({number(max(0.0, multiplier.bands[size][1] - multiplier.bands[size][0]))})"
        for size in multiplier.refused
    ]
    return f"Refused, with the Elo that they share: {listed(bands)}. "


def _rows(multiplier: Multiplier) -> list[list[Cell | str]]:
    rows: list[list[Cell | str]] = []
    for size, (low, high) in multiplier.bands.items():
        if size in multiplier.refused:
            rows.append([board(size), "too little", "refused", "–"])
            continue
        by_level = 10 ** multiplier.levels.loc[multiplier.levels["boardsize"] == size, "decades"]
        limits = multiplier.board_interval(size)
        rows.append(
            [
                board(size),
                Cell(number(high - low), interval(low, high)),
                cell(10 ** multiplier.boards[size], (10 ** limits[0], 10 ** limits[1])),
                interval(by_level.min(), by_level.max()),
            ]
        )
    return rows


def _slopes(fits: Fits) -> dict[str, tuple[float, tuple[float, float]]]:
    """By quantity of the law: `CHEAP`'s less `DEAR`'s, and its interval; none without both laws."""
    laws = _laws(fits)
    found = {}
    for name, _, _ in _SLOPES if len(laws) == 2 else ():
        cheap, dear = laws
        draws = [
            getattr(a, name) - getattr(b, name)
            for a, b in zip(cheap.draws, dear.draws, strict=True)
        ]
        difference = cheap.known(name) - dear.known(name)
        limits = percentile_interval(np.array(draws), 0.95)
        found[name] = difference, limits
    return found


def _laws(fits: Fits) -> list[LawFit]:
    """Of `CHEAP` and `DEAR`, those that were fitted."""
    by_name = {own.recipe: own.laws for own in fits.recipes}
    key = ("league", JONES_AXIS)
    return [by_name[name][key] for name in (CHEAP, DEAR) if key in by_name[name]]


def _one_law(slopes: dict[str, tuple[float, tuple[float, float]]]) -> str:
    """Whether both recipes climb alike."""
    difference, limits = slopes.get("elo_per_tenfold", (math.nan, (math.nan, math.nan)))
    if math.isnan(difference) or math.isnan(limits[0]):
        return ""
    apart = f"{estimate(difference, limits)} Elo for ten times the compute"
    if limits[0] <= 0 <= limits[1]:
        return f" Their slopes are not told apart: they differ by {apart}."
    return f" They do not share one law either: their slopes differ by {apart}."


def _slopes_table(fits: Fits, slopes: dict[str, tuple[float, tuple[float, float]]]) -> Table:
    """Both recipes' slopes and their difference."""
    rows = [
        [words, *(law_cell(fit, name, digits) for fit in _laws(fits)), cell(*slopes[name], digits)]
        for name, words, digits in _SLOPES
    ]
    return Table("Slopes of both laws, Jones’s FLOPs", ["", CHEAP, DEAR, "difference"], rows)
