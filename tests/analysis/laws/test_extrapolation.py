"""Laws judged on boards they have not seen, and the best network's size against compute."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.laws.extrapolation import extrapolation
from analysis.laws.model_size import fit_optimal_size
from games.errors import InputError

REFERENCE = Path(__file__).parents[2] / "data/jones_fig5_snapshots_reconstructed.csv"


def law_abiding_runs(boards=(3, 4, 5, 6)):
    """One run a board, exactly on a law: 600 Elo a decade, 500 a cell, plateau −250 a cell."""
    rows = [
        (f"b{board}", board, 10**x, min(max(600 * x - 500 * board - 3800, 400 - 250 * board), 0))
        for board in boards
        for x in np.linspace(7 + 0.4 * board, 8.5 + 0.9 * board, 300)
    ]
    return pd.DataFrame(rows, columns=["run_id", "boardsize", "train_flops", "elo"])


def runs_of_all_sizes():
    """Networks of size 10 to 10⁴ on two boards; each tops out at the Elo that its size allows.

    A network of size P plays 400·log10(P) − 2400 once it has had P² of compute, and nothing before;
    so at compute C the best one has size √C.
    """
    rows = []
    for board in (5, 6):
        for log_size in np.linspace(1, 4, 17):
            for x in np.linspace(2 * log_size, 8.5, 9):
                elo = 400 * log_size - 2400
                rows.append((f"{board}/{log_size}", board, 10**x, elo, 10**log_size))
    return pd.DataFrame(rows, columns=["run_id", "boardsize", "train_flops", "elo", "parameters"])


def test_boards_that_keep_to_one_law_foretell_each_other():
    table = extrapolation(law_abiding_runs())
    pairs = list(zip(table["largest_fitted"], table["boardsize"], strict=True))
    assert pairs == [(4, 4), (4, 5), (4, 6), (5, 5), (5, 6), (6, 6)]
    assert (table["residual_variance"] < 1e-3).all()


def test_a_board_that_breaks_the_law_is_not_foretold():
    runs = law_abiding_runs()
    slow = runs["train_flops"].where(runs["boardsize"] < 6, 30 * runs["train_flops"])
    table = extrapolation(runs.assign(train_flops=slow)).query("largest_fitted == 5")
    on_seen, on_unseen = table["residual_variance"]
    assert on_seen < 1e-3
    assert on_unseen > 0.05


def test_jones_figure_7():
    points = pd.read_csv(REFERENCE).rename(
        columns={"train_flops_jones": "train_flops", "elo_vs_best": "elo", "params_mac": "P"}
    )
    names = points[["boardsize", "width", "depth"]].astype(str)
    points["run_id"] = names.agg("/".join, axis=1)
    table = extrapolation(points).set_index(["boardsize", "largest_fitted"])["residual_variance"]
    # As recomputed by others from the paper's vector figure, by predicted board and largest fitted.
    expected = {(5, 4): 0.037, (6, 4): 0.022, (7, 6): 0.005, (8, 7): 0.018, (9, 8): 0.004}
    for cell, residual_variance in expected.items():
        assert table[cell] == pytest.approx(residual_variance, abs=6e-4), cell
    # The same source rebuilds the exponent as 0.71 of all parameters.
    assert fit_optimal_size(points, size="P", resamples=1).exponent == pytest.approx(0.7, abs=0.05)


def test_the_best_size_is_the_square_root_of_compute():
    fit = fit_optimal_size(runs_of_all_sizes(), resamples=20)
    assert fit.exponent == pytest.approx(0.5, abs=0.02)
    assert fit.climb_exponent == pytest.approx(0.5, abs=0.02)
    low, high = fit.interval()
    assert 0.3 < low <= fit.exponent <= high < 0.7
    assert fit.best.sort_values("flops")["size"].iloc[-1] == pytest.approx(1e4)


def test_sizes_must_be_there():
    with pytest.raises(InputError, match="lack the column parameters"):
        fit_optimal_size(law_abiding_runs())
    with pytest.raises(InputError, match="no positive number"):
        fit_optimal_size(law_abiding_runs().assign(parameters=0))
