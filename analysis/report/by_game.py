"""The report of a lab with several games: one for each, and a page that lays them side by side.

Agents of different games never meet, and no law is fitted to two of them: ratings, curves and laws
are of one game each.

    index.html      the laws side by side, and a section a game with its curves
    GAME/           the whole report of a game, as `analysis.report.report` writes it
    tables/         every row of all games as Parquet
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NamedTuple

from analysis.figures import theme
from analysis.figures.wording import listed, number
from analysis.laws.fits import JONES_AXIS
from analysis.report import exhibits, findings
from analysis.report.exhibits.base import Cell, Exhibit, Material, Table, board, law_cell
from analysis.report.page import environment, inlined
from analysis.report.report import TITLE, ReportPaths, material_of, write_material
from analysis.report.tables import write_text
from analysis.tables.rows import LabRows, write_parquet


class Section(NamedTuple):
    """What the page says of one game."""

    game: str
    summary: str
    curves: Exhibit


def write_reports(
    rows: LabRows, out_dir: Path, *, title: str = TITLE, resamples: int = 200, seed: int = 0
) -> ReportPaths:
    """Write the report of every game that has a league: into `out_dir` if it is one, else each into
    a folder of its game's name, and a page beside them.

    Args:
        rows: the lab, of any games.
        out_dir: folder of the page, made if it is not there.
        title: headline of every page.
        resamples: bootstrap resamples of each fit, and splits of the games.
        seed: of the bootstrap.

    Raises:
        InputError: if no league has been played, or the folder cannot be written.
    """
    played = rows.games_with("league")
    if len(played) < 2:
        own = rows.of_game(played[0]) if played else rows
        material = material_of(own, resamples=resamples, seed=seed)
        return write_material(material, out_dir, title=title)
    figures, tables, sections, laws = [], [], [], []
    for game in played:
        material = material_of(rows.of_game(game), resamples=resamples, seed=seed)
        written = write_material(material, out_dir / game, title=f"{title}: {game}")
        figures += written.figures
        tables += written.tables
        sections.append(_section(game, material))
        laws.append(_law_row(game, material))
    drawn = {
        section.curves.key: theme.save(
            section.curves.figure, out_dir / "figures" / section.curves.key
        )
        for section in sections
        if section.curves.figure is not None
    }
    page = environment().get_template("games.html").render(
        title=title, games=listed(played), sections=sections, laws=_laws(laws), svg=inlined(drawn),
    )  # fmt: skip
    return ReportPaths(
        index=write_text(out_dir / "index.html", page),
        figures=[*figures, *(path for paths in drawn.values() for path in paths)],
        tables=[*tables, *write_parquet(rows, out_dir / "tables")],
    )


def _section(game: str, material: Material) -> Section:
    """The law on its frontiers, or the curves where there is none."""
    curves = (exhibits.figure_6 if material.fits.main.laws else exhibits.figure_5)(material)
    own = dataclasses.replace(curves, key=f"{game}_{curves.key}", label=game)
    return Section(game, findings.summary(material.study, material.fits), own)


def _law_row(game: str, material: Material) -> list[Cell | str]:
    sizes = [league.boardsize for league in material.study.boards]
    row: list[Cell | str] = [
        game, listed([board(size) for size in sizes]), number(len(material.study.points)),
    ]  # fmt: skip
    law = material.fits.main.laws.get(("league", JONES_AXIS))
    if law is None:
        return [*row, "no law", "no law", "–"]
    slope, factor = law_cell(law, "elo_per_tenfold"), law_cell(law, "factor_per_size", 1)
    return [*row, slope, factor, number(law.quality.rmse)]


def _laws(rows: list[list[Cell | str]]) -> Table:
    head = ["game", "boards", "snapshots", "Elo per tenfold compute", "factor per board size",
            "error of the fit, Elo"]  # fmt: skip
    return Table("The law of each game by itself, Jones’s FLOPs, 95 % intervals", head, rows)
