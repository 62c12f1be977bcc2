"""`hexlaw fit`: tables from elsewhere in, coefficients or one clear complaint out."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

HEADER = "boardsize,width,depth,train_flops,elo,test_flops"


def agents(search_sizes):
    """Rows of agents on Jones's slopes, noise-free: 510 and 250 Elo a decade of each compute."""
    for board, nodes in itertools.product((5, 6), search_sizes):
        for run, log_train in itertools.product(range(3), np.linspace(0, 2, 12)):
            x = (430 * board + 4400) / 510 - 2 + log_train + run / 20
            elo = min(510 * x - 430 * board - 4400 + 250 * np.log10(nodes / 64), 0)
            yield f"{board},{2**run},{2},{10**x},{elo},{nodes}"


def table(path, rows, header=HEADER):
    """A CSV file."""
    path.write_text("\n".join([header, *rows]))
    return path


def test_the_frontier_of_a_table(tmp_path, hexlaw, capsys):
    file = table(tmp_path / "snapshots.csv", agents([64]))
    figure = tmp_path / "law"
    call = ("fit", "frontier", "--snapshots", file, "--resamples", 5, "--figure", figure, "--json")
    assert hexlaw(*call) == 0
    (fitted,) = json.loads(capsys.readouterr().out)["fits"]
    by_name = {row["name"]: row for row in fitted["coefficients"]}
    assert by_name["factor_per_size"]["value"] == pytest.approx(10 ** (430 / 510), rel=0.02)
    assert by_name["incline_flops"]["jones_2021"] == 510
    assert by_name["plateau_size"]["value"] is None  # no board is on its plateau
    assert figure.with_suffix(".svg").exists()
    assert figure.with_suffix(".png").exists()


def test_the_exchange_and_the_size_of_a_table(tmp_path, hexlaw, capsys):
    file = table(tmp_path / "agents.csv", agents([1, 8, 64]))
    assert hexlaw("fit", "exchange", "--snapshots", file, "--resamples", 2, "--json") == 0
    boards = json.loads(capsys.readouterr().out)["fits"]
    assert [board["boardsize"] for board in boards] == [5, 6]
    surface = {row["name"]: row["value"] for row in boards[0]["coefficients"]["surface"]}
    assert surface["slope"] == pytest.approx(-510 / 250, rel=0.01)
    snapshots = table(tmp_path / "snapshots.csv", agents([64]))
    assert hexlaw("fit", "size", "--snapshots", snapshots, "--resamples", 2) == 0
    assert "exponent" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("header", "rows", "complaint"),
    [
        ("boardsize,train_flops", ["5,1e9"], "lacks the columns elo, width, depth"),
        (HEADER, [], "no rows"),
        (HEADER, ["5,2,1,1e9,-10,64", "5,2,1,oops,-10,64"], "line 3: train_flops is"),
        (HEADER, ["5,2,1,-1e9,-10,64"], "line 2: train_flops is '-1e9'"),
        (HEADER, ["5,2,1,1e9,,64"], "line 2: elo is empty"),
        (HEADER, ["5,2,,1e9,-1,64"], "line 2: depth is empty"),
        (HEADER, ["5,2,1,1e9,-1,64,7,8"], "line 2: 8 cells, but the first line names 6"),
        (HEADER, ["5,2,1,1e9,-1,64", "", "5,2,1,1e9,-1"], "line 4: 5 cells"),
        (HEADER, ["4.7,2,1,1e9,-1,64"], "line 2: boardsize is '4.7', not a whole number"),
        (HEADER, ["5,2,1,1e9,1e400,64"], "line 2: elo is '1e400', not a finite number"),
        (HEADER + ",elo", ["5,2,1,1e9,-1,64,3"], "the column elo stands twice"),
        (HEADER, ["5,,,,0,64", "5,2,1,0,-9,64"], "no row tells of a trained network"),
        (HEADER, ["5,2,1,1e9,-1,64"], "at least two board sizes"),
        (HEADER, ["5,2,1,1e9,-1,64", "5,2,1,1e9,-2,1"], "twice at the same compute"),
    ],
)
def test_bad_tables_are_refused_by_file_and_line(tmp_path, hexlaw, capsys, header, rows, complaint):
    file = table(tmp_path / "bad.csv", rows, header)
    assert hexlaw("fit", "frontier", "--snapshots", file) == 2
    message = capsys.readouterr().err
    assert complaint in message
    assert message.count("\n") == 1


def coefficients(fitted):
    """Values and intervals by name."""
    return {row.pop("name"): row for row in fitted["coefficients"]}


def test_recipes_are_fitted_apart_and_runs_keep_their_names(tmp_path, hexlaw, capsys):
    rows = []
    for recipe, shift in (("one", 0), ("two", 1)):
        for board, run, x in itertools.product((5, 6), ("1", "01", "NA"), np.linspace(0, 2, 6)):
            log_flops = (430 * board + 4400) / 510 - 2 + x + shift
            elo = 510 * (log_flops - shift) - 430 * board - 4400
            rows.append(f"{recipe};{board};{run};{10**log_flops};{elo}")
    header = "Recipe;BoardSize;Run;Train FLOPs;Elo"
    file = table(tmp_path / "snapshots.csv", [*rows, "one;5;;;0"], header)
    call = ("fit", "frontier", "--snapshots", file, "--resamples", 3)
    assert hexlaw(*call) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "one: 36 snapshots of 6 runs on boards 5 to 6" in text
    assert "rows left out, of players without training: 1" in text
    assert hexlaw(*call, "--json") == 0
    one, two = json.loads(capsys.readouterr().out)["fits"]
    assert (one["recipe"], two["recipe"]) == ("one", "two")
    for fitted, constant in ((one, -4400), (two, -4400 - 510)):
        found = coefficients(fitted)
        assert found["elo_per_tenfold"]["value"] == pytest.approx(510, rel=1e-3)
        assert found["incline_constant"]["value"] == pytest.approx(constant, rel=1e-3)


def test_rows_that_do_not_determine_a_law_say_so(tmp_path, hexlaw, capsys):
    """Ten times the search changes nothing, so no search replaces any training."""
    rows = [
        f"5,{run},{10**x},{nodes},{100 * x - 1500 - run + (7 * i) % 3}"
        for run in range(4)
        for i, x in enumerate(np.linspace(8, 12, 9))
        for nodes in (1, 10, 100)
    ]
    file = table(tmp_path / "agents.csv", rows, "boardsize,run,train_flops,test_flops,elo")
    call = ("fit", "exchange", "--snapshots", file, "--resamples", 20)
    assert hexlaw(*call) == 0
    assert "not determined by these rows" in capsys.readouterr().out
    assert hexlaw(*call, "--json") == 0
    (fitted,) = json.loads(capsys.readouterr().out)["fits"]
    surface = {row.pop("name"): row for row in fitted["coefficients"]["surface"]}
    assert surface["tenfold_training"] == dict.fromkeys(("value", "low", "high", "jones_2021"))


def test_a_constant_elo_has_no_r2_and_json_stays_json(tmp_path, hexlaw, capsys):
    rows = [f"{b},2,1,{10**x},-100,64" for b in (4, 5) for x in range(6, 9)]
    file = table(tmp_path / "flat.csv", rows)
    call = ("fit", "frontier", "--snapshots", file, "--resamples", 2, "--json")
    assert hexlaw(*call) == 0
    (fitted,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["fits"]
    assert fitted["r2"] is None


def test_a_missing_file_is_named(tmp_path, hexlaw, capsys):
    assert hexlaw("fit", "exchange", "--snapshots", tmp_path / "none.csv") == 2
    assert "none.csv" in capsys.readouterr().err
