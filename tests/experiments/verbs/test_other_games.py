"""Verbs with another game than Hex: the toy of tests/toys, by `--game drop`."""

from __future__ import annotations

import io
import json
import re

import jax.numpy as jnp
import pytest

from analysis.tables.rows import load_lab
from experiments.players.agents import enter_agents
from experiments.players.anchors import PerfectPlayer, RandomPlayer
from experiments.players.specs import parse_player
from experiments.verbs.unbeaten import every_line
from games.errors import InputError
from games.hex import Hex
from tests.toys.drop import NAME, Drop
from training.store import Store

GAME = ("--game", NAME, "--size", "2")
WON = "a a b b c"  # a2 and b2 lie on a1 and b1; white to move has to stop d


@pytest.fixture
def run(hexlaw, capsys, monkeypatch):
    """What a command prints and its JSON, given these lines to read."""

    def answer(*arguments, lines: str = ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        assert hexlaw(*arguments, "--json") == 0
        printed = capsys.readouterr()
        return printed.err, json.loads(printed.out)

    return answer


@pytest.fixture(scope="module")
def lab(tmp_path_factory, hexlaw):
    """A lab with a tournament of the game."""
    folder = tmp_path_factory.mktemp("drop") / "lab"
    command = ("arena", *GAME, "--lab", folder, "--players", "perfect", "random", "--games", 16)
    assert hexlaw(*command) == 0
    return folder


def test_perfect_play_wins_the_tournament_and_none_is_lost(lab, run):
    _, result = run("arena", *GAME, "--lab", lab, "--players", "perfect", "random", "--games", 16)
    assert result["tournament"].startswith("drop2-")
    first = result["ratings"][0]
    assert first["player"] == "perfect"
    _, listed = run("list", "--games", "--lab", lab)
    winners = [
        ("draw", game["black"], game["white"])[game["winner"] + 1] for game in listed["games"]
    ]
    assert set(winners) >= {"perfect", "draw"}
    assert winners.count("perfect") > winners.count("random")


def test_the_lab_s_rating_is_of_that_game(lab, run, hexlaw, capsys):
    _, rated = run("rate", "--lab", lab, "--game", NAME)
    _, result = run("arena", *GAME, "--lab", lab, "--players", "perfect", "random", "--games", 16)
    elo = {row["player"]: row["elo"] for row in result["ratings"]}
    assert {row["player"]: row["elo"] for row in rated["ratings"]} == elo
    assert hexlaw("rate", "--lab", lab, "--game", "hex") == 2
    assert "no games of that kind" in capsys.readouterr().err


def test_a_stored_game_is_shown_checked_and_written_as_json(lab, run, hexlaw, capsys, tmp_path):
    said, result = run("replay", "1", "--lab", lab, "--verify")
    assert result["link"] is None
    assert result["verify"]["different"] == {}
    assert "moves came out again" in said
    _, result = run("replay", "1", "--lab", lab, "--sgf", tmp_path / "game.json")
    assert result["files"] == [str(tmp_path / "game.json")]
    assert hexlaw("replay", tmp_path / "game.json") == 0
    assert "Drop 2×7" in capsys.readouterr().out
    assert hexlaw("replay", "1", "--lab", lab, "--sgf", tmp_path / "game.sgf") == 2
    refused = capsys.readouterr().err
    assert "drop, which has no SGF; give one that ends in .json" in refused
    assert refused.count("\n") == 1


def test_pages_draw_it_without_a_line_of_their_own(lab, run, tmp_path):
    """Seven columns of two cells, and a disc that has fallen for each move."""
    run("replay", "1", "--lab", lab, "--html", tmp_path / "game.html")
    page = (tmp_path / "game.html").read_text(encoding="utf-8")
    record = json.loads(page.partition('id="record">')[2].partition("</script>")[0])
    assert (record["board"]["name"], record["board"]["by_column"]) == ("Drop 2×7", True)
    assert len(record["board"]["cells"]) == 14
    landed = [0] * 7
    for ply, (column, changed) in enumerate(zip(record["moves"], record["changes"], strict=True)):
        assert changed == [[7 * (1 - landed[column]) + column, ply % 2]]
        landed[column] += 1


def test_a_position_is_solved_by_the_game_s_own_exact_player(run):
    said, result = run("solve", *GAME, "--moves", WON)
    assert (result["game"], result["to_move"]) == (NAME, 1)
    assert result["winning_moves"] == [3]
    assert result["winner"] == -1
    assert "a draw; moves that hold the draw: d" in said
    said, result = run("solve", *GAME, "--moves", f"{WON} e")
    assert (result["winner"], result["winning_moves"]) == (0, [3])
    assert "winner: black" in said


def test_it_is_played_in_the_terminal(run, tmp_path):
    said, result = run(
        "play", *GAME, "--against", "random", "--seed", 0,
        lines=f"hint\nz\nd\nsave {tmp_path}/g.sgf\nsave {tmp_path}/g.json\nquit\n",
    )  # fmt: skip
    assert result["game"] == NAME
    assert result["moves"][0] == 3
    assert "no column 'z'" in said
    assert "ends in .json" in said
    assert (tmp_path / "g.json").exists()


def test_a_drawn_game_ends_in_a_draw(run):
    """The person answers by what the solver says; both sides hold the draw to the end."""
    moves: list[str] = []
    while True:
        said, result = run(
            "play", *GAME, "--against", "perfect", "--seed", 5, lines="\n".join(moves) + "\nquit\n"
        )
        if result["winner"] is not None:
            break
        played = " ".join(map(str, result["moves"]))
        _, answer = run("solve", *GAME, "--moves", played)
        moves.append("abcdefg"[answer["winning_moves"][0]])
        assert len(moves) <= 7
    assert result["winner"] == -1
    assert "a draw" in said


def test_it_speaks_gtp_with_its_own_names(hexlaw, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("play b d\ngenmove w\nboardsize 9\nplay b a1\n"))
    assert hexlaw("gtp", *GAME, "--player", "perfect") == 0
    played, answered, size, cell, *_ = capsys.readouterr().out.split("\n\n")
    assert (played, answered[:2], len(answered)) == ("=", "= ", 3)
    assert "size must be 2 to 4, got 9" in size
    assert "no column 'a1'" in cell


def test_an_agent_is_unbeaten_if_it_loses_no_line():
    board = Drop(2)
    verdict = every_line(board, PerfectPlayer(board), 100_000, sample=100)
    assert verdict.refutation is None
    beaten = every_line(board, RandomPlayer(board), 100_000)
    assert beaten.refutation is not None
    state = board.init()
    for action in beaten.refutation:
        state = board.step(state, jnp.int32(action))
    assert int(board.winner(state)) == 1


def test_a_run_of_it_is_planned(run):
    said, result = run("train", "--game", NAME, "--boardsize", 3, "--samples", 65536, "--plan-only")
    (run_id,) = result["runs"]
    assert run_id.startswith("drop3-")
    assert "game" in said


@pytest.mark.parametrize("verb", ["arena", "solve", "play", "gtp"])
def test_an_unknown_game_is_refused_with_those_there_are(hexlaw, capsys, verb):
    players = ("--players", "random", "perfect") if verb == "arena" else ()
    assert hexlaw(verb, "--game", "chess", *players) == 2
    refused = capsys.readouterr().err
    there = re.fullmatch(r".*unknown game 'chess'; there is: (.*)\n", refused)
    assert there, refused
    assert {NAME, "hex"} <= set(there[1].split(", "))
    assert refused.count("\n") == 1


def test_a_lab_of_two_games_is_read_one_at_a_time(lab):
    store = Store(lab)
    enter_agents(store, Hex(3), [parse_player("random")])
    rows = load_lab(store)
    with pytest.raises(InputError, match="rows of drop and hex; name one of these games"):
        rows.of_game()
    drop, hex_ = rows.of_game(NAME), rows.of_game("hex")
    assert len(drop.matches) == len(rows.matches) > 0
    assert len(drop.games) == len(rows.games)
    assert sorted([*drop.agents["id"], *hex_.agents["id"]]) == sorted(rows.agents["id"])
    assert (len(hex_.agents), len(hex_.matches), len(hex_.games)) == (1, 0, 0)
    with pytest.raises(InputError, match="no rows of chess, only of drop, hex"):
        rows.of_game("chess")
