"""Games in the terminal: moves, undo, hints, budgets."""

from __future__ import annotations

import io
import json

import pytest


@pytest.fixture
def converse(hexlaw, capsys, monkeypatch):
    """What a command says to these lines, and its JSON."""

    def run(lines: str, *arguments):
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        assert hexlaw(*arguments, "--json") == 0
        printed = capsys.readouterr()
        return printed.err, json.loads(printed.out)

    return run


def test_a_won_game_is_won(converse):
    """b2 is joined to both edges by bridges; each is answered where it is cut."""
    answer = {"b1": "c1", "c1": "b1", "a3": "b3", "b3": "a3"}
    moves = ["b2"]
    while True:
        said, result = converse("\n".join(moves) + "\n", "play", "--size", 3, "--seed", 0)
        if result["winner"] is not None:
            break
        last = result["moves"][-1]
        name = f"{'abc'[last % 3]}{last // 3 + 1}"
        free = [cell for cell in answer if cell not in moves and cell != name]
        moves.append(answer.get(name) or free[0])
        assert len(moves) < 6
    assert result["winner"] == 0
    assert "you won" in said


def test_undo_takes_back_both_moves_and_hints_change_nothing(converse):
    said, result = converse("a1\nhint\nundo\nundo\nzz\n\nb2\nsave x\nnodes 4\nquit\n",
                            "play", "--size", 3, "--seed", 0, "--against", "random")  # fmt: skip
    assert result["moves"][0] == 4
    assert len(result["moves"]) == 2
    assert result["winner"] is None
    assert "try " in said
    assert "no move to take back" in said
    assert "no cell 'zz'" in said
    assert "ends in .sgf" in said
    assert "random has no nodes to set" in said


def test_resigning_loses_and_white_moves_second(converse):
    said, result = converse(
        "resign\n", "play", "--size", 4, "--colour", "white", "--against", "random"
    )
    assert len(result["moves"]) == 1
    assert result["winner"] == 0
    assert "you lost" in said


def test_a_game_is_saved_and_stepped_through(converse, tmp_path):
    file = tmp_path / "mine.sgf"
    converse(f"b2\nsave {file}\nquit\n", "play", "--size", 3, "--against", "random", "--seed", 3)
    _, result = converse("", "replay", str(file))
    assert result["record"]["moves"][0] == 4
    assert result["link"].startswith("https://hexworld.org/board/#3c1,b2")


def test_a_file_is_named_as_typed(converse, tmp_path):
    file = tmp_path / "Caps" / "Game.SGF"
    said, _ = converse(f"B2\nSAVE {file}\nQuit\n", "play", "--size", 3, "--against", "random")
    assert str(file) in said
    assert sorted(path.name for path in file.parent.iterdir()) == ["Game.SGF", "Game.json"]
    _, result = converse("", "replay", str(file))
    assert result["record"]["moves"][0] == 4


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("(;SZ[3];B[b1];W[a1];B[b2];W[a2];B[b3])", "; black won\n"),
        ("(;SZ[3];B[b1];W[resign])", "; black won by resignation\n"),
        ("(;SZ[3]RE[W+Time];B[b1])", "; white won on time\n"),
        ("(;SZ[3];B[b1])", "; not finished\n"),
    ],
)
def test_a_game_from_elsewhere_is_shown_with_its_end(hexlaw, capsys, tmp_path, text, title):
    (tmp_path / "g.sgf").write_text(text)
    assert hexlaw("replay", tmp_path / "g.sgf") == 0
    assert title in capsys.readouterr().out
    assert hexlaw("replay", tmp_path / "g.sgf", "--html", tmp_path / "g.sgf") == 2
    assert "the file that is read" in capsys.readouterr().err
    assert (tmp_path / "g.sgf").read_text() == text


def test_stepping_goes_both_ways(hexlaw, capsys, monkeypatch, tmp_path):
    file = tmp_path / "g.sgf"
    file.write_text("(;GM[11]SZ[3];B[b2];W[a1];B[c1])")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n\nb\n3\nl\n9\n²\nq\n"))
    assert hexlaw("replay", file, "--step") == 0
    said = capsys.readouterr().out
    prompts = [line.split(">")[0] for line in said.splitlines() if "/3>" in line]
    assert prompts == ["0/3", "1/3", "2/3", "1/3", "3/3", "3/3", "3/3", "3/3"]
