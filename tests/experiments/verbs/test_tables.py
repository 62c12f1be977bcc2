"""Every table that a lab's report writes, given to every verb that reads one: it is read for what
it holds, or refused with the table that should have been given."""

from __future__ import annotations

import json

import pytest

from analysis.laws.fits import fit_all
from analysis.ratings.study import analyse
from analysis.report.tables import write_tables
from analysis.tables.rows import read_parquet
from tests.analysis.planted_lab import ELO_PER_DECADE, planted_lab

READ = {
    "frontier": {"ratings.csv"},
    "exchange": {"search_ratings.csv"},
    "size": {"ratings.csv"},
    "rate": {"matches.csv", "matches.parquet"},
}
"""What each verb reads; of all else it names one of these."""

CALLS = {
    "frontier": ("fit", "frontier", "--resamples", 3, "--snapshots"),
    "exchange": ("fit", "exchange", "--resamples", 3, "--snapshots"),
    "size": ("fit", "size", "--resamples", 3, "--snapshots"),
    "rate": ("rate", "--size", 4, "--tournament", "league4", "--matches"),
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory, hexlaw):
    rows, _ = planted_lab(boards=(3, 4), networks=3, snapshots=6, seeds=2, games=16)
    study = analyse(rows, splits=3)
    folder = tmp_path_factory.mktemp("tables")
    written = write_tables(rows, study, fit_all(study, resamples=4), folder)
    standings = folder / "standings.csv"
    assert hexlaw(*CALLS["rate"], folder / "matches.csv", "--out", standings) == 0
    return {path.name: path for path in [*written, standings]}


@pytest.mark.parametrize("verb", CALLS)
def test_each_table_is_read_or_the_right_one_named(tables, verb, hexlaw, capsys):
    assert {name.partition(".")[0] for name in tables} == {
        "runs", "metrics", "snapshots", "agents", "matches", "games", "blunder_rates", "ratings",
        "search_ratings", "frontiers", "law", "standings", "traces",
    }  # fmt: skip
    for name, path in tables.items():
        code, said = hexlaw(*CALLS[verb], path), capsys.readouterr()
        if name in READ[verb]:
            assert code == 0, (name, said.err)
        else:
            assert code == 2, name
            assert said.err.count("\n") == 1, said.err
            assert any(right in said.err for right in READ[verb]), said.err


def test_the_planted_law_comes_back_from_the_reports_own_table(tables, hexlaw, capsys):
    assert hexlaw(*CALLS["frontier"], tables["ratings.csv"], "--json") == 0
    fits = {fit["recipe"]: fit for fit in json.loads(capsys.readouterr().out)["fits"]}
    assert set(fits) == {"efficient", "jones2021"}
    for fit in fits.values():
        found = {row["name"]: row["value"] for row in fit["coefficients"]}
        assert found["elo_per_tenfold"] == pytest.approx(ELO_PER_DECADE, rel=0.15)


def test_the_exchange_is_fitted_by_board_and_recipe(tables, hexlaw, capsys):
    assert hexlaw(*CALLS["exchange"], tables["search_ratings.csv"], "--json") == 0
    fits = json.loads(capsys.readouterr().out)["fits"]
    assert [(fit["recipe"], fit["boardsize"]) for fit in fits] == [
        ("efficient", 3), ("efficient", 4), ("jones2021", 3), ("jones2021", 4),
    ]  # fmt: skip


def test_the_rows_read_back_are_those_of_the_lab(tables):
    rows = read_parquet(tables["runs.parquet"].parent)
    assert len(rows.runs) == 2 * (3 * 2 + 3)
