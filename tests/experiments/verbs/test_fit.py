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
    fitted = json.loads(capsys.readouterr().out)
    by_name = {row["name"]: row for row in fitted["coefficients"]}
    assert by_name["factor_per_size"]["value"] == pytest.approx(10 ** (430 / 510), rel=0.02)
    assert by_name["incline_flops"]["jones_2021"] == 510
    assert by_name["plateau_size"]["value"] is None  # no board is on its plateau
    assert figure.with_suffix(".svg").exists()
    assert figure.with_suffix(".png").exists()


def test_the_exchange_and_the_size_of_a_table(tmp_path, hexlaw, capsys):
    file = table(tmp_path / "agents.csv", agents([1, 8, 64]))
    assert hexlaw("fit", "exchange", "--snapshots", file, "--resamples", 2, "--json") == 0
    boards = json.loads(capsys.readouterr().out)["boards"]
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
        (HEADER, ["5,2,1,-1e9,-10,64"], "line 2: train_flops is '-1000000000.0'"),
        (HEADER, ["5,2,1,1e9,,64"], "line 2: elo is empty"),
        (HEADER, ["5,2,,1e9,-1,64"], "line 2: depth is empty"),
        (HEADER, ["5,2,1,1e9,-1,64,7,8"], "is no CSV table"),
        (HEADER, ["5,2,1,1e9,-1,64", "5,2,1,1e9,-1,64,7"], "is no CSV table"),
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


def test_a_missing_file_is_named(tmp_path, hexlaw, capsys):
    assert hexlaw("fit", "exchange", "--snapshots", tmp_path / "none.csv") == 2
    assert "none.csv" in capsys.readouterr().err
