"""Ratings against published numbers, statsmodels, choix and simulated truth."""

from __future__ import annotations

import itertools

import choix
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.ratings import results
from analysis.ratings.bradley_terry import ELO, rate
from analysis.ratings.transitivity import transitivity
from games.errors import InputError


def match(black, white, black_wins, white_wins):
    return {"black": black, "white": white, "black_wins": black_wins, "white_wins": white_wins}


def both_colours(first, second, win_rate, games=100_000):
    """Rows in which `first` scores `win_rate` with either colour."""
    wins, losses = win_rate * games, (1 - win_rate) * games
    return [match(first, second, wins, losses), match(second, first, losses, wins)]


def played(theta, pairs, games, rng, delta=0.0):
    """Simulated matches: P(black wins) from the Elo formula, in natural-log units."""
    black, white = np.array(pairs).T
    chance = 1 / (1 + np.exp(-(theta[black] - theta[white] + delta)))
    wins = rng.binomial(games, chance)
    return pd.DataFrame(match(black, white, wins, games - wins))


def elo_of(rated):
    return dict(zip(rated.players, rated.elo, strict=True))


@pytest.fixture
def league():
    """Twelve players of known strength, all pairs in both colours, 64 games each, δ = 0.4."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=12)
    return played(theta, list(itertools.permutations(range(12), 2)), 64, rng, delta=0.4)


def test_golden_three_player_chain():
    """75 %, 75 % and 90 % are −191, 0 and +191 Elo (KataGo's elo.py prints these)."""
    rows = both_colours("A", "B", 0.75) + both_colours("B", "C", 0.75) + both_colours("A", "C", 0.9)
    rated = rate(pd.DataFrame(rows), zero="B")
    assert elo_of(rated) == pytest.approx({"A": 190.85, "B": 0, "C": -190.85}, abs=0.01)
    assert rated.first_player_elo == pytest.approx(0, abs=1e-6)
    assert rated.flags == [(), (), ()]


def test_best_player_is_zero_by_default():
    rated = rate(pd.DataFrame(both_colours("A", "B", 0.25)))
    assert rated.zero == "B"
    assert elo_of(rated) == pytest.approx({"A": -190.85, "B": 0}, abs=0.01)


def test_statsmodels_glm_gives_the_same_ratings_errors_and_first_player_term(league):
    design = np.zeros((len(league), 12))
    rows = np.arange(len(league))
    design[rows, league["black"]] += 1
    design[rows, league["white"]] -= 1
    design[:, 0] = 1  # player 0 is the reference; its column holds black's advantage
    glm = sm.GLM(league[["black_wins", "white_wins"]], design, family=sm.families.Binomial()).fit()

    rated = rate(league, zero=0, prior_games=0)
    np.testing.assert_allclose(rated.elo[1:], ELO * glm.params.to_numpy()[1:], atol=0.01)
    np.testing.assert_allclose(rated.se[1:], ELO * glm.bse.to_numpy()[1:], rtol=1e-4)
    # The N(0, 500 Elo) prior pulls the first-player term by less than a hundredth of its error.
    assert rated.first_player_elo == pytest.approx(ELO * glm.params.iloc[0], abs=0.05)
    assert rated.first_player_se == pytest.approx(ELO * glm.bse.iloc[0], rel=1e-3)


def test_choix_gives_the_same_ratings_without_the_first_player_term(league):
    games = []
    for row in league.itertuples():
        games += [(row.black, row.white)] * row.black_wins
        games += [(row.white, row.black)] * row.white_wins
    params = choix.ilsr_pairwise(12, games)
    rated = rate(league, zero=0, first_player=False, prior_games=0)
    np.testing.assert_allclose(rated.elo, ELO * (params - params[0]), atol=0.01)


def test_the_virtual_draws_move_a_well_played_league_by_less_than_its_errors(league):
    shift = rate(league, zero=0).elo - rate(league, zero=0, prior_games=0).elo
    assert np.abs(shift).max() < 1


def test_intervals_cover_the_truth():
    """95 % intervals of every difference, 250 seeded leagues: coverage within 93–97 %.

    Differences of one league are dependent; over 250 leagues the coverage's standard error is
    about 0.6 %, so the bounds are three of them away.
    """
    rng = np.random.default_rng(1)
    pairs = list(itertools.permutations(range(8), 2))
    covered = []
    for _ in range(250):
        theta = rng.normal(size=8)
        rated = rate(played(theta, pairs, 16, rng, delta=0.3))
        for i, j in itertools.combinations(range(8), 2):
            lead, se = rated.difference(i, j)
            covered.append(abs(lead - ELO * (theta[i] - theta[j])) < 1.96 * se)
    assert 0.93 < np.mean(covered) < 0.97


def test_the_prior_does_not_bend_a_ladder_of_1500_agents():
    """Neighbours only, results exactly as expected, so only a prior could bend the slope."""
    gap = 0.3  # 52 Elo a rung, 78,000 Elo in all
    rung = np.arange(1499)
    wins, losses = 32 / (1 + np.exp(-gap)), 32 / (1 + np.exp(gap))
    up = pd.DataFrame(match(rung + 1, rung, wins, losses))
    down = pd.DataFrame(match(rung, rung + 1, losses, wins))
    rated = rate(pd.concat([up, down]), zero=0)
    slope = np.polyfit(np.arange(1500) * gap * ELO, rated.elo, 1)[0]
    assert 0.98 < slope < 1.001


def test_a_clone_changes_nothing(league):
    clone = league[(league["black"] == 3) | (league["white"] == 3)].replace(
        {"black": {3: 99}, "white": {3: 99}}
    )
    without, cloned = rate(league, zero=0), rate(pd.concat([league, clone]), zero=0)
    elo = elo_of(cloned)
    assert elo[99] == pytest.approx(elo[3], abs=1e-6)
    # Its games are evidence about the others too, so equality is only within their errors.
    shift = cloned.elo[:12] - without.elo
    assert np.abs(shift).max() < without.se.max()


def test_a_clone_changes_nothing_where_the_ratings_fit_exactly():
    rows = both_colours("A", "B", 0.75) + both_colours("B", "C", 0.75) + both_colours("A", "C", 0.9)
    clone = both_colours("A", "b", 0.75) + both_colours("b", "C", 0.75)
    elo = elo_of(rate(pd.DataFrame(rows + clone), zero="B"))
    assert elo == pytest.approx({"A": 190.85, "B": 0, "C": -190.85, "b": 0}, abs=0.02)


def test_row_order_and_splitting_change_nothing(league):
    halves = pd.concat([league.assign(black_wins=0), league.assign(white_wins=0)])
    shuffled = halves.sample(frac=1, random_state=0)
    np.testing.assert_allclose(rate(shuffled).elo, rate(league).elo, atol=1e-6)


def test_self_pairs_are_left_out(league):
    mirror = pd.DataFrame([match(3, 3, 1000, 0)])
    rated = rate(pd.concat([league, mirror]))
    np.testing.assert_allclose(rated.elo, rate(league).elo, atol=1e-6)
    assert rated.games[3] == 2 * 11 * 64


def test_a_player_that_only_played_itself_is_flagged():
    rows = [*both_colours("A", "B", 0.7, 10), match("C", "C", 5, 5)]
    rated = rate(pd.DataFrame(rows))
    assert rated.flags == [(), (), (results.UNPLAYED,)]
    assert np.isfinite(rated.elo).all()


def test_a_draw_is_half_a_win_each():
    drawn = pd.DataFrame([{**match("A", "B", 10, 4), "draws": 6}])
    halves = pd.DataFrame([match("A", "B", 13, 7)])
    np.testing.assert_allclose(rate(drawn).elo, rate(halves).elo, atol=1e-9)


@pytest.mark.parametrize("games", [1, 100, 1_000_000])
def test_won_and_lost_everything_is_finite_and_flagged(games):
    rows = both_colours("A", "B", 1.0, games) + both_colours("B", "C", 0.6, 50)
    rated = rate(pd.DataFrame([*rows, *both_colours("C", "D", 1.0, games)]))
    assert rated.flags == [(results.SEPARATED,), (), (), (results.SEPARATED,)]
    assert np.isfinite(rated.elo).all()
    assert np.isfinite(rated.se).all()
    assert rated.zero == ("B" if games == 1 else "A")  # two wins do not make the best
    elo = elo_of(rated)
    assert elo["A"] > elo["B"] > elo["C"] > elo["D"]


def test_two_players_with_one_winner_are_both_flagged():
    rated = rate(pd.DataFrame(both_colours("A", "B", 1.0, 10)))
    assert rated.flags == [(results.SEPARATED,)] * 2
    assert rated.elo[1] == pytest.approx(0, abs=1500)


def test_disconnected_groups_are_finite_flagged_and_keep_their_inner_differences():
    main = both_colours("A", "B", 0.75) + both_colours("B", "C", 0.75) + both_colours("A", "C", 0.9)
    rated = rate(pd.DataFrame(main + both_colours("X", "Y", 0.75)))
    assert rated.flags == [(), (), (), (results.DISCONNECTED,), (results.DISCONNECTED,)]
    assert rated.difference("X", "Y")[0] == pytest.approx(190.85, abs=0.01)
    assert rated.difference("X", "Y")[1] < 2
    assert rated.difference("A", "X")[1] > 1000  # nobody knows how far the groups are apart


def test_one_colour_data_keep_both_sides_wins():
    """boardlaw's `symmetrize` turned these into 0 wins for both sides."""
    rated = rate(pd.DataFrame([match("A", "B", 90, 10)]))
    assert rated.flags == [(results.ONE_COLOUR,)] * 2
    lead, se = rated.difference("A", "B")
    assert 0 < lead < 382  # part of 90 % goes to the first-player term
    assert se > 300  # and how much, is not known
    assert lead + rated.first_player_elo == pytest.approx(382, abs=5)


def test_black_always_winning_is_the_first_players_advantage():
    rated = rate(pd.DataFrame([match("A", "B", 100, 0), match("B", "A", 100, 0)]))
    assert rated.difference("A", "B")[0] == pytest.approx(0, abs=1e-6)
    assert 500 < rated.first_player_elo < 2000
    assert rated.flags == [(), ()]


def test_superiority_uses_the_covariance(league):
    rated = rate(league)
    strongest, weakest = np.argmax(rated.elo), np.argmin(rated.elo)
    assert rated.superiority(strongest, weakest) > 0.9999
    assert rated.superiority(weakest, strongest) < 1e-4
    assert rated.superiority(weakest, weakest) == 0.5
    # Two players who met often, tied loosely to a third, are known better against each other.
    rows = both_colours("A", "B", 0.5, 10_000) + both_colours("B", "C", 0.5, 10)
    rated = rate(pd.DataFrame(rows), zero="C")
    assert rated.difference("A", "B")[1] < 5 < 50 < rated.se[0]


def test_rock_paper_scissors_is_reported_as_cyclic():
    rows = both_colours("R", "S", 0.8, 100) + both_colours("S", "P", 0.8, 100)
    matches = pd.DataFrame(rows + both_colours("P", "R", 0.8, 100))
    rated = rate(matches)
    np.testing.assert_allclose(rated.elo, 0, atol=1e-6)
    report = transitivity(matches, rated)
    assert report.cyclic_share == pytest.approx(1)
    assert report.noise_share < 0.05
    assert report.p_value < 0.005
    assert report.pairs["z"].abs().to_numpy() == pytest.approx([8.485] * 3, rel=1e-3)


def test_transitive_results_are_not_reported_as_cyclic(league):
    """Seeded: the residuals of a true Bradley–Terry league are noise, p far from 0 and 1."""
    report = transitivity(league, rate(league))
    assert 0.02 < report.p_value < 0.98
    assert report.cyclic_share < 3 * report.noise_share
    assert len(report.pairs) == 66


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda m: m.drop(columns="white"), "lack the columns white"),
        (lambda m: m.assign(black_wins=-1), "match row 0"),
        (lambda m: m.assign(white_wins=np.nan), "match row 0"),
        (lambda m: m.assign(black_wins="many"), "must be numbers"),
        (lambda m: m.assign(black=None), "match row 0"),
        (lambda m: m.assign(white=m["black"]), "nothing to rate"),
        (lambda m: m.iloc[:0], "nothing to rate"),
    ],
)
def test_bad_rows_are_refused_in_one_line(change, complaint, league):
    with pytest.raises(InputError, match=complaint) as caught:
        rate(change(league))
    assert "\n" not in str(caught.value)


def test_an_unknown_zero_is_refused(league):
    with pytest.raises(InputError, match="'nobody'"):
        rate(league, zero="nobody")
    with pytest.raises(InputError, match="'nobody'"):
        rate(league).superiority("nobody", 1)


def test_table_lists_the_strongest_first(league):
    table = rate(league).table()
    assert table["elo"].is_monotonic_decreasing
    assert table["elo"].iloc[0] == table["se"].iloc[0] == 0
    np.testing.assert_allclose(table["high"] - table["low"], 2 * 1.96 * table["se"])


def test_the_best_is_zero_though_it_won_everything():
    """As in the league in the paper's convention, whose best 6×6 agent won 40 of 40."""
    rows = both_colours("A", "B", 1.0, 20) + both_colours("B", "C", 0.6, 20)
    rows += both_colours("A", "C", 1.0, 20) + both_colours("new", "A", 1.0, 1)
    rated = rate(pd.DataFrame([*rows, match("C", "D", 1, 0)]), first_player=False)
    assert rated.zero == "A"
    assert elo_of(rated)["new"] > 0
    rated = rate(pd.DataFrame(rows[:6]), first_player=False)
    assert rated.zero == "A"
    assert rated.flags[0] == (results.SEPARATED,)
    assert rated.elo.max() == 0
