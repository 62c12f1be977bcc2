"""Failures per winnable game, against counts done by hand."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from analysis.ratings.perfect_play import failures

AGENTS = pd.DataFrame(
    {"id": [1, 2, 3, 9], "kind": ["network"] * 3 + ["perfect"], "boardsize": [6, 6, 5, 6]}
)


def met(agent, as_black, as_white, games=64, white_games=None):
    """An agent's wins of so many games with either colour against the perfect player, 9."""
    white = games if white_games is None else white_games
    return [(agent, 9, as_black, games - as_black), (9, agent, white - as_white, as_white)]


def table(*rows):
    columns = ["black_id", "white_id", "black_wins", "white_wins"]
    found = failures(pd.DataFrame(itertools.chain(*rows), columns=columns), AGENTS)
    return {row["player"]: row for row in found.to_dict("records")}


def test_two_of_64_are_what_the_tables_say():
    """128 games from 64 openings, 62 won. Clopper & Pearson's 95 % limits of 2 of 64: 0.4 and
    10.8 %, from a table of the exact limits."""
    row = table(met(1, 40, 22))[1]
    assert (row["winnable"], row["failures"]) == (64, 2)
    assert row["rate"] == pytest.approx(2 / 64)
    assert (row["low"], row["high"]) == pytest.approx((0.0038, 0.1084), abs=2e-4)


def test_a_faultless_agent_fails_never_though_it_wins_half_of_its_games():
    """Rule of three: the upper limit of 0 of n at two-sided 95 % is 1 − 0.025^(1/n)."""
    row = table(met(1, 37, 27))[1]
    assert (row["failures"], row["low"]) == (0, 0)
    assert row["high"] == pytest.approx(1 - 0.025 ** (1 / 64))


def test_games_without_a_partner_tell_nothing():
    """Other agents' games and games among networks do not count either."""
    found = table(met(1, 10, 10, white_games=60), met(2, 40, 24), [(1, 2, 5, 5)])
    assert all(pd.isna(found[1][name]) for name in ("winnable", "failures", "rate", "low", "high"))
    assert found[2]["failures"] == 0
    assert list(found) == [1, 2]


def test_a_league_without_the_perfect_player_has_no_rows():
    assert table([(1, 2, 5, 5)]) == {}


def test_draws_are_half_of_what_was_on_offer():
    """Twelve openings. Eight are won for one colour: six such games won, one drawn, one lost, and
    the other eight lost as they had to be. Four are draws: seven games held, one lost. Dropped are
    ½ + 1 + ½ of twelve points; counting games won alone would make it six of twelve."""
    rows = [(1, 9, 3, 5, 4), (9, 1, 5, 3, 4)]
    columns = ["black_id", "white_id", "black_wins", "white_wins", "draws"]
    found = failures(pd.DataFrame(rows, columns=columns), AGENTS).iloc[0]
    assert (found["winnable"], found["failures"]) == (12, 2)
    assert found["rate"] == pytest.approx(1 / 6)
    # Clopper & Pearson's limits of 2 of 12.
    assert (found["low"], found["high"]) == pytest.approx((0.0209, 0.4841), abs=2e-4)


def test_who_holds_every_drawn_opening_drops_nothing():
    rows = [(1, 9, 0, 0, 8), (9, 1, 0, 0, 8)]
    columns = ["black_id", "white_id", "black_wins", "white_wins", "draws"]
    found = failures(pd.DataFrame(rows, columns=columns), AGENTS).iloc[0]
    assert (found["failures"], found["low"]) == (0, 0)
    assert found["high"] == pytest.approx(1 - 0.025 ** (1 / 8))
