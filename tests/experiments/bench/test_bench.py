"""`hexlaw bench`, cut down to one small measurement."""

from __future__ import annotations

import json

from experiments import cli


def test_what_cannot_be_measured_is_refused(capsys):
    assert cli.main(["bench", "--devices", "2", "--cpu-time"]) == 2
    assert "cpu_time" in capsys.readouterr().err


def test_a_row_says_how_fast_a_rule_is_and_what_it_takes(capsys):
    arguments = ["--boards", "3", "--networks", "2x1", "--rules", "puct", "--nodes", "4"]
    small = [*arguments, "--batches", "4", "--repeats", "1", "--no-peer", "--json"]
    assert cli.main(["bench", *small]) == 0
    printed = capsys.readouterr()
    steps = ["3×3, 2×1: compiling puct at 4 games, 1 of 2", "3×3, 2×1: compiling bound",
             "a turn to warm up", "turn 1 of 1", "moves/s", "at most were in use"]  # fmt: skip
    places = [printed.err.rindex(step) for step in steps]
    assert places == sorted(places)
    result = json.loads(printed.out)
    (row,) = result["rows"]
    assert (row["board"], row["width"], row["depth"], row["rule"]) == (3, 2, 1, "puct")
    assert row["network"] == "2x1"
    assert row["moves_per_second"] > 0
    assert row["share_of_bound"] > 0
    # 4 nodes of 4 · 9 + 41 bytes and of a position of 9 + 2 bytes
    assert row["tree_bytes"] == 4 * (4 * 9 + 41 + 9 + 2)
    # All four trees at once and the weights, in one of the programs of this process.
    assert 4 * row["tree_bytes"] < row["program_bytes"] < result["peak_bytes"]
