"""Compute saved by warm starts, on planted curves whose savings are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.studies.curves import first_met
from analysis.studies.transfer import AFRESH, MIXED, at_equal_compute, at_once, begun_with, saved


def run(teacher: int, seed: int, spent: float, speed: float) -> pd.DataFrame:
    """Blunders that fall as 1 / own compute, `speed` times as fast, once `spent` is spent."""
    own = np.concatenate([[0.0], np.geomspace(1, 1_000, 31)])
    rates = np.minimum(0.9, 10 / (speed * np.maximum(own, 1e-9)))
    return pd.DataFrame(
        {
            "boardsize": 5, "teacher": teacher, "seed": seed, "run_id": f"{teacher}-{seed}",
            "index": np.arange(len(own)), "samples": own, "train_flops": own + spent,
            "own_flops": own, "raw": rates, "searched": rates / 2,
        }
    )  # fmt: skip


def planted(speeds: dict[int, list[float]], spent: float) -> pd.DataFrame:
    """A cold run a seed, and warm ones of each teacher, so many times as fast."""
    cold = [run(AFRESH, seed, 0.0, 1.0) for seed in range(2)]
    warm = [
        run(teacher, seed, spent, speed)
        for teacher, own in speeds.items()
        for seed, speed in enumerate(own)
    ]
    return pd.concat([*cold, *warm], ignore_index=True)


def test_compute_saved_is_what_was_planted():
    """All get to 1 %: cold after 1,000, twice as fast after 500, to which 100 come."""
    found = saved(planted({4: [2.0, 2.0], 3: [1.0, 1.0]}, spent=100.0), "raw")
    by_teacher = {line["teacher"]: line for line in found.to_dict("records")}
    assert by_teacher[4]["level"] == pytest.approx(0.01)
    assert by_teacher[4]["own_factor"] == pytest.approx(2.0, rel=0.03)
    assert by_teacher[4]["factor"] == pytest.approx(1_000 / 600, rel=0.03)
    assert by_teacher[3]["factor"] == pytest.approx(1_000 / 1_100, rel=0.03), "it only cost"


def test_seeds_that_differ_make_an_interval():
    found = saved(planted({4: [2.0, 8.0]}, spent=0.0), "searched").iloc[0]
    assert found["own_factor"] == pytest.approx(4.0, rel=0.05)
    assert found["low"] < 2 < 8 < found["high"]
    assert found["seeds"] == 2


def test_what_is_known_at_once_is_the_first_snapshot():
    points = planted({4: [2.0, 2.0]}, spent=100.0)
    points.loc[(points["teacher"] == 4) & (points["index"] == 0), "raw"] = [0.2, 0.4]
    warm = at_once(points).set_index("teacher").loc[4]
    assert (warm["raw"], warm["raw_low"], warm["raw_high"]) == pytest.approx((0.3, 0.2, 0.4))


def test_a_curve_that_never_falls_to_the_level_has_no_answer():
    curve = pd.DataFrame({"x": [1.0, 10.0], "raw": [0.5, 0.4]})
    assert np.isnan(first_met(curve, "x", 0.3))
    assert first_met(curve, "x", 0.45) == pytest.approx(10**0.5)
    assert first_met(curve, "x", 0.6) == pytest.approx(1.0)


def test_at_equal_compute_all_are_read_where_the_shortest_ends():
    """Cold and mixed end at 1,000; the warm ones, 100 later, are read after 900 of their own."""
    points = planted({4: [2.0, 2.0], MIXED: [4.0, 4.0]}, spent=0.0)
    warm = points["teacher"] == 4
    points.loc[warm, "train_flops"] += 100
    found = at_equal_compute(points).set_index("teacher")
    assert found["train_flops"].tolist() == [1_000.0] * 3
    assert found["raw"].to_dict() == pytest.approx(
        {AFRESH: 0.01, 4: 10 / 2 / 900, MIXED: 0.0025}, rel=0.03
    )
    assert saved(points, "raw").set_index("teacher").loc[MIXED, "factor"] == pytest.approx(
        4, rel=0.03
    )


def test_what_runs_begin_with_is_told_in_words():
    told = [begun_with(teacher) for teacher in (AFRESH, MIXED, 5)]
    assert told == ["fresh", "fresh, smaller boards too", "those of 5×5"]
