"""`hexlaw label` and `hexlaw train --labels`: from a teacher to a student, and what is refused."""

from __future__ import annotations

import json

import pytest

SMALL = ("samples=64", "first_snapshot=64", "snapshots=1", "lanes=8", "moves=2", "batch_size=32")


@pytest.fixture(scope="module")
def lab(hexlaw, tmp_path_factory):
    """A lab with 300 perfect labels of 3×3."""
    lab = tmp_path_factory.mktemp("lab")
    assert hexlaw(
        "label", "--teacher", "exact", "--visits", "random", "--boardsize", 3, "--count", 300,
        "--lab", lab,
    ) == 0  # fmt: skip
    return lab


def test_a_student_learns_from_a_set_made_before(hexlaw, lab, capsys):
    (made,) = (lab / "labels").iterdir()
    command = ("label", "--teacher", "exact", "--visits", made.name, "--count", 200, "--lab", lab)
    assert hexlaw(*command, "--json") == 0
    anew = json.loads(capsys.readouterr().out)
    assert (anew["count"], anew["label_flops"], anew["teachers"]) == (200, 0, {})
    train = ("train", "--lab", lab, "--boardsize", 3, "--network", "4x1", "--set", *SMALL)
    assert hexlaw(*train, "--labels", anew["name"], f"{made.name}:100", "--json") == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert run["status"] == "done"


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (["label", "--teacher", "none#1"], "has no run none; train it there first"),
        (["label", "--teacher", "exact"], "--boardsize: say of which board"),
        (["label", "--teacher", "exact", "--boardsize", 3], "visits: say whose play visits"),
        (["label", "--teacher", "none"], "teacher: String should match pattern"),
        (["label", "--teacher", "exact", "--visits", "nothing"], "no finished label set 'nothing'"),
        (["train", "--labels", "nothing"], "no finished label set 'nothing'"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(hexlaw, lab, capsys, command, complaint):
    board = ["--boardsize", 3] if command[2] == "none" else []
    assert hexlaw(*command, *board, "--lab", lab) == 2
    error = capsys.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1
