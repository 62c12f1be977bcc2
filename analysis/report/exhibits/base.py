"""What an exhibit is: a figure or table of the paper, made from our rows, and what it says."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from analysis.figures.wording import compute, interval, number
from analysis.laws.fits import Fits
from analysis.laws.law import LawFit
from analysis.ratings.study import Study
from analysis.tables.rows import LabRows
from games.text.numbers import side_by_side


class Cell(NamedTuple):
    """A number ready to print, with its interval or a remark below it."""

    text: str
    below: str = ""


class Table(NamedTuple):
    """A table ready to print; the first column names the rows."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell | str]]

    def filled(self) -> Table:
        """Without the columns in which no row has anything to say."""
        kept = [
            place
            for place, cells in enumerate(zip(*self.rows, strict=True))
            if place == 0 or any(_says(cell) for cell in cells)
        ]
        rows = [[row[place] for place in kept] for row in self.rows]
        return Table(self.caption, [self.head[place] for place in kept], rows)


def _says(cell: Cell | str) -> bool:
    text = cell if isinstance(cell, str) else cell.text
    return text not in ("", "–")


@dataclasses.dataclass(frozen=True)
class Exhibit:
    """One figure or table with the sentences that belong to it."""

    key: str  # name of the figure's file and of its place on the page
    label: str  # as in the paper, e.g. "Figure 5"
    title: str
    says: str  # what it shows and whether that agrees with the paper; why it is missing, if it is
    figure: Figure | None = None
    tables: Sequence[Table] = ()


@dataclasses.dataclass(frozen=True)
class Material:
    """All that exhibits are made of."""

    rows: LabRows
    study: Study
    fits: Fits


Maker = Callable[[Material], Exhibit]
"""Makes one exhibit."""

NEEDS = {
    "league_jones": "the league played Jones’s way (root noise on, moves drawn)",
    "nodes": "the same networks at several numbers of nodes",
    "direct": "matches of every snapshot against the best agent",
    "perfect": "matches of the best agents against perfect play",
}


def missing(key: str, label: str, title: str, stage: str) -> Exhibit:
    """An exhibit whose games have not been played."""
    return Exhibit(
        key,
        label,
        title,
        f"Not here yet: it needs {NEEDS[stage]}, the stage “{stage}” of the matches. "
        "The experiment, run on this lab again, plays what is missing and writes the report again.",
    )


def figure(value: float, digits: int = 0) -> str:
    """A number as it stands in a sentence; a huge one, as the ends of intervals may be, in powers
    of ten."""
    return compute(value) if value >= 1e6 else number(value, digits)


def estimate(value: float, limits: tuple[float, float], digits: int = 0, unit: str = "") -> str:
    """`510 Elo (95 % interval 490 to 530)`."""
    if math.isnan(value):
        return "undetermined"
    told = f"{figure(value, digits)}{unit}"
    if math.isnan(limits[0]):
        return told
    low, high = (figure(limit, digits) for limit in limits)
    return f"{told} (95 % interval {low} to {high})"


def cell(value: float, limits: tuple[float, float], digits: int = 0) -> Cell:
    """The same for a table."""
    if math.isnan(value):
        return Cell("–")
    return Cell(number(value, digits), "" if math.isnan(limits[0]) else interval(*limits, digits))


def law_cell(fit: LawFit, quantity: str, digits: int = 0) -> Cell:
    """A quantity of a law for a table; says so where the rows do not determine it."""
    if math.isnan(value := fit.known(quantity)):
        return Cell("undetermined")
    return cell(value, fit.interval(quantity), digits)


def verdict(limits: tuple[float, float], theirs: float, digits: int = 0) -> str:
    """How an interval stands to a published number, as the end of a sentence."""
    low, high = limits
    said = f"Jones’s {number(theirs, digits)}"
    if math.isnan(low):
        return f"no interval to set beside {said}"
    if low <= theirs <= high:
        return f"the interval includes {said}"
    return f"the interval lies {'above' if low > theirs else 'below'} {said}"


def board(size: float) -> str:
    """`5×5`."""
    return side_by_side(int(size))


def called(recipe: str) -> str:
    """How sentences call a recipe."""
    return f"“{recipe}”" if recipe else "the runs without a named recipe"
