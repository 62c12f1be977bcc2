"""The size of network that makes the most of training compute."""

from __future__ import annotations

import math

from analysis.figures.wording import number
from analysis.laws.published import SIZE_EXPONENTS
from analysis.report.exhibits.base import Cell, Exhibit, Table, board, cell
from analysis.studies.three_way_law_figures import best_size_figure
from analysis.studies.three_way_laws import CubeLaws


def best_size_exhibit(laws: CubeLaws) -> Exhibit:
    """IsoFLOP curves, and how the best size grows."""
    theirs = "; ".join(f"{value} ({source})" for source, value in SIZE_EXPONENTS)
    return Exhibit(
        "law_sizes", "Law 5", "The best size for each amount of training compute",
        "Strength over size at equal training compute. Crosses: tops of parabolas through the "
        "points; circles: where the law is highest. The exponent is how log of the best size grows "
        "with log of training compute; tops at the edge of the sizes measured are refused, and no "
        f"exponent is told from fewer than three. Published: {theirs}.",
        figure=best_size_figure(laws.boards), tables=[_table(laws)],
    )  # fmt: skip


def _exponent(found: tuple[float, float, float]) -> Cell:
    if math.isnan(found[0]):
        return Cell("refused: too few sizes, or the grid’s edge")
    return cell(found[0], found[1:], 2)


def _table(laws: CubeLaws) -> Table:
    lines = []
    for own in laws.boards:
        for name, size in own.sizes.items():
            tops = size.tops[["parabola", "surface"]].notna().sum()
            lines.append(
                [
                    f"{board(own.boardsize)}, {name}",
                    _exponent(size.parabolas), number(tops["parabola"]),
                    _exponent(size.surface), number(tops["surface"]),
                ]
            )  # fmt: skip
    head = ["board, search", "parabolas", "tops", "surface", "tops"]
    return Table("Exponent of the best size over training compute.", head, lines)
