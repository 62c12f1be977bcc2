"""`hexlaw gtp` as a controller sees it: answers of the protocol, whatever is sent."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from experiments.players.specs import parse_player
from experiments.terminal.gtp import converse
from experiments.terminal.session import Session
from games.hex import Hex


@pytest.fixture
def ask():
    """The answers to these commands, on a board of side 3."""
    session = Session(parse_player("random"), Hex(3))

    def run(*commands: str) -> list[str]:
        written = io.StringIO()
        converse(session, [f"{command}\n" for command in commands], written.write)
        return written.getvalue().split("\n\n")[:-1]

    yield run
    session.close()


def test_who_resigns_has_lost(ask):
    answers = ask("play b b2", "play w resign", "final_score", "genmove w", "play w a1")
    assert answers[:3] == ["=", "=", "= B+"]
    assert answers[3] == "? the game is over: white resigned"
    assert answers[4] == "? illegal move: the game is over: white resigned"


def test_a_resignation_can_be_taken_back_and_is_forgotten_with_the_board(ask):
    assert ask("play b resign", "final_score", "undo", "final_score", "play b a1") == [
        "=", "= W+", "=", "? cannot score: the game is not over", "=",
    ]  # fmt: skip
    assert ask("play b resign", "final_score", "clear_board", "play b a1") == [
        "=",
        "= W+",
        "=",
        "=",
    ]


def test_an_engine_that_resigns_has_lost(ask, monkeypatch):
    monkeypatch.setattr(Session, "choose", lambda self: -1)
    assert ask("genmove b", "final_score") == ["= resign", "= W+"]
    assert ask("clear_board", "reg_genmove b", "final_score")[1:] == [
        "= resign", "? cannot score: the game is not over",
    ]  # fmt: skip


def test_a_game_played_out_is_scored_and_ended(ask):
    moves = ["play b b1", "play w a1", "play b b2", "play w a2", "play b b3"]
    *played, score, more = ask(*moves, "final_score", "genmove w")
    assert played == ["="] * 5
    assert score == "= B+"
    assert more == "? the game is over: black has won"


def test_commands_are_known_in_any_case(ask):
    assert ask("known_command GENMOVE", "KNOWN_COMMAND genmove", "known_command no") == [
        "= true", "= true", "= false",
    ]  # fmt: skip


def test_two_moves_of_one_colour_are_refused_with_the_way_out(ask):
    answers = ask("play b b2", "play b a1", "genmove b", "play w a1")
    told = "it is white's turn; black moves first and the two take turns"
    assert answers == ["=", f"? illegal move: {told}", f"? {told}", "="]


@pytest.mark.parametrize("number", ["²", "٣", "9" * 5000, "-1", "3.0", "1e400"])
def test_numbers_that_are_none_are_refused_in_a_line(ask, number):
    answers = ask(f"boardsize {number}", f"hexlaw-nodes {number}", f"{number} name", "7 name")
    assert answers[0] == "? boardsize not an integer from 2 to 19"
    assert answers[1] == "? syntax error: hexlaw-nodes NUMBER"
    assert answers[2] == "? unknown command"
    assert answers[3] == "=7 hexlaw"


def test_bytes_that_are_no_text_do_not_end_the_conversation():
    done = subprocess.run(
        [sys.executable, "-m", "experiments.cli", "gtp", "--player", "random"],
        input=b"\xe9\n1 play \xe9 a1\n2 name\nquit\n",
        capture_output=True,
        check=True,
    )
    answers = done.stdout.decode(errors="replace").split("\n\n")
    assert answers[0] == "? unknown command"
    assert "no colour" in answers[1]
    assert answers[2] == "=2 hexlaw"
