"""Results from CSV files: read as they are meant, or refused with file and line."""

from __future__ import annotations

import pytest

from analysis.tables.match_files import read_matches
from games.errors import InputError


@pytest.fixture
def csv(tmp_path):
    def write(text: str | bytes):
        path = tmp_path / "m.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_columns_may_stand_in_any_order_beside_others(csv):
    text = '\ufeffwhite,note,black_wins, black ,white_wins,draws\nb,"x, y",3,a,1,2\n\nc,,0,b,5,\n'
    rows = read_matches(csv(text))
    assert rows.to_dict("records") == [
        {"black": "a", "white": "b", "black_wins": 3, "white_wins": 1, "draws": 2},
        {"black": "b", "white": "c", "black_wins": 0, "white_wins": 5, "draws": 0},
    ]


HEADER = "black,white,black_wins,white_wins\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: no column black, white, black_wins, white_wins"),
        ("black,white,black_wins\na,b,1\n", "line 1: no column white_wins"),
        (HEADER.replace("white,", "white,white,"), "line 1: column white stands twice"),
        (HEADER, "holds no matches"),
        (HEADER + "a,b,1,2\na,b,1\n", "line 3: 3 fields, but line 1 names 4"),
        (HEADER + "a,b,1,2\n\na,b,one,2\n", "line 4: 'one' is no number of games"),
        (HEADER + "a,b,-1,2\n", "line 2: '-1' is no number"),
        (HEADER + "a,b,nan,2\n", "line 2: 'nan' is no number"),
        (HEADER + "a,b,1e999,2\n", "line 2"),
        (HEADER + ",b,1,2\n", "line 2: a player without a name"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
    ],
)
def test_malformed_files_are_refused_with_their_line(csv, text, complaint):
    with pytest.raises(InputError, match=complaint) as caught:
        read_matches(csv(text))
    assert "m.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        read_matches(tmp_path / "nowhere.csv")
