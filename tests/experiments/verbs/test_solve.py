"""`hexlaw solve`: one position in words, many as JSON lines, and every kind of bad line."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

import games
from experiments.verbs.solve import SolveConfig, run


def solve(**flags):
    """Result, exit code and what was printed."""
    printed = io.StringIO()
    console = Console(file=printed, width=40)  # too narrow for a line of answers
    result, code = run(SolveConfig(**flags), console)
    return result, code, printed.getvalue()


def test_one_position_in_words():
    """Black wins 3×3 from c1: facts of the solved openings."""
    result, code, text = solve(size=3)
    assert code == 0
    assert result["winner"] == 0
    assert result["winning_moves"] == [2, 3, 4, 5, 6]
    assert "winner: black" in text
    assert "winning moves: c1 a2 b2 c2 a3" in text
    assert "1 \\ . . . \\" in text


def test_a_lost_position_and_a_finished_one():
    _, _, text = solve(size=3, moves="b2")
    assert "winner: black; no move of white's wins" in text
    result, _, text = solve(size=3, moves="b2 a1 b1 a2 b3")
    assert "the game is over" in text
    assert (result["to_move"], result["winner"], result["winning_moves"]) == (1, 0, [])


def test_a_limit_answers_unknown():
    result, code, text = solve(size=6, max_nodes=5)
    assert code == 0
    assert (result["winner"], result["winning_moves"]) == ("unknown", None)
    assert "winner: unknown" in text


def test_lines_come_back_with_their_answers(tmp_path):
    file = tmp_path / "positions.jsonl"
    file.write_text(
        '{"size": 3, "moves": [], "id": "x"}\n\n{"size": 3, "moves": "b2"}\n{"moves": ["b2", 0]}\n'
    )
    result, code, text = solve(size=3, input=str(file))
    answers = [json.loads(line) for line in text.splitlines()]
    assert code == 0
    assert result == {"positions": answers, "errors": []}
    assert answers[0] == {
        "size": 3, "moves": [], "id": "x", "to_move": 0, "winner": 0,
        "winning_moves": [2, 3, 4, 5, 6],
    }  # fmt: skip
    assert [answer["winner"] for answer in answers[1:]] == [0, 0]
    assert [answer["size"] for answer in answers] == [3, 3, 3]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("x", "not JSON"),
        ('{"size": 3,', "not JSON"),
        ("[1, 2]", "[1, 2] does not fit"),
        ('{"size": 3}', "moves: missing"),
        ('{"size": "3", "moves": []}', 'size: "3" does not fit'),
        ('{"size": 3, "moves": 4}', "moves: 4 does not fit"),
        ('{"size": 3, "moves": [true]}', "moves: [true] does not fit"),
        ('{"size": 3, "moves": [1.5]}', "moves: [1.5] does not fit"),
        ('{"size": 3, "moves": [9]}', "no action 9"),
        ('{"size": 3, "moves": ["d1"]}', "no cell 'd1'"),
        ('{"size": 3, "moves": [0, 0]}', "taken by move 1"),
        ('{"size": 3, "moves": "b2 a1 b1 a2 b3 c3"}', "the game ended with move 5"),
        ('{"size": 1, "moves": []}', "size must be 2 to 19, got 1"),
        ('{"size": 8, "moves": []}', "size 8 is out of reach"),
        ("[" * 100_000, "nested too deeply"),
        (f'{{"size": 3, "moves": [{"9" * 5000}]}}', "an integer of 5000 digits is too long"),
        (f'{{"size": 3, "moves": [{"9" * 4000}]}}', "no action 99999999999999999999 on"),
        (f'{{"size": 3, "moves": ["{"9" * 5000}"]}}', "no cell"),
        (f'{{"size": {10**18}, "moves": []}}', "size must be 2 to 19"),
        ('{"size": 3, "moves": [], "seen": 1e400}', "1e400 is no finite number"),
        ('{"size": 3, "moves": [], "seen": NaN}', "NaN is no finite number"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_answered(tmp_path, capsys, line, complaint):
    file = tmp_path / "positions.jsonl"
    file.write_text(f'{{"size": 2, "moves": []}}\n{line}\n{{"size": 2, "moves": [0]}}\n')
    result, code, text = solve(input=str(file))
    assert code == 2
    assert [json.loads(answer)["winner"] for answer in text.splitlines()] == [0, 1]
    assert [error["line"] for error in result["errors"]] == [2]
    complaint_printed = capsys.readouterr().err
    assert complaint_printed.startswith("hexlaw: line 2: ")
    assert complaint in complaint_printed
    assert complaint_printed.count("\n") == 1


def test_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO('{"size": 2, "moves": [1]}\n'))
    result, code, _ = solve(input="-")
    assert (code, result["positions"][0]["winner"]) == (0, 0)


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path, monkeypatch):
    text = b'\xef\xbb\xbf{"size": 2, "moves": [1]}\n'
    (tmp_path / "bom.jsonl").write_bytes(text)
    monkeypatch.setattr("sys.stdin", io.StringIO(text.decode()))
    for source in (str(tmp_path / "bom.jsonl"), "-"):
        result, code, _ = solve(input=source)
        assert (code, result["positions"][0]["winner"]) == (0, 0)


def test_with_json_the_answers_are_not_printed_twice(tmp_path):
    file = tmp_path / "positions.jsonl"
    file.write_text('{"size": 2, "moves": []}\n')
    result, _, text = solve(input=str(file), as_json=True)
    assert text == ""
    assert len(result["positions"]) == 1


@pytest.mark.parametrize(
    ("flags", "culprit"),
    [
        ({"moves": "c3 c3"}, "taken by move 1"),
        ({"size": 8}, "out of reach"),
        ({"moves": "a1", "input": "-"}, "exclude each other"),
    ],
)
def test_bad_flags_are_refused_by_name(flags, culprit):
    with pytest.raises(games.InputError, match=culprit):
        solve(**flags)
