"""`hexlaw rate` on labs: which game and board, and what only tables have."""

from __future__ import annotations

import json

import pytest

from training.store import Agent, Match, Store

WINS = {"hex": (3, 1), "columns": (9, 1)}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Two players of two games, on boards of the same size; both met in one tournament's name."""
    store = Store(tmp_path_factory.mktemp("two_games"))
    with store.session() as session:
        for game, (won, lost) in WINS.items():
            pair = [
                Agent(kind=spec, spec=spec, game=game, boardsize=4, search_id="")
                for spec in ("random", "gtp:x")
            ]
            session.add_all(pair)
            session.flush()
            session.add(
                Match(
                    tournament=f"t-{game}", round=0, black_id=pair[0].id, white_id=pair[1].id,
                    games=won + lost, distinct_games=won + lost, black_wins=won, white_wins=lost,
                )
            )  # fmt: skip
    return store.folder


def test_games_of_one_size_are_not_rated_together(lab, hexlaw, capsys):
    assert hexlaw("rate", "--lab", lab) == 2
    said = capsys.readouterr().err
    assert "holds matches of columns, hex; choose with --game" in said
    for game, (won, lost) in WINS.items():
        assert hexlaw("rate", "--lab", lab, "--game", game, "--json") == 0
        rows = json.loads(capsys.readouterr().out)["ratings"]
        assert [row["games"] for row in rows] == [won + lost] * 2
        assert [row["place"] for row in rows] == [1, 2]
    assert hexlaw("rate", "--lab", lab, "--game", "go") == 2
    assert "no games of that kind" in capsys.readouterr().err


def test_black_s_advantage_is_fitted_in_tables_alone(lab, hexlaw, capsys, tmp_path):
    table = tmp_path / "matches.csv"
    table.write_text("black,white,black_wins,white_wins\nA,B,6,2\nB,A,6,2\n")
    advantage = []
    averaged = ("--matches", table, "--no-first-player")
    for source in (("--lab", lab, "--game", "hex"), ("--matches", table), averaged):
        assert hexlaw("rate", *source, "--json") == 0
        advantage.append(json.loads(capsys.readouterr().out)["first_player_elo"])
    assert advantage == [0, pytest.approx(191, abs=20), 0]  # 400 log10(3)


def test_players_of_a_lab_are_compared_by_name(lab, hexlaw, capsys):
    flags = ("--lab", lab, "--game", "hex", "--json", "--compare", "random")
    assert hexlaw("rate", *flags, "gtp:x") == 0
    # Three wins in four, less the prior's half game: 400 log10(3.25 / 1.25) at most.
    assert 120 < json.loads(capsys.readouterr().out)["compare"]["lead"] < 191
    assert hexlaw("rate", *flags, "nobody") == 2
    assert "'nobody'" in capsys.readouterr().err
