"""Counts that can be checked by hand, intervals that keep their promise."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from analysis.figures.blunder_curves import blunders_by_compute, blunders_by_nodes
from analysis.statistics.bootstrap import wilson
from analysis.tables.blunder_rates import (
    blunder_points,
    count_blunders,
    last_snapshots,
    over_games,
    strongest,
)

# Five positions of three cells: two won by one move, one by two, two lost.
WINNING = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 0], [0, 0, 0]], bool)
MOVES = np.array([0, 2, 1, 0, 2])
VALUES = np.array([0.5, 0.1, -0.2, 0.0, -0.9])


def test_what_is_thrown_away_is_counted():
    counts = count_blunders(WINNING, MOVES, VALUES)
    assert (counts["won"], counts["blunders"]) == (3, 1)
    assert (counts["valued"], counts["wrong_values"]) == (5, 2), "0 is of no sign"
    assert "games" not in counts


def test_games_are_counted_once():
    counts = count_blunders(WINNING, MOVES, VALUES, np.array([7, 7, 7, 7, 9]))
    assert (counts["games"], counts["games_blundered"]) == (1, 1), "game 9 was lost all along"
    assert (counts["won"], counts["blunders"]) == (3, 1)
    counts = count_blunders(WINNING, MOVES, VALUES, np.array([1, 2, 3, 4, 5]))
    assert (counts["games"], counts["games_blundered"]) == (3, 1)


def test_without_a_won_position_there_is_no_rate():
    counts = count_blunders(WINNING[3:], MOVES[3:], VALUES[3:], np.array([1, 1]))
    assert (counts["won"], counts["games"]) == (0, 0)
    for name in ("blunders_low", "blunders_high", "games_low"):
        assert counts[name] is None
    assert counts["values_high"] > 0.5
    nothing = count_blunders(WINNING[:0], MOVES[:0], VALUES[:0], np.zeros(0, int))
    assert nothing["valued"] == 0
    assert nothing["values_low"] is None


@pytest.mark.parametrize(("events", "trials"), [(0, 9), (3, 10), (295, 295)])
def test_wilson_agrees_with_statsmodels(events, trials):
    expected = proportion_confint(events, trials, method="wilson")
    assert wilson(events, trials) == pytest.approx(expected, abs=1e-12)


def test_games_of_one_mind_are_worth_one_position_each():
    """Twenty games of ten positions; in two of them all goes wrong."""
    games = np.repeat(np.arange(20), 10)
    low, high = over_games(games < 2, games)
    assert low is not None
    assert high is not None
    narrow = wilson(20, 200)
    assert narrow[0] is not None
    assert narrow[1] is not None
    assert high - low > 2 * (narrow[1] - narrow[0])


def test_never_is_not_certainly_never():
    games = np.repeat(np.arange(20), 10)
    assert over_games(games < 0, games) == wilson(0, 20)
    assert over_games(games >= 0, games) == wilson(20, 20)


def test_intervals_over_games_cover_the_truth():
    """Rates of 0 to 60 % that differ from game to game; 200 studies of 60 games. A percentile
    bootstrap covers about 94 %; 181 of 200 is five standard deviations below 95 %."""
    rng, covered = np.random.default_rng(3), 0
    games = np.repeat(np.arange(60), 6)
    for _ in range(200):
        rate = rng.uniform(0, 0.6, 60)
        low, high = over_games(rng.random(360) < rate[games], games)
        covered += low is not None and high is not None and low <= 0.3 <= high
    assert covered > 174


def test_points_carry_network_compute_and_shares(lab_rows):
    points = blunder_points(lab_rows)
    assert len(points) == 90
    first = points.iloc[0]
    assert first["rate"] == first["blunders"] / first["won"]
    assert first["boardsize"] == 3
    assert first["train_flops"] > 0


def test_the_strongest_judged_snapshot_of_each_board_is_listed(lab_rows):
    points = blunder_points(lab_rows)
    agents = lab_rows.agents.assign(name="a").sort_values("id", ascending=False)
    lines = strongest(points, agents)
    assert [(line["boardsize"], line["nodes"]) for line in lines] == [
        (4, 1),
        (4, 64),
        (3, 1),
        (3, 64),
    ]
    assert all(line["fixed"] for line in lines)
    assert lines[0]["games"] is None
    assert lines[1]["games"]["games"] == 10


def test_blunders_are_drawn_against_compute_with_a_panel_a_board(lab_rows):
    points = blunder_points(lab_rows)
    fixed = points[points["source"] == "fixed"]
    figure = blunders_by_compute(fixed)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["3×3", "4×4"]
    for axes, (_, board) in zip(figure.axes, fixed.groupby("boardsize"), strict=True):
        assert axes.get_xscale() == "log"
        drawn = [np.asarray(line.get_ydata()) for line in axes.lines]
        assert sum(line.size == 5 for line in drawn) >= 6, "three runs, two searches"
        best = [line for line in axes.lines if line.get_linewidth() > 1.2]
        lowest = [100 * board[board["nodes"] == nodes]["rate"].min() for nodes in (1, 64)]
        assert [np.min(line.get_ydata()) for line in best] == pytest.approx(lowest)


def test_blunders_are_drawn_against_nodes_for_the_last_snapshots(lab_rows):
    points = blunder_points(lab_rows)
    last = last_snapshots(points[points["source"] == "fixed"])
    assert sorted(last["index"].unique()) == [4]
    figure = blunders_by_nodes(last)
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    thin = [
        line for line in axes.lines if line.get_linewidth() < 1 and np.size(line.get_xdata()) == 2
    ]
    assert [np.asarray(line.get_xdata()).tolist() for line in thin[-2:]] == [[1, 64], [1, 64]]
    assert len(axes.containers) == 1, "error bars for the largest network"
