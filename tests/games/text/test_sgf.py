"""Hex games as SGF: what is written comes back, also by way of a parser we did not write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sgfmill import sgf

from games.errors import InputError
from games.text.hexworld import hexworld_link
from games.text.sgf import SgfGame, decode_sgf, read_sgf, write_sgf

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip)


@given(
    size=st.integers(2, 19),
    data=st.data(),
    black=TEXT,
    comment=TEXT,
    winner=st.sampled_from([None, 0, 1]),
    ending=st.sampled_from([None, "resigned", "time", "forfeit"]),
)
def test_a_game_comes_back_identical(size, data, black, comment, winner, ending):
    cells = st.integers(0, size**2 - 1)
    game = SgfGame(
        size=size,
        moves=data.draw(st.lists(cells, unique=True, max_size=30)),
        black=black,
        white="w]\\[:;(",
        winner=winner,
        ending=None if winner is None else ending,
        comment=comment,
    )
    assert read_sgf(write_sgf(game)) == game


def test_an_independent_reader_sees_the_same_moves_and_players():
    """sgfmill's own game tree, through its public interface."""
    written = write_sgf(SgfGame(11, [0, 120, 13], "Alice", "Bob", 0, "resigned"))
    game = sgf.Sgf_game.from_string(written)
    root, *nodes = game.get_main_sequence()
    assert {name: root.get_raw(name) for name in ("FF", "GM", "SZ", "PB", "PW", "RE")} == {
        "FF": b"4", "GM": b"11", "SZ": b"11", "PB": b"Alice", "PW": b"Bob", "RE": b"B+R",
    }  # fmt: skip
    moves = [(name, node.get_raw(name)) for node in nodes for name in node.properties()]
    assert moves == [("B", b"a1"), ("W", b"k11"), ("B", b"c2")]


def test_a_swap_is_written_and_read_by_its_name():
    written = write_sgf(SgfGame(5, [3, 25, 12]))
    assert ";B[d1];W[swap-pieces];B[c3]" in written.replace("\n", "")
    assert read_sgf(written) == SgfGame(5, [3, 25, 12])
    assert read_sgf("(;SZ[5];B[d1];W[Swap];B[c3])").moves == [3, 25, 12]


def test_foreign_habits_are_understood():
    """No GM (LittleGolem), capitals, junk before the game, variations, comments, resignation."""
    text = """from a mail: (;FF[4]SZ[5]PB[a]RE[W+Resign]
;B[C3]C[one; two) three]
(;W[b2];C[no move];B[d4];B[resign])
(;W[a1]))"""
    game = read_sgf(text)
    assert (game.size, game.moves) == (5, [12, 6, 18])
    assert (game.winner, game.ending) == (1, "resigned")


@pytest.mark.parametrize(
    ("text", "winner", "ending"),
    [
        ("(;SZ[5];B[a1];W[resign])", 0, "resigned"),
        ("(;SZ[5]RE[B+];B[a1];W[resign])", 0, "resigned"),
        ("(;SZ[5];B[a1];W[b1];W[Forfeit])", 0, "forfeit"),
        ("(;SZ[5]RE[W+Time];B[a1])", 1, "time"),
        ("(;SZ[5]RE[W+T];B[a1];W[a2])", 1, "time"),
        ("(;SZ[5]RE[b+Forfeit])", 0, "forfeit"),
        ("(;SZ[5]RE[B+])", 0, None),
        ("(;SZ[5]RE[?])", None, None),
    ],
)
def test_how_a_game_ended_is_read_and_written(text, winner, ending):
    game = read_sgf(text)
    assert (game.winner, game.ending) == (winner, ending)
    again = read_sgf(write_sgf(game))
    assert (again.winner, again.ending) == (winner, ending)


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("", "latin-1"),  # FF[4]'s default
        ("", "utf-8"),  # what most programs write without saying so
        ("CA[ISO-8859-1]", "latin-1"),
        ("CA[UTF-8]", "utf-8"),
        ("CA[utf-8]", "utf-8-sig"),
        ("CA[cp1252]", "cp1252"),
    ],
)
def test_the_character_set_is_the_one_that_the_file_names(head, encoding):
    data = f"(;FF[4]GM[11]{head}SZ[5]PB[José];B[c3])".encode(encoding)
    assert read_sgf(decode_sgf(data)).black == "José"


def test_letters_whose_second_byte_is_a_bracket_or_backslash_stay_whole():
    """Shift-JIS writes 表 as 95 5C; 5C alone is SGF's backslash."""
    data = "(;FF[4]CA[Shift_JIS]SZ[5]PB[表];B[c3])".encode("shift_jis")
    assert read_sgf(decode_sgf(data)).black == "表"


def test_a_character_set_that_nobody_knows_is_named():
    with pytest.raises(InputError, match=r"f.sgf: CA\[klingon\] is no character set"):
        decode_sgf(b"(;CA[klingon]SZ[5])", "f.sgf")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "f.sgf, line 1: no SGF"),
        ("my diary", "f.sgf, line 1: no SGF"),
        ("(;GM[1]SZ[9])", r"line 1: GM\[1\] is another game"),
        ("(;GM[11])", r"line 1: SZ\[\] is no board"),
        ("\n(;GM[11]SZ[5:7])", r"line 2: SZ\[5:7\] is no board"),
        ("(;SZ[5]\n;B[a1]\n;W[f1])", "line 3: no cell 'f1' on a 5×5 board"),
        ("(;SZ[5]\n;W[a1])", r"line 2: W\[a1\] is out of turn"),
        ("(;SZ[5]C[;\n];B[a1]\n;W[swap-sides])", r"line 3: W\[swap-sides\] cannot be played"),
        ("(;SZ[5];B[a1];W[b1]\n;B[swap-pieces])", r"line 2: B\[swap-pieces\] cannot be played"),
        ("(;SZ[5];B[])", "a pass"),
        ("(;SZ[²])", r"line 1: SZ\[²\] is no board"),
        (f"(;SZ[{'9' * 5000}])", "line 1: SZ.9{40}. is no board"),
        (f"(;SZ[5];B[{'9' * 5000}])", "line 1: no cell"),
        ("(;SZ[5]RE[W+]\n;B[a1];W[resign])", "line 2: W.resign. gives the game up, but RE"),
        ("(;SZ[5]AB[a1])", "set up"),
        ("(;SZ[5]\n;AW[a1])", "line 2: stones that are set up"),
        ("(;SZ[5];B[a1]\n;W[b", "line 2: no SGF: unexpected end"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(text, complaint):
    with pytest.raises(InputError, match=complaint) as caught:
        read_sgf(text, "f.sgf")
    assert "\n" not in str(caught.value)


def test_hexworld_links_hold_side_and_moves():
    assert hexworld_link(5, [12, 6, 0]) == "https://hexworld.org/board/#5c1,c3b2a1"
