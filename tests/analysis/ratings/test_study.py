"""The study of a lab with planted strengths, and what is said about it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from analysis.figures import wording
from analysis.laws.fits import fit_all
from analysis.laws.law import fit_law
from analysis.ratings.study import analyse
from analysis.report import findings
from analysis.report.example_game import pick_example
from analysis.report.exhibits.base import verdict
from games.errors import InputError
from tests.analysis.planted_lab import planted_lab


@pytest.fixture(scope="module")
def study(lab_rows):
    return analyse(lab_rows, splits=30)


@pytest.fixture(scope="module")
def fits(study):
    return fit_all(study, resamples=30)


def test_ratings_find_the_planted_strengths(study, lab_rows):
    """Planted Elo spans 450 and 600; 15 agents with 896 games each, seeded."""
    for board, span in zip(study.boards, (450, 600), strict=True):
        assert np.ptp(board.ratings.elo) == pytest.approx(span, abs=60)
        assert board.ratings.elo.max() == 0
        assert board.league.first_player_elo == pytest.approx(60, abs=20)  # planted: 60
        assert board.agents["elo"].is_monotonic_decreasing
        assert board.transitivity.p_value > 0.01


def test_matrices_run_from_the_weakest_to_the_strongest(study):
    board = study.boards[0]
    assert board.names == board.agents["name"].tolist()[::-1]
    assert board.win_rates[-1, 0] > 0.8
    np.testing.assert_allclose(board.win_rates + board.win_rates.T, 1 - 0 * board.win_rates)
    np.testing.assert_allclose(board.z, -board.z.T)
    assert np.isnan(np.diag(board.win_rates)).all()


def test_the_fit_finds_the_planted_law(fits):
    """400 Elo a decade, as coarse as five snapshots a run and 32 games a pair allow."""
    laws = fits.main.laws
    assert laws["league", "jones_flops"].law.elo_per_tenfold == pytest.approx(400, rel=0.15)
    assert laws["league", "jones_flops"].law.factor_per_size == pytest.approx(10**0.75, rel=0.2)
    assert laws["league", "train_flops"].law.elo_per_tenfold == pytest.approx(
        laws["league", "jones_flops"].law.elo_per_tenfold, rel=1e-3
    )


def test_another_kind_of_network_has_a_law_of_its_own(lab_rows):
    """Half of the runs of a board are convolutions of the same recipe."""
    runs = sorted(lab_rows.runs["id"])[::2]

    def renamed(frame, column):
        changed = frame[column].isin(runs)
        return frame.assign(network=frame["network"].where(~changed, "conv" + frame["network"]))

    kinds = dataclasses.replace(
        lab_rows,
        runs=renamed(lab_rows.runs, "id"),
        snapshots=renamed(lab_rows.snapshots, "run_id"),
        agents=renamed(lab_rows.agents, "run_id"),
    )
    plain, mixed = (analyse(rows, splits=4) for rows in (lab_rows, kinds))
    (recipe,) = plain.recipes
    told = {True: f"{recipe}, conv".removeprefix(", "), False: recipe}
    assert set(mixed.recipes) == set(told.values())
    points = mixed.points
    assert points["recipe"].tolist() == [told[run in runs] for run in points["run_id"]]
    assert points["elo"].tolist() == plain.points["elo"].tolist()


def test_a_chosen_zero_moves_only_its_own_board(lab_rows, study):
    weakest = study.boards[0].agents["player"].iloc[-1]
    moved = analyse(lab_rows, zero=weakest, splits=1)
    assert moved.boards[0].ratings.elo.min() == 0
    np.testing.assert_allclose(moved.boards[1].ratings.elo, study.boards[1].ratings.elo)


@pytest.fixture(scope="module")
def unfinished():
    """A lab whose runs on 5×5 end 240 Elo below perfect play; 3×3 and 4×4 reach it."""
    return planted_lab(networks=3, share=0.5, stages=("league", "nodes", "perfect"), short={5: 240})


def test_zero_is_perfect_play_where_agents_met_it(unfinished):
    rows, elo = unfinished
    study = analyse(rows, splits=10)
    assert [board.zero_name for board in study.boards] == ["perfect play"] * 3
    assert study.searchers is not None
    for rated in (study.rated["league"], study.searchers):
        here = rated.of(boardsize=5).points
        off = here["elo"] - here["player"].map(elo)
        assert abs(off.mean()) < 60  # the best agent's score in 128 games: about 40 Elo
    assert study.points["snapshot_id"].notna().all()
    assert "perfect play" in study.boards[0].agents["name"].tolist()
    assert "zero being perfect play, which" in findings.top(study)
    assert "5×5 (" in " ".join(findings.limits(study, fit_all(study, resamples=2)))
    assert "perfect play" not in study.boards[2].names


def test_a_board_that_no_agent_masters_looks_cheap_only_without_perfect_play(unfinished):
    """0.8 decades a board are planted. With the best agent as zero, 5×5 lies 0.6 to the left."""
    rows, _ = unfinished
    league = rows.matches[rows.matches["stage"] == "league"]
    decades = {}
    for name, own in (("perfect", rows), ("best", dataclasses.replace(rows, matches=league))):
        study = analyse(own, splits=20)
        rated = study.rated["league"].of(recipe="efficient")
        law = fit_law(rated.points, "jones_flops", rated.halves, resamples=1).law
        decades[name] = np.log10(law.factor_per_size)
        limits = " ".join(findings.limits(study, fit_all(study, resamples=2)))
        assert ("5×5: zero is the best agent" in limits) == (name == "best")
    assert decades["perfect"] == pytest.approx(0.8, abs=0.12)
    assert decades["best"] < 0.62


def test_snapshots_before_training_and_other_search_sizes_stay_out_of_the_curves(lab_rows):
    agents = lab_rows.agents.copy()
    agents.loc[0, ["samples", "train_flops", "jones_flops"]] = 0
    agents.loc[1, "nodes"] = 1
    study = analyse(dataclasses.replace(lab_rows, agents=agents), splits=1)
    assert len(study.points) == 28
    assert len(study.boards[0].agents) == 15


def test_one_board_has_ratings_and_curves_but_no_law(one_board_rows):
    study = analyse(one_board_rows, splits=5)
    fits = fit_all(study, resamples=5)
    assert fits.main.laws == {}
    assert "two board sizes" in fits.main.no_law
    assert len(fits.main.frontiers["train_flops"]) == 101
    assert "No law was fitted" in findings.summary(study, fits)
    assert "No law was fitted" in findings.limits(study, fits)[0]


def test_a_lab_without_matches_is_refused(lab_rows):
    with pytest.raises(InputError, match="no league's matches yet"):
        analyse(dataclasses.replace(lab_rows, matches=lab_rows.matches.iloc[:0]))


def test_the_summary_holds_the_fitted_numbers(study, fits):
    law = fits.main.laws["league", "jones_flops"].law
    said = findings.summary(study, fits)
    assert f"bought {round(law.elo_per_tenfold)} (95 % interval " in said
    assert f"needed by {law.factor_per_size:.1f}" in said
    assert "30 agents on 3×3 and 4×4" in said


def test_a_verdict_says_on_which_side_jones_lies():
    assert verdict((490, 530), 510) == "the interval includes Jones’s 510"
    assert verdict((100, 200), 510) == "the interval lies below Jones’s 510"
    assert verdict((-0.9, -0.8), -1.2, 1) == "the interval lies above Jones’s −1.2"
    assert verdict((np.nan, np.nan), 510) == "no interval to set beside Jones’s 510"


def test_limits_say_how_little_there_was(study, fits):
    said = " ".join(findings.limits(study, fits))
    assert "2 board sizes (3 to 4)" in said
    assert "3×3 and 4×4: fewer than 6 runs" in said


def test_warnings_name_duplicates_flags_failures_and_what_was_left_out(lab_rows):
    agents, runs, matches = lab_rows.agents.copy(), lab_rows.runs.copy(), lab_rows.matches.copy()
    agents.loc[0, "nodes"] = 1
    runs.loc[0, "status"] = "failed"
    loser = agents["id"].iloc[2]
    for side, other in (("black", "white"), ("white", "black")):
        lost = matches[f"{side}_id"] == loser
        matches.loc[lost, [f"{side}_wins", f"{other}_wins"]] = 0, 32
    rows = dataclasses.replace(lab_rows, agents=agents, runs=runs, matches=matches)
    said = findings.warnings(rows, analyse(rows, splits=1))
    assert any("3×3: 1 of 15 ratings are flagged (separated)" in warning for warning in said)
    assert any("28 of 13\u202f440 games (0.21 %) repeat" in warning for warning in said)
    assert any("1 rated snapshots are not in the curves" in warning for warning in said)
    assert any("1 runs failed: hex3-run0" in warning for warning in said)


def test_a_sound_lab_warns_of_duplicates_only(lab_rows, study):
    assert len(findings.warnings(lab_rows, study)) == 1


def test_the_example_is_seen_from_blacks_side(lab_rows, study):
    example = pick_example(lab_rows, study)
    assert example is not None
    assert (example.boardsize, example.winner, example.opening_plies) == (3, "black", 1)
    assert example.values == pytest.approx([0.2, 0.35, 0.5, 0.65, 0.8])
    assert example.network_values == pytest.approx(example.values / 2)
    assert [position.caption for position in example.positions] == [
        "Move 2: white plays a1, 76 % of the visits (prior 11 %). Value for black +0.35.",
        "Move 3: black plays b1, 76 % of the visits (prior 11 %). Value for black +0.50.",
        "Move 4: white plays c1, 76 % of the visits (prior 11 %). Value for black +0.65.",
        "Move 5: black plays b3, 76 % of the visits (prior 11 %). Value for black +0.80.",
        "Black wins with move 5.",
    ]


def test_no_example_without_an_analysed_game(lab_rows, study):
    games = lab_rows.games.assign(analysis=None)
    assert pick_example(dataclasses.replace(lab_rows, games=games), study) is None


def test_numbers_read_well():
    assert wording.number(-4399.6) == "−4\u202f400"
    assert wording.interval(-1.25, 2.5, 1) == "−1.2 to 2.5"
    assert wording.compute(3.21e12) == "3.2×10¹²"
    assert wording.compute(512) == "512"
    assert [wording.duration(s) for s in (5, 600, 9000)] == ["5.0 s", "10.0 min", "2.5 h"]
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
