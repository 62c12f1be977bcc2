"""The lab of the reference run: looked at, never written; written by an earlier version or not."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from training.store import DATABASE_NAME, STORED_MARKER

REFERENCE = Path(__file__).parents[3] / "reference_run" / "lab"


@pytest.fixture
def lab(tmp_path) -> Path:
    """A copy without its snapshots, which nothing here needs."""
    folder = tmp_path / "lab"
    folder.mkdir()
    for name in (DATABASE_NAME, STORED_MARKER):
        shutil.copy(REFERENCE / name, folder)
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("writable", [True, False])
def test_verbs_that_look_leave_nothing_behind(lab, hexlaw, capsys, tmp_path, writable):
    before = contents(lab)
    if not writable:
        lab.chmod(0o555)
    assert hexlaw("list", "--lab", lab, "--json") == 0
    assert json.loads(capsys.readouterr().out)["runs"]
    assert hexlaw("list", "--games", "--lab", lab, "--limit", 2, "--json") == 0
    number = json.loads(capsys.readouterr().out)["games"][0]["id"]
    assert hexlaw("replay", number, "--lab", lab, "--sgf", tmp_path / "game.sgf") == 0
    capsys.readouterr()
    assert hexlaw("rate", "--lab", lab, "--size", 3, "--json") == 0
    assert json.loads(capsys.readouterr().out)["ratings"]
    lab.chmod(0o755)
    assert contents(lab) == before


@pytest.mark.parametrize(
    "command",
    [
        ("arena", "--players", "random", "perfect", "--size", 3),
        ("train", "--boardsize", 3),
        ("reproduce", "--preset", "smoke"),
        ("blunders", "--agents", "*"),
        ("solve", "--size", 3),
    ],
)
def test_verbs_that_write_refuse_it_and_say_how_to_go_on(lab, hexlaw, capsys, command):
    before = contents(lab)
    assert hexlaw(*command, "--lab", lab) == 2
    error = capsys.readouterr().err
    assert "stored lab" in error
    assert f"delete {STORED_MARKER} in the copy" in " ".join(error.split())
    assert contents(lab) == before


def test_a_copy_without_the_marker_takes_games(lab, hexlaw, capsys):
    (lab / STORED_MARKER).unlink()
    players = ("--players", "random", "ladder:1", "--size", 3, "--games", 2)
    assert hexlaw("arena", *players, "--lab", lab, "--json") == 0
    assert '"games": 2' in capsys.readouterr().out
