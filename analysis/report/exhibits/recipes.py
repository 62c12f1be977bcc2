"""How far recipes lie apart, where that can be told."""

from __future__ import annotations

import math

import numpy as np

from analysis.figures.cost import compute_multipliers
from analysis.figures.wording import interval, listed, number
from analysis.laws.fits import JONES_AXIS, Fits
from analysis.laws.law import LawFit
from analysis.laws.multiplier import LEAST_BAND, Multiplier
from analysis.report.exhibits.base import (
    Cell,
    Exhibit,
    Material,
    Table,
    board,
    called,
    cell,
    estimate,
    law_cell,
)
from analysis.statistics.bootstrap import percentile_interval

_SLOPES = (("elo_per_tenfold", "Elo per tenfold compute", 0),
           ("factor_per_size", "compute factor per board size", 2))  # fmt: skip


def recipe_distance(material: Material) -> Exhibit:
    """How many times the compute of the main recipe the others need at equal Elo."""
    title, fits = "Two recipes, one law?", material.fits
    if not fits.multipliers:
        return Exhibit(
            "recipe_distance",
            "Two recipes",
            title,
            "It needs frontiers of two recipes, or of two kinds of network, on one board; a plan "
            "with boards of both trains them.",
        )
    main = fits.main.recipe
    said = [
        f"Compute of {called(other)} over compute of {called(main)}: {_said(multiplier)}. "
        f"{_refused(multiplier)}{_one_law(_slopes(fits, other))}"
        for other, multiplier in fits.multipliers.items()
    ]
    drawn = {other: found for other, found in fits.multipliers.items() if found.boards}
    return Exhibit(
        "recipe_distance",
        "Two recipes",
        title,
        "Compute at equal Elo, all FLOPs counted, on boards where both frontiers climb through "
        f"{number(LEAST_BAND)} Elo together or more. {' '.join(said)} There is no mean over "
        "boards, and the factor holds for these bands of Elo alone: inside a band it changes with "
        "the level.",
        compute_multipliers(drawn, main) if drawn else None,
        [table for other in fits.multipliers for table in _tables(fits, other)],
    )


def _tables(fits: Fits, other: str) -> list[Table]:
    """The factor of one recipe by board, and both slopes where both have a law."""
    head = ["board", "Elo that both climb through", "times the compute", "least and most by level"]
    slopes = _slopes(fits, other)
    title = (
        f"How many times the compute of {fits.main.recipe} {other} needs at equal Elo, 95 % "
        "intervals"
    )
    return [
        Table(title, head, _rows(fits.multipliers[other])),
        *([_slopes_table(fits, other, slopes)] if slopes else []),
    ]


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


def _slopes(fits: Fits, other: str) -> dict[str, tuple[float, tuple[float, float]]]:
    """By quantity of the law: the main recipe's less the other's, and its interval; none without
    both laws."""
    laws = _laws(fits, other)
    found = {}
    for name, _, _ in _SLOPES if len(laws) == 2 else ():
        ours, theirs = laws
        draws = [
            getattr(a, name) - getattr(b, name)
            for a, b in zip(ours.draws, theirs.draws, strict=True)
        ]
        difference = ours.known(name) - theirs.known(name)
        limits = percentile_interval(np.array(draws), 0.95)
        found[name] = difference, limits
    return found


def _laws(fits: Fits, other: str) -> list[LawFit]:
    """Of the main recipe and another, those that were fitted."""
    by_name = {own.recipe: own.laws for own in fits.recipes}
    key = ("league", JONES_AXIS)
    return [by_name[name][key] for name in (fits.main.recipe, other) if key in by_name[name]]


def _one_law(slopes: dict[str, tuple[float, tuple[float, float]]]) -> str:
    """Whether both recipes climb alike."""
    difference, limits = slopes.get("elo_per_tenfold", (math.nan, (math.nan, math.nan)))
    if math.isnan(difference) or math.isnan(limits[0]):
        return ""
    apart = f"{estimate(difference, limits)} Elo for ten times the compute"
    if limits[0] <= 0 <= limits[1]:
        return f" Their slopes are not told apart: they differ by {apart}."
    return f" They do not share one law either: their slopes differ by {apart}."


def _slopes_table(
    fits: Fits, other: str, slopes: dict[str, tuple[float, tuple[float, float]]]
) -> Table:
    """Both recipes' slopes and their difference."""
    laws = _laws(fits, other)
    rows = [
        [words, *(law_cell(fit, name, digits) for fit in laws), cell(*slopes[name], digits)]
        for name, words, digits in _SLOPES
    ]
    head = ["", fits.main.recipe, other, "difference"]
    return Table("Slopes of both laws, Jones’s FLOPs", head, rows)
