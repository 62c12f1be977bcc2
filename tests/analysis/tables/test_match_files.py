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


def test_the_matches_of_a_report_are_told_apart_by_board_and_tournament(csv):
    text = "id,tournament,black_id,white_id,black_wins,white_wins,boardsize\n1,a,07,7,3,1,4\n"
    assert read_matches(csv(text)).to_dict("records") == [
        {"black": "07", "white": "7", "black_wins": 3, "white_wins": 1, "boardsize": 4,
         "tournament": "a"},
    ]  # fmt: skip


HEADER = "black,white,black_wins,white_wins\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "lacks the columns black, white, black_wins, white_wins"),
        ("black,white,black_wins\na,b,1\n", "lacks the columns white_wins"),
        (HEADER.replace("white,", "White,white,"), "the column white stands twice"),
        (HEADER, "has no rows under its header"),
        (HEADER + "a,b,1,2\na,b,1\n", "line 3: 3 cells, but the first line names 4"),
        (HEADER + "a,b,1,2\n\na,b,one,2\n", "line 4: black_wins is 'one', not a number of games"),
        (HEADER + "a,b,-1,2\n", "line 2: black_wins is '-1'"),
        (HEADER + "a,b,nan,2\n", "line 2: black_wins is 'nan'"),
        (HEADER + "a,b,1,1e999\n", "line 2: white_wins is '1e999'"),
        (HEADER + "a,b,1e18,2\n", "line 2: black_wins is '1e18'"),
        (HEADER + "a,b,1,\n", "line 2: white_wins is empty"),
        (HEADER + ",b,1,2\n", "line 2: black is empty, not a name"),
    ],
)
def test_malformed_files_are_refused_with_their_line(csv, text, complaint):
    with pytest.raises(InputError, match=complaint) as caught:
        read_matches(csv(text))
    assert "m.csv" in str(caught.value)
    assert "\n" not in str(caught.value)
