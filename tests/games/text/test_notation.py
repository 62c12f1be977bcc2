from __future__ import annotations

import numpy as np
import pytest

from games import Hex, InputError, cell_name, parse_cell, parse_moves, play
from games.text.numbers import side_by_side


def test_letters_are_columns_and_numbers_rows_from_the_top_left():
    assert cell_name(0, 5) == "a1"
    assert cell_name(5 + 2, 5) == "c2"
    assert cell_name(18 * 19, 19) == "a19"
    assert cell_name(19**2 - 1, 19) == "s19"
    assert parse_cell("c2", 5) == 5 + 2
    assert parse_cell(" S19 ", 19) == 19**2 - 1


@pytest.mark.parametrize("size", range(2, 20))
def test_names_and_actions_are_one_to_one(size):
    names = [cell_name(action, size) for action in range(size**2)]
    assert len(set(names)) == size**2
    assert [parse_cell(name, size) for name in names] == list(range(size**2))


@pytest.mark.parametrize(
    "moves",
    ["c3 b2", "C3,B2", " c3,\n b2 ", "8 4", ["c3", "b2"], [8, 4], ["c3", 4], np.array([8, 4])],
)
def test_moves_may_be_names_or_numbers(moves):
    assert parse_moves(moves, Hex(3)) == [8, 4]


def test_no_moves_are_no_moves():
    assert parse_moves("", Hex(3)) == parse_moves([], Hex(3)) == []


@pytest.mark.parametrize("token", ["d1", "a4", "a0", "a01", "3a", "aa1", "-1", "é1", "b2b3", "²"])
def test_a_name_off_the_board_is_refused_with_the_cells_there_are(token):
    with pytest.raises(InputError, match=rf"^no cell '{token}' on a 3×3 board; .* a1 to c3"):
        parse_moves(f"a1 {token}", Hex(3))


@pytest.mark.parametrize("moves", [[9], "0 9", [np.int32(9)]])
def test_a_number_off_the_board_is_refused_with_the_numbers_there_are(moves):
    with pytest.raises(InputError, match=r"^no action 9 on a 3×3 board; actions are 0 to 8"):
        parse_moves(moves, Hex(3))
    with pytest.raises(InputError, match=r"^no action -1"):
        cell_name(-1, 3)


def test_numbers_that_are_not_whole_are_refused():
    with pytest.raises(TypeError):
        parse_moves([3.5], Hex(3))  # type: ignore[list-item]


def test_play_puts_the_stones_where_the_names_say():
    game = Hex(3)
    black, white = game.stones(play(game, "b2 a1 c1"))
    assert np.flatnonzero(black).tolist() == [2, 4]
    assert np.flatnonzero(white).tolist() == [0]
    assert not np.any(play(game, "").labels)


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        ("b2 a1 b2", r"^move 3 \(b2\) is illegal: the cell was taken by move 1;"),
        ("b2 b2", r"^move 2 \(b2\) is illegal: the cell was taken by move 1;"),
        ("b1 a1 b2 a2 b3 c3", r"^move 6 \(c3\) is illegal: the game ended with move 5 \(b3\);"),
        ("b1 a1 b2 a2 b3 b1", r"^move 6 \(b1\) is illegal: the game ended with move 5 \(b3\);"),
    ],
)
def test_play_refuses_illegal_moves_by_ply_and_name(moves, message):
    with pytest.raises(InputError, match=message):
        play(Hex(3), moves)


@pytest.mark.parametrize(("size", "grid"), [(5, "5×5"), (19, "19×19"), (44, "4×4"), (67, "6×7")])
def test_a_board_s_number_says_its_grid(size, grid):
    assert side_by_side(size) == grid
