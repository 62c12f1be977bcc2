"""A lab with two games: a section, curves and a law for each, and nothing mixed."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from analysis.figures import theme
from analysis.report.by_game import write_reports
from analysis.report.report import material_of
from analysis.tables.rows import LabRows, read_parquet
from games.errors import InputError
from tests.analysis.planted_lab import planted_lab
from tests.analysis.report.test_report import Page, check_as_people_read_it
from tests.toys.drop import NAME

_NUMBERS = {
    "agents": ["id", "snapshot_id"], "snapshots": ["id"], "matches": ["id", "black_id", "white_id"],
}  # fmt: skip
"""Columns that number rows: those of the second game come after the first's."""


def of_another_game(rows: LabRows, name: str) -> LabRows:
    """The same rows as if another game had been played in the same lab."""
    frames = {field.name: getattr(rows, field.name).copy() for field in dataclasses.fields(rows)}
    for table, columns in _NUMBERS.items():
        frames[table][columns] += 100_000
    for table, column in (("runs", "id"), ("snapshots", "run_id"), ("agents", "run_id")):
        frames[table][column] = frames[table][column].str.replace("hex", name)
        frames[table]["game"] = name
    return LabRows(**frames)


@pytest.fixture(scope="module")
def two_games():
    """Hex on 4×4 and 5×5, the toy on 3×3 and 4×4: they meet in one size, with other games between
    other agents."""
    small = {"networks": 2, "snapshots": 5, "seeds": 1, "stages": ("league",)}
    hex_ = planted_lab(boards=(4, 5), **small)[0]
    toy = of_another_game(planted_lab(boards=(3, 4), seed=1, **small)[0], NAME)
    frames = {
        field.name: pd.concat([getattr(hex_, field.name), getattr(toy, field.name)]).reset_index(
            drop=True
        )
        for field in dataclasses.fields(LabRows)
    }
    return LabRows(**frames), {"hex": hex_, NAME: toy}


@pytest.fixture(scope="module")
def written(two_games, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(theme, "SCALE_UP", 40)
        yield write_reports(two_games[0], tmp_path_factory.mktemp("two"), resamples=4)


def test_each_game_has_its_own_law(two_games, written):
    """The same as if the other game had never been played."""
    page = Page(written.index.read_text(encoding="utf-8"))
    ((_, *lines),) = page.tables[:1]
    for (name, *cells), game in zip(lines, (NAME, "hex"), strict=True):
        main = material_of(two_games[1][game], resamples=4).fits.main
        law = main.laws["league", "jones_flops"]
        assert name == game
        assert cells[0] == ("3×3 and 4×4" if game == NAME else "4×4 and 5×5")
        assert cells[2].startswith(f"{law.law.elo_per_tenfold:.0f}")
        own = pd.read_csv(written.index.parent / game / "tables" / "law.csv")
        of_league = own[(own["stage"] == "league") & (own["axis"] == "jones_flops")]
        slope = of_league.set_index(["recipe", "quantity"])["value"][main.recipe]["elo_per_tenfold"]
        assert slope == pytest.approx(law.law.elo_per_tenfold, rel=1e-5)


def test_the_page_has_a_section_a_game_and_leads_to_its_report(written):
    page = Page(written.index.read_text(encoding="utf-8"))
    check_as_people_read_it(page)
    assert len(page.ids) == len(set(page.ids))
    for game in (NAME, "hex"):
        assert game in page.ids
        assert f"{game}/index.html" in page.links
        assert (written.index.parent / "figures" / f"{game}_figure_6.svg").exists()
        check_as_people_read_it(Page((written.index.parent / game / "index.html").read_text()))


def test_its_rows_make_it_again(written, two_games):
    rows = read_parquet(written.index.parent / "tables")
    assert rows.games_with("league") == [NAME, "hex"]
    assert rows.games_with("arena") == []
    assert len(rows.matches) == len(two_games[0].matches)


def test_a_lab_of_one_game_has_its_report_alone(two_games, tmp_path):
    rows = two_games[1]["hex"]
    nothing = dataclasses.replace(rows, matches=rows.matches.iloc[:0])
    with pytest.raises(InputError, match="no league's matches yet"):
        write_reports(nothing, tmp_path, resamples=2)
