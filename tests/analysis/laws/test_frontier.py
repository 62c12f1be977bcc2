"""The frontier and its law, on planted laws and on Jones's published figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.laws import published
from analysis.laws.frontier import frontiers
from analysis.laws.law import DERIVED, Law, fit_law, quality
from games.errors import InputError

REFERENCE = Path(__file__).parents[2] / "data/jones_fig5_snapshots_reconstructed.csv"
PLANTED = Law(600.0, -500.0, -3800.0, -250.0, 400.0)


def planted_runs(boards=(3, 4, 5, 6), runs=6, noise=20.0, snapshots=15, seed=0):
    """Runs on a planted law that stop early by different amounts, with rating noise in Elo.

    Written out from the paper's formula, not through `Law.elo`.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for board in boards:
        take_off, perfect = (
            (400.0 - 250.0 * board + 3800 + 500 * board) / 600,
            (3800 + 500.0 * board) / 600,
        )
        for run in range(runs):
            stop = perfect + 0.5 - 0.7 * run * (perfect - take_off) / runs
            for log_flops in np.linspace(take_off - 0.7, stop, snapshots):
                incline = 600 * log_flops - 500 * board - 3800
                elo = min(max(incline, 400 - 250 * board), 0) + noise * rng.normal()
                rows.append((f"b{board}r{run}", board, 10**log_flops, elo))
    return pd.DataFrame(rows, columns=["run_id", "boardsize", "train_flops", "elo"])


def test_a_frontier_by_hand():
    """Two runs: one ends early at −50 and is kept; the other starts late and overtakes it."""
    points = pd.DataFrame(
        [("a", 3, 1e0, -100), ("a", 3, 1e2, -50), ("b", 3, 1e1, -90), ("b", 3, 1e4, 0)],
        columns=["run_id", "boardsize", "train_flops", "elo"],
    )
    frontier = frontiers(points)
    assert len(frontier) == 101
    at = dict(zip(frontier["flops"].round(6), frontier["elo"], strict=True))
    # log10 compute:    0           1           2           3                    4
    assert [at[10.0**k] for k in range(5)] == pytest.approx([-100, -75, -50, -30, 0])


def test_an_exact_law_is_recovered_exactly():
    fit = fit_law(planted_runs(noise=0.0, snapshots=200), resamples=20)
    # Straight lines between grid points and snapshots cut the law's kinks by a few Elo.
    assert fit.law.incline_flops == pytest.approx(600, rel=0.01)
    assert fit.law.factor_per_size == pytest.approx(10 ** (500 / 600), rel=0.02)
    assert fit.law.plateau_size == pytest.approx(-250, rel=0.02)
    assert fit.quality.rmse < 6
    assert fit.quality.r2 > 0.999


def test_a_noisy_planted_law_lies_within_its_intervals():
    """Seeded: 24 runs, 20 Elo of noise; all five coefficients and the derived numbers."""
    fit = fit_law(planted_runs(seed=3), resamples=200)
    for name in (*Law._fields, *DERIVED):
        low, high = fit.interval(name, 0.99)
        assert low < getattr(fit.law, name) < high, name
    low, high = fit.interval("elo_per_tenfold", 0.99)
    assert low < 600 < high
    low, high = fit.interval("factor_per_size", 0.99)
    assert low < 10 ** (500 / 600) < high
    assert fit.runs == {3: 6, 4: 6, 5: 6, 6: 6}


def test_the_units_of_compute_only_move_the_constant():
    points = planted_runs()
    once, thousandfold = (
        fit_law(points, resamples=1),
        fit_law(points.assign(train_flops=1e3 * points["train_flops"]), resamples=1),
    )
    assert thousandfold.law.incline_flops == pytest.approx(once.law.incline_flops, rel=1e-4)
    assert thousandfold.law.factor_per_size == pytest.approx(once.law.factor_per_size, rel=1e-4)


def test_the_same_seed_gives_the_same_intervals():
    points = planted_runs()
    first, second, other = (fit_law(points, resamples=20, seed=seed) for seed in (5, 5, 6))
    # To nine digits: least squares does not end on the same last bit twice.
    np.testing.assert_allclose(first.draws, second.draws, rtol=1e-9)
    assert not np.allclose(first.draws, other.draws, rtol=1e-3)


def test_the_last_digits_of_ratings_move_nothing():
    """Nine points that several laws describe almost equally well, as a tiny run leaves them."""
    points = pd.DataFrame(
        [
            ("a", 3, 2.7e5, -117.421266), ("a", 3, 8.1e5, -117.421266),
            ("a", 3, 2.2e6, 0.0), ("b", 3, 5.8e5, -117.421266),
            ("b", 3, 1.7e6, -174.502282), ("b", 3, 4.7e6, -174.502282),
            ("c", 4, 9.5e5, -113.411447), ("c", 4, 2.9e6, 0.0), ("c", 4, 7.6e6, -226.822893),
        ],
        columns=["run_id", "boardsize", "train_flops", "elo"],
    )  # fmt: skip
    fits = []
    for digits in (0.0, 1e-13, -1e-13):
        nudge = 1 + digits * np.arange(len(points))
        fits.append(fit_law(points.assign(elo=points["elo"] * nudge), resamples=20))
    np.testing.assert_allclose([fit.law for fit in fits], [fits[0].law] * 3, rtol=1e-9)
    np.testing.assert_allclose([fit.draws for fit in fits], [fits[0].draws] * 3, rtol=1e-9)


def test_boards_without_a_plateau_leave_its_coefficients_undetermined():
    points = planted_runs(noise=5.0)
    fit = fit_law(points.query("elo > 500 - 250 * boardsize"), resamples=20)
    assert np.isnan([fit.law.plateau_size, fit.law.plateau_constant]).all()
    assert np.isnan(fit.interval("plateau_size")).all()
    assert fit.law.incline_flops == pytest.approx(600, rel=0.05)


def test_boards_that_never_take_off_leave_the_incline_undetermined():
    points = planted_runs(noise=0.0)
    fit = fit_law(points.query("elo <= 400 - 250 * boardsize"), resamples=5)
    assert np.isnan(fit.law.elo_per_tenfold)
    assert np.isnan(fit.interval("factor_per_size")).all()
    assert fit.law.plateau_size == pytest.approx(-250, rel=0.01)


def test_jones_table_iii_gives_his_claims():
    assert published.LAW.elo_per_tenfold == pytest.approx(published.ELO_PER_TENFOLD.value, rel=0.03)
    assert published.LAW.factor_per_size == pytest.approx(published.FACTOR_PER_SIZE.value, rel=0.01)
    assert published.LAW.win_rate_at_double == pytest.approx(0.71, abs=0.01)
    elo = published.LAW.elo(np.array([1.0, 1e15, 1e20]), np.array([9, 9, 9]))
    assert elo == pytest.approx([570 - 270 * 9, 510 * 15 - 430 * 9 - 4400, 0])


def test_jones_figure_5_gives_table_iii():
    points = pd.read_csv(REFERENCE).rename(
        columns={"train_flops_jones": "jones_flops", "elo_vs_best": "elo"}
    )
    names = points[["boardsize", "width", "depth"]].astype(str)
    points["run_id"] = names.agg("/".join, axis=1)
    fit = fit_law(points, "jones_flops", resamples=100)
    assert list(fit.law) == pytest.approx([505.6, -430.1, -4399, -268.4, 575.0], abs=0.5)
    assert (fit.quality.rmse, fit.quality.points) == (pytest.approx(58, abs=1), 707)
    # Table III prints two digits; ours round to them, or lie within our own interval of them.
    for name, printed in zip(Law._fields, published.LAW, strict=True):
        low, high = fit.interval(name)
        assert low <= printed <= high, name
    assert quality(published.LAW, fit.frontiers).residual_variance < 0.01


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda p: p[p["boardsize"] == 3], "two board sizes"),
        (lambda p: p.assign(elo=np.nan), "no rating or no positive compute"),
        (lambda p: p.assign(train_flops=0.0), "no rating or no positive compute"),
        (lambda p: p.assign(train_flops=-1.0), "no rating or no positive compute"),
        (lambda p: p.assign(train_flops=np.inf), "no rating or no positive compute"),
        (lambda p: p.drop(columns="run_id"), "lack the columns run_id"),
        (lambda p: p.iloc[:0], "no rated snapshots"),
        (lambda p: p.assign(run_id="one"), "two board sizes"),
        (lambda p: pd.concat([p, p.iloc[:1]]), "rated twice at the same compute"),
    ],
)
def test_bad_points_are_refused_in_one_line(change, complaint):
    with pytest.raises(InputError, match=complaint) as caught:
        fit_law(change(planted_runs()))
    assert "\n" not in str(caught.value)
