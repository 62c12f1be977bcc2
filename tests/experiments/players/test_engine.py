"""External engines: well-behaved ones play, others are survived, and it is said."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.arena.meeting import MeetingConfig, play_round
from experiments.players.anchors import RandomPlayer
from experiments.players.engine import EnginePlayer
from experiments.players.host_states import stack
from experiments.players.move_keys import move_keys
from experiments.players.player import RESIGNS
from experiments.players.specs import parse_player
from experiments.terminal.gtp import converse
from experiments.terminal.session import Session
from games import Hex
from games.errors import InputError
from games.text.notation import play

GAME = Hex(3)
SCRIPT = Path(__file__).parents[1] / "fake_engine.py"


@pytest.fixture
def engine():
    """An engine player in some mood; closed at the end."""
    made = []

    def make(*mood: object, seconds: float = 10.0) -> EnginePlayer:
        words = " ".join(str(word) for word in mood)
        made.append(EnginePlayer(GAME, f"{sys.executable} {SCRIPT} {words}", seconds=seconds))
        return made[-1]

    yield make
    for player in made:
        player.close()


def moves_of(player: EnginePlayer, *positions: str) -> list[int]:
    states = stack([play(GAME, moves) for moves in positions])
    return player.act(states, move_keys(range(len(positions)), 0)).tolist()


@pytest.mark.parametrize("mood", ["good", "chatty"])
def test_an_engine_plays_for_either_colour_in_any_position(engine, mood):
    assert moves_of(engine(mood), "", "a1", "a1 c3", "b2 a1 c1") == [0, 1, 1, 1]


@pytest.mark.parametrize(
    ("mood", "what"),
    [
        ("crash", "segmentation fault"),
        ("hang", "no answer to 'genmove b' within"),
        ("nonsense", "'z99', which is no move"),
        ("taken", "which is taken"),
        ("babble", "which is no GTP"),
    ],
)
def test_one_failure_is_survived_and_noted(engine, mood, what):
    """Its second answer fails; started again it gives its first one."""
    player = engine(mood, 2, seconds=1.0 if mood == "hang" else 10.0)
    assert moves_of(player, "a1 c3", "a1 c3") == [1, 1]
    assert set(player.notes) == {1}
    assert what in player.notes[1]
    assert player.notes[1].endswith("; restarted")
    assert moves_of(player, "a1 c3") == [1] or player.notes  # it goes on


def conversation(file: Path) -> list[list[str]]:
    """What a strict engine was told before each genmove, and the genmove."""
    lines = [line for line in file.read_text().splitlines() if line.startswith(("play", "genm"))]
    ends = [number + 1 for number, line in enumerate(lines) if line.startswith("genmove")]
    return [lines[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def test_an_engine_hears_a_game_in_the_order_played(engine, tmp_path):
    """In the terminal, after taking back, too."""
    file = tmp_path / "told"
    session = Session(parse_player(f"gtp:{sys.executable} {SCRIPT} strict {file}"), Hex(3))
    try:
        for move in ("c2", "b2", "a2", "c3"):
            session.play(move)
        session.undo()
        session.play("a1")
        assert session.choose() == 1  # b1 is the first free cell
    finally:
        session.close()
    assert conversation(file) == [["play b c2", "play w b2", "play b a2", "play w a1", "genmove b"]]


def test_in_the_arena_an_engine_hears_every_game_from_its_opening_on(engine, tmp_path):
    file = tmp_path / "told"
    config = MeetingConfig(opening_plies=2, openings=2)
    result = play_round(GAME, [engine("strict", file), RandomPlayer(GAME)], 0, config)
    assert result is not None
    assert not result.notes
    games = {
        tuple(
            f"play {'bw'[ply % 2]} {'abc'[action % 3]}{action // 3 + 1}"
            for ply, action in enumerate(moves[moves >= 0].tolist())
        )
        for moves in result.moves.reshape(-1, GAME.max_plies)
    }
    told = conversation(file)
    assert len(told) > 4
    for *before, genmove in told:
        assert genmove == f"genmove {'bw'[len(before) % 2]}"
        assert any(game[: len(before)] == tuple(before) for game in games)


def test_where_only_a_position_is_known_its_stones_come_cell_by_cell_in_turn(engine, tmp_path):
    file = tmp_path / "told"
    assert moves_of(engine("strict", file), "c2 b2 a2 a1") == [1]
    assert conversation(file) == [["play b a2", "play w a1", "play b c2", "play w b2", "genmove b"]]


def test_an_engine_that_fails_again_forfeits_and_after_three_games_is_given_up(engine):
    player = engine("crash", 1)
    assert moves_of(player, "a1 c3") == [RESIGNS]
    assert player.notes[0].endswith("; forfeit")
    assert moves_of(player, "a1 c3") == [RESIGNS]
    with pytest.raises(InputError, match="failed in 3 games one after another"):
        moves_of(player, "a1 c3")


def test_resignations_and_forfeits_end_games_and_are_told_apart(engine):
    config = MeetingConfig(opening_plies=2)
    for mood, ending in (("resign", "resigned"), ("crash", "forfeit")):
        result = play_round(GAME, [engine(mood, 1), RandomPlayer(GAME)], 0, config)
        assert result is not None
        assert result.ending.tolist() == [[ending], [ending]]
        assert result.winner.tolist() == [[1], [0]]  # the engine was black, then white
        lengths = np.sum(result.moves >= 0, axis=-1)
        assert lengths.tolist() == [[2], [3]]
        notes = [notes[0]["ply"] for _, notes in sorted(result.notes.items())]
        assert notes == ([] if mood == "resign" else [2, 3])


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("no-such-engine-here --x", "cannot start it: No such file"),
        (f"{sys.executable} {SCRIPT} dead", "exit code 1.: no licence found"),
        (f"{sys.executable} {SCRIPT} small", "refused 'boardsize 3': unacceptable size"),
        ("'", "No closing quotation"),
    ],
)
def test_an_engine_that_does_not_start_is_refused_in_one_line(command, complaint):
    with pytest.raises(InputError, match=complaint) as caught:
        EnginePlayer(GAME, command)
    assert "\n" not in str(caught.value)


# hexlaw as an engine.


def answers(*commands: str, player: str = "perfect", size: int = 3) -> list[str]:
    said: list[str] = []
    converse(Session(parse_player(player), Hex(size)), commands, said.append)
    assert all(text.endswith("\n\n") for text in said)
    return [text[:-2] for text in said]


def test_a_scripted_exchange_of_the_standards_commands():
    """The answers that the GTP 2 draft prescribes."""
    said = answers(
        "# a comment", "", "protocol_version", "7 name", "known_command genmove",
        "known_command x", "boardsize 4", "clear_board", "komi 6.5", "play b c2", "12 play w c2",
        "play b a1", "PLAY White d4", "undo", "play w a4", "genmove b", "foo", "quit", "name",
    )  # fmt: skip
    assert said[:9] == ["= 2", "=7 hexlaw", "= true", "= false", "=", "=", "=", "=", (
        "?12 illegal move: move 2 (c2) is illegal: the cell was taken by move 1; "
        "leave out that move and all after it"
    )]  # fmt: skip
    assert said[9] == "? illegal move: it is white's turn; black moves first and the two take turns"
    assert said[10:13] == ["=", "=", "="]
    assert said[13][:2] == "= "
    assert said[14:] == ["? unknown command", "="]  # nothing is answered after quit


def test_a_perfect_engine_plays_on_and_says_who_won():
    """b2 is joined to the top by a bridge, which white cuts; in the end a3 joins the bottom."""
    thinks = ["play b b2", "play w b1", "reg_genmove b", "genmove b", "undo"]
    said = answers(*thinks, "play b c1", "play w a1", "play b a3", "final_score", "genmove w")
    assert said[2] == said[3]  # reg_genmove plays nothing
    assert said[2][2:] in ("a2", "c1")
    assert said[4:] == ["=", "=", "=", "=", "= B+", "? the game is over: black has won"]


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("boardsize", "not an integer"),
        ("boardsize 7", "unacceptable size"),  # out of the perfect player's reach
        ("boardsize 99", "unacceptable size"),
        ("play b", "syntax error"),
        ("play x a1", "syntax error"),
        ("play b z9", "illegal move"),
        ("play b swap-pieces", "illegal move"),
        ("genmove", "syntax error"),
        ("genmove w", "black's turn"),
        ("undo", "cannot undo"),
        ("final_score", "not over"),
        ("hexlaw-analyse", "does not say"),
        ("hexlaw-nodes 4", "has no nodes"),
    ],
)
def test_wrong_commands_are_refused_and_change_nothing(command, complaint):
    refused, after = answers(command, "play b a1")
    assert refused.startswith("? ")
    assert complaint in refused
    assert after == "="
