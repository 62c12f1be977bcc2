"""The paper's figures and tables in its order, and ours beyond it; one function each, by topic."""

from __future__ import annotations

from analysis.report.exhibits.base import Exhibit, Maker, Material
from analysis.report.exhibits.certainty import conventions, seeds
from analysis.report.exhibits.fixed_network import fixed_network
from analysis.report.exhibits.method import table_1, table_2
from analysis.report.exhibits.needs import split
from analysis.report.exhibits.play import figure_1, figure_2, figure_4
from analysis.report.exhibits.recipes import recipe_distance
from analysis.report.exhibits.search import figure_8, figure_9
from analysis.report.exhibits.specification import specification
from analysis.report.exhibits.training import (
    figure_3,
    figure_5,
    figure_6,
    figure_7,
    figure_10,
    optimal_size,
)

METHOD: tuple[Maker, ...] = (table_1, table_2)
RESULTS: tuple[Maker, ...] = (
    figure_1, figure_2, figure_3, figure_4, figure_5, figure_6, figure_7, figure_8, figure_9,
    figure_10, optimal_size,
)  # fmt: skip
BEYOND: tuple[Maker, ...] = (
    fixed_network, recipe_distance, split, conventions, specification, seeds,
)  # fmt: skip


def make_exhibits(makers: tuple[Maker, ...], material: Material) -> list[Exhibit]:
    """The exhibits of a section."""
    return [maker(material) for maker in makers]
