"""Records of games from elsewhere: the board says who won, and nobody's file is destroyed."""

from __future__ import annotations

import json

import pytest

from experiments.arena.game_records import (
    GameRecord,
    PlayerRecord,
    load_record,
    read_record,
    store_analysis,
    write_record,
)
from experiments.players.thoughts import Analysis
from games.errors import InputError, NotFoundError
from training.store import Store

BLACK_HAS_WON = "(;FF[4]GM[11]SZ[3]{};B[b1];W[a1];B[b2];W[a2];B[b3])"
OPEN = "(;FF[4]GM[11]SZ[3]{};B[b1];W[a1])"


@pytest.fixture
def record() -> GameRecord:
    return GameRecord(
        boardsize=3, moves=[1, 0], black=PlayerRecord(name="a"), white=PlayerRecord(name="b")
    )


@pytest.mark.parametrize(
    ("text", "winner", "ending"),
    [
        (BLACK_HAS_WON.format(""), 0, "board"),
        (BLACK_HAS_WON.format("RE[B+]"), 0, "board"),
        (BLACK_HAS_WON.format("RE[B+R]"), 0, "board"),
        (BLACK_HAS_WON.format("RE[?]"), 0, "board"),
        (BLACK_HAS_WON.format("RE[Void]")[:-1] + ";W[resign])", 0, "board"),
        (OPEN.format(""), None, None),
        (OPEN.format("RE[W+]"), 1, None),
        (OPEN.format("RE[W+Time]"), 1, "time"),
        (OPEN.format("")[:-1] + ";B[resign])", 1, "resigned"),
        ("(;SZ[3];B[b1];W[resign])", 0, "resigned"),
    ],
)
def test_the_board_says_who_won_where_it_says_anything(tmp_path, text, winner, ending):
    """Black's column b joins top and bottom."""
    (tmp_path / "g.sgf").write_text(text)
    read = read_record(tmp_path / "g.sgf")
    assert (read.winner, read.ending) == (winner, ending)
    write_record(read, tmp_path / "again.sgf")
    again = read_record(tmp_path / "again.sgf")
    assert (again.winner, again.ending) == (winner, ending)
    (tmp_path / "again.json").unlink()
    from_sgf_alone = read_record(tmp_path / "again.sgf")
    assert (from_sgf_alone.winner, from_sgf_alone.ending) == (winner, ending)


@pytest.mark.parametrize("result", ["RE[W+]", "RE[W+R]", "RE[W+Time]"])
def test_a_result_that_contradicts_the_board_is_refused(tmp_path, result):
    (tmp_path / "g.sgf").write_text(BLACK_HAS_WON.format(result))
    with pytest.raises(InputError, match=r"g.sgf: white is said to have won.* black has"):
        read_record(tmp_path / "g.sgf")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"moves": [1, 0, 4, 3, 7], "winner": 1}, "white is said to have won"),
        ({"winner": 0, "ending": "board"}, "said to be played out"),
        ({"ending": "tired"}, "ending"),
        ({"moves": [1, 1]}, "move 2"),
    ],
)
def test_a_json_record_is_held_to_its_board_too(tmp_path, record, change, complaint):
    given = record.model_dump(mode="json", exclude_none=True) | change
    (tmp_path / "g.json").write_text(json.dumps(given))
    with pytest.raises(InputError, match=complaint):
        read_record(tmp_path / "g.json")


FORMER = {
    "format": "hexlaw-game-1",
    "boardsize": 2,
    "moves": [1],
    "black": {"name": "a"},
    "white": {"name": "b"},
    "analysis": {
        "agent": 7,
        "nodes": 8,
        "moves": [
            {
                "action": 1, "choice": 2, "value": 0.5, "network_value": 0.25, "variation": [2, 1],
                "visits": [0, 3, 4, 0], "prior": [0, 0.5, 0.5, 0], "q": [0, 0.1, 0.2, 0],
                "policy": [0, 0.4, 0.6, 0],
            }
        ],
    },
}  # fmt: skip
"""A record as former versions wrote it: `action` was the move played, `choice` the agent's."""


def test_a_record_of_the_former_format_opens_and_is_written_in_the_present_one(tmp_path):
    (tmp_path / "g.json").write_text(json.dumps(FORMER))
    record = read_record(tmp_path / "g.json")
    assert record.analysis is not None
    (thoughts,) = record.analysis.moves
    assert (thoughts.action, thoughts.policy, thoughts.variation) == (2, [0, 0.4, 0.6, 0], [2, 1])
    write_record(record, tmp_path / "g.sgf")  # over the record it came with
    written = json.loads((tmp_path / "g.json").read_text())
    assert written["format"] == "hexlaw-game-2"
    assert written["analysis"]["moves"][0]["action"] == 2
    assert "choice" not in written["analysis"]["moves"][0]
    assert read_record(tmp_path / "g.sgf") == record


def test_a_record_of_a_format_to_come_is_refused(tmp_path):
    (tmp_path / "g.json").write_text(json.dumps({**FORMER, "format": "hexlaw-game-3"}))
    with pytest.raises(InputError, match=r"g.json is no record of a game: format.*hexlaw-game-2"):
        read_record(tmp_path / "g.json")


@pytest.mark.parametrize("name", ["GAME.SGF", "GAME.JSON"])
def test_extensions_in_capitals_and_byte_order_marks_are_understood(tmp_path, record, name):
    sgf, sidecar = write_record(record, tmp_path / "g.sgf")
    kept = (sgf if name.endswith("SGF") else sidecar).read_bytes()
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + kept)
    assert read_record(tmp_path / name).moves == [1, 0]


def test_a_latin_1_file_shows_its_names(tmp_path):
    (tmp_path / "g.sgf").write_bytes("(;GM[11]SZ[3]PB[José];B[b1])".encode("latin-1"))
    assert read_record(tmp_path / "g.sgf").black.name == "José"


def test_json_that_is_no_record_is_neither_read_nor_replaced(tmp_path, record):
    (tmp_path / "results.json").write_text('{"mine": 1}')
    with pytest.raises(InputError, match=r"results.json is there already.*another name"):
        write_record(record, tmp_path / "results.sgf")
    assert (tmp_path / "results.json").read_text() == '{"mine": 1}'
    assert not (tmp_path / "results.sgf").exists()
    (tmp_path / "results.sgf").write_text(OPEN.format(""))
    assert read_record(tmp_path / "results.sgf").moves == [1, 0]


@pytest.mark.parametrize("name", ["game.json", "game", "game.txt"])
def test_an_sgf_file_is_called_one(tmp_path, record, name):
    with pytest.raises(InputError, match=r"ends in \.sgf"):
        write_record(record, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_an_earlier_record_may_be_replaced_but_not_the_file_that_was_read(tmp_path, record):
    path = tmp_path / "g.sgf"
    write_record(record, path)
    write_record(record.model_copy(update={"moves": [1]}), path)
    assert read_record(path).moves == [1]
    with pytest.raises(InputError, match="the file that is read"):
        write_record(record, path, source=path)
    with pytest.raises(InputError, match="the file that is read"):
        write_record(record, path, source=tmp_path / "g.json")
    assert read_record(path).moves == [1]


@pytest.mark.parametrize("number", [-1, 0, 1, 2**63, 99999999999999999999])
def test_a_number_that_no_game_has_is_refused(tmp_path, number):
    store = Store(tmp_path)
    with pytest.raises(NotFoundError, match=f"has no game {number}"):
        load_record(store, number)
    with pytest.raises(NotFoundError, match=f"has no game {number}"):
        store_analysis(store, number, Analysis(agent=1, nodes=1, moves=[]))
