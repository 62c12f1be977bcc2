"""What the law's numbers hang on: the specification curve, slopes apart, one change at a time."""

from __future__ import annotations

import pandas as pd

from analysis.figures.specification import specification_curve
from analysis.figures.wording import interval, number
from analysis.laws import published
from analysis.laws.fits import JONES_AXIS
from analysis.laws.frontier import sample_frontiers
from analysis.laws.law import LawFit
from analysis.laws.specification import CHOICES, PLAYS, slopes_apart, specifications
from analysis.ratings.rated import Rated
from analysis.report.exhibits.base import Cell, Exhibit, Material, Table, board, called, cell

_RESAMPLES = 100
_OURS = {
    "play": "quiet", "colour term": "no", "begins with": "first snapshot", "zero": "perfect play",
    "compute": "Jones’s FLOPs", "boards": "all", "frontier": "picked and reported apart",
    "plateau": "bounded",
}  # fmt: skip
_CHANGES = (
    ("this report’s law", {}),
    ("plateaus free, as in the paper", {"plateau": "free"}),
    ("zero is the best agent, frontier on the same games", {
        "zero": "best agent", "frontier": "on the same games"}),
    ("played Jones’s way", {"play": "Jones’s"}),
)  # fmt: skip


def specification(material: Material) -> Exhibit:
    """The factor a board and Elo a decade under every combination of choices."""
    title, main = "What the law’s numbers hang on", material.fits.main
    stages = {
        stage: rated.of(recipe=main.recipe)
        for stage, rated in material.study.rated.items()
        if stage in PLAYS
    }
    stages = {
        stage: rated for stage, rated in stages.items() if rated.points["boardsize"].nunique() > 1
    }
    if not main.laws or not stages:
        return Exhibit("specification", "Specifications", title, f"No law: {main.no_law}.")
    found = specifications(stages)
    league = stages["league"]
    sample = sample_frontiers(league.points, JONES_AXIS, league.halves, resamples=_RESAMPLES)
    factor, slope = found["factor_per_size"], found["elo_per_tenfold"]
    quiet = factor[found["play"] == "quiet"]
    return Exhibit(
        "specification",
        "Specifications",
        title,
        f"The law of {called(main.recipe)} under {len(found)} combinations of choices that can all "
        f"be defended. The factor a board runs from {number(factor.min(), 1)} to "
        f"{number(factor.max(), 1)} ({interval(quiet.min(), quiet.max(), 1)} with quiet play), Elo "
        f"for ten times the compute from {number(slope.min())} to {number(slope.max())}. The "
        "spread is the choices’ alone; each has sampling error beside it. With slopes apart, each "
        "board has one of its own, steeper on larger boards: one slope for all is a summary.",
        specification_curve(
            found, CHOICES, "factor_per_size", "compute factor\nper board size",
            published.LAW.factor_per_size,
        ),
        [
            _one_at_a_time(found, main.laws.get(("league", JONES_AXIS)), _nearest_refit(league)),
            _apart(slopes_apart(sample)),
        ],
    )  # fmt: skip


def _nearest_refit(league: Rated) -> int:
    """Largest board of the refit to his runs whose boards are most like ours."""
    largest = int(league.points["boardsize"].max())
    return min(published.REFITTED, key=lambda refitted: abs(refitted - largest))


def _one_at_a_time(found: pd.DataFrame, told: LawFit | None, largest: int) -> Table:
    """Begins with the law that the report tells, which was sought from more starts, and ends with
    his runs up to the `largest` board."""
    rows: list[list[Cell | str]] = []
    choices = dict(_OURS)
    for words, change in _CHANGES:
        choices |= change
        own = _under(found, choices)
        if own.empty and choices["zero"] == "perfect play":
            own = _under(found, choices | {"zero": "best agent"})
        if own.empty:
            continue
        row = own.iloc[0]
        factor, slope = row["factor_per_size"], row["elo_per_tenfold"]
        if not change and told is not None:
            factor, slope = told.known("factor_per_size"), told.known("elo_per_tenfold")
        rows.append([words, number(factor, 1), number(slope)])
    begun = _under(found, {**_OURS, "begins with": "untrained network"})
    for row in begun.to_dict("records"):
        words = "the first, but begun with untrained networks (left out again below)"
        aside: list[Cell | str] = [
            words,
            number(row["factor_per_size"], 1),
            number(row["elo_per_tenfold"]),
        ]
        rows.insert(1, aside)
    same = published.REFITTED[largest]
    rows.append(
        [
            f"his runs on {board(3)} to {board(largest)}, fitted alike",
            number(same.factor_per_size, 1),
            number(same.elo_per_tenfold),
        ]
    )
    rows.append(
        [
            f"his runs on {board(3)} to {board(9)}, Table III",
            number(published.LAW.factor_per_size, 1),
            number(published.LAW.elo_per_tenfold),
        ]
    )
    return Table(
        "From this report’s factor to the paper’s, one change at a time, each on top of those "
        "above. The order matters: another order gives other steps between the same ends. The last "
        "large step is the recipe, not the convention. Neither law is to be carried beyond its "
        "boards",
        ["change", "factor per board size", "Elo per tenfold"],
        rows,
    )


def _under(found: pd.DataFrame, choices: dict[str, str]) -> pd.DataFrame:
    """The specifications that make these choices: one, or none."""
    return found[(found[list(choices)] == pd.Series(choices)).all(axis=1)]


def _apart(slopes: pd.DataFrame) -> Table:
    rows: list[list[Cell | str]] = []
    for row in slopes.to_dict("records"):
        theirs = published.SLOPES_APART.get(row["boardsize"])
        limits = (row["low"], row["high"])
        rows.append(
            [board(row["boardsize"]), cell(row["slope"], limits), number(row["rmse"]),
             number(theirs) if theirs else "–"]
        )  # fmt: skip
    head = ["board", "Elo per tenfold, own slope", "error of the fit, Elo", "Jones 2021"]
    return Table("Slopes of each board apart, Jones’s FLOPs, 95 % intervals", head, rows)
