"""What a level of Elo takes, on frontiers planted by hand and on Jones's own data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.laws import published
from analysis.laws.frontier import sample_frontiers
from analysis.laws.needs import PARTS, Needs, needs

REFERENCE = Path(__file__).parents[2] / "data/jones_fig5_snapshots_reconstructed.csv"


def planted(boards=(4, 5, 6), parameters=4.0, samples=3.0):
    """One run a board: 100·4^B parameters, and −1000 + 500·log10(samples / 10³·3^B) Elo; 64 nodes.

    At any Elo the next board takes 4 times the parameters and 3 times the samples.
    """
    rows = []
    for board in boards:
        size = 100 * parameters**board
        for seen in 1000 * samples**board * np.logspace(0, 2.2, 23):
            elo = min(-1000 + 500 * np.log10(seen / (1000 * samples**board)), 0)
            rows.append((f"b{board}", board, size, seen, 64 * size * seen, elo))
    columns = ["run_id", "boardsize", "parameters", "samples", "jones_flops", "elo"]
    return pd.DataFrame(rows, columns=columns)


def found(points, **options):
    return needs(sample_frontiers(points, "jones_flops", resamples=3), points, **options)


def test_factors_of_parameters_and_samples_are_those_planted():
    need = found(planted())
    assert need.factor("parameters") == pytest.approx((4, 4, 4))
    assert need.factor("samples") == pytest.approx((3, 3, 3))
    assert need.factor("flops") == pytest.approx((12, 12, 12))
    # −400 to −150 Elo is 1.2 to 1.7 decades above 10³·3^B; their mean is 1.45.
    assert need.boards["samples"].to_numpy() == pytest.approx(
        1000 * 3.0 ** np.array([4, 5, 6]) * 10**1.45
    )


def test_at_one_level_it_is_where_the_frontier_crosses_it():
    need = found(planted(), levels=(-50.0,))
    assert need.boards["samples"].to_numpy() == pytest.approx(
        1000 * 3.0 ** np.array([4, 5, 6]) * 10**1.9
    )


def test_a_board_that_does_not_climb_through_all_levels_is_left_out():
    points = planted()
    late = points[(points["boardsize"] > 4) | (points["elo"] > -300)]
    assert found(late.reset_index(drop=True)).boards["boardsize"].tolist() == [5, 6]
    short = points[(points["boardsize"] > 4) | (points["elo"] < -200)]
    assert found(short.reset_index(drop=True)).boards["boardsize"].tolist() == [5, 6]
    alone = found(planted(boards=(4,)))
    assert np.isnan(alone.factor("samples")).all()
    nothing = found(points[points["elo"] < -500].reset_index(drop=True))
    assert nothing.boards.empty
    assert nothing.draws.shape == (3, 0, 3)


def test_what_jones_needed_comes_from_his_figure():
    jones = pd.read_csv(REFERENCE).rename(
        columns={
            "train_flops_jones": "jones_flops",
            "elo_vs_best": "elo",
            "params_mac": "parameters",
        }
    )
    names = jones[["boardsize", "width", "depth"]].astype(str)
    jones["run_id"] = names.agg("-".join, axis=1)
    sample = sample_frontiers(jones, "jones_flops", resamples=200)
    for levels, told in (
        ({}, published.NEEDS),
        ({"levels": (published.NEAR_PERFECT,)}, published.NEAR_PERFECT_NEEDS),
    ):
        need = needs(sample, jones, **levels)
        assert need.boards["boardsize"].tolist() == list(told)
        for row in need.boards.to_dict("records"):
            for part in PARTS:
                value, *limits = getattr(told[row["boardsize"]], part)
                assert row[part] == pytest.approx(value, rel=1e-3), (row["boardsize"], part)
                # Of 200 draws instead of 1,000.
                ends = row[f"{part}_low"], row[f"{part}_high"]
                assert ends == pytest.approx(limits, rel=0.5), (row["boardsize"], part)
    need = needs(sample, jones)
    for boards, told in published.SPLIT.items():
        places = [published.BOARD_SIZES[1:].index(size) for size in boards]
        own = Needs(need.boards.iloc[places], need.draws[:, places])
        for part in PARTS:
            assert own.factor(part) == pytest.approx(getattr(told, part), rel=0.05), part
    # An independent recomputation counted 659, 1,159, 1,611 and 1,135 learner steps.
    steps = [
        published.NEAR_PERFECT_NEEDS[size].samples[0] / published.LEARNER_BATCH
        for size in published.SMALL_BOARDS
    ]
    assert steps == pytest.approx([659, 1159, 1611, 1135], abs=1)
