"""The cube from planted bits: rates, constants, bins and coverage that are known beforehand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analysis.studies.three_way import (
    Sweep,
    coverage,
    coverage_law,
    cube,
    difficulty,
    even_coverage,
    sweeps,
    weighted_share,
)
from analysis.tables.cube import ALL, BEST, FIXED
from games.errors import InputError
from games.exact.populations import population
from games.hex import Hex

WON = 400
SNAPSHOT = {
    "id": 1, "run_id": "r0", "index": 0, "game": "hex", "boardsize": 4, "network": "8x2",
    "width": 8, "depth": 2, "parameters": 661, "seed": 0, "recipe": "efficient", "samples": 2_048,
    "train_flops": 1e8,
}  # fmt: skip


def sweep(blunders, c_puct=1.25, mass=None, wrong=False, **snapshot) -> Sweep:
    """Budgets 1, 2 … with these blunders [K, WON]; every fifth position is lost."""
    blunders = np.atleast_2d(blunders)
    count = WON * 5 // 4
    won = np.arange(count) % 5 < 4
    return Sweep(
        snapshot=SNAPSHOT | snapshot, c_puct=c_puct,
        budgets=tuple(2**k for k in range(len(blunders))), chosen=np.arange(count),
        weight=np.where(np.arange(count) < count // 2, 3.0, 1.0), won=won, blunders=blunders,
        wrong=np.full((len(blunders), count), wrong),
        mass=np.full(WON, 0.5) if mass is None else np.asarray(mass, float),
    )  # fmt: skip


def first(share: float) -> np.ndarray:
    """Blunders in the first of the won positions."""
    return np.arange(WON) < share * WON


def row(table: pd.DataFrame, **wanted) -> pd.Series:
    found = table
    for name, value in wanted.items():
        found = found[found[name] == value]
    assert len(found) == 1
    return found.iloc[0]


def test_rates_are_weighted_to_the_population():
    """The first half weighs three times as much: blunders in its half are 3/8 of all."""
    table = cube([sweep([first(0.25), first(0.0)], wrong=True)], 1.25)
    raw, searched = (row(table, stratum=ALL, tuning=FIXED, nodes=n) for n in (1, 2))
    assert raw["blunder_rate"] == pytest.approx(3 / 8)
    assert raw["effective"] == pytest.approx(WON * 4**2 / (2 * (9 + 1)))
    assert raw["value_sign_error"] == 1
    assert raw["positions"] == WON
    assert searched["test_flops"] == 2 * raw["test_flops"] > 0
    assert searched["blunder_rate"] == 0 < searched["blunder_error"] < 0.003


def test_the_error_is_that_of_a_binomial_where_weights_are_equal():
    events = np.arange(500) < 50
    share, error, effective = weighted_share(events, np.full(500, 0.2))
    assert (share, effective) == (pytest.approx(0.1), pytest.approx(500))
    assert error == pytest.approx((0.09 / 500) ** 0.5)


def test_a_constant_is_chosen_where_it_is_not_counted():
    """One blunders only in even places, the other only in odd ones: each looks perfect in a half,
    and is counted in the other."""
    even = np.arange(WON * 5 // 4) % 2 == 0
    won = np.arange(WON * 5 // 4) % 5 < 4
    found = [sweep(even[won], c_puct=0.6), sweep(~even[won], c_puct=2.5)]
    best = row(cube(found, 1.25), tuning=BEST)
    assert best["blunder_rate"] == 1
    assert best["c_puct"] == pytest.approx((0.6 * 2.5) ** 0.5)
    better = [sweep(first(0.5), c_puct=0.6), sweep(first(0.25), c_puct=2.5)]
    best = row(cube(better, 1.25), tuning=BEST)
    assert (best["blunder_rate"], best["c_puct"]) == (pytest.approx(3 / 8), pytest.approx(2.5))


def test_bins_of_difficulty_share_the_population_and_the_hardest_come_last():
    mass = np.linspace(1, 0, WON)
    table = cube([sweep(mass < 0.5, mass=mass)], 1.25, bins=4)
    binned = table[(table["stratum"] != ALL)].set_index("stratum")["blunder_rate"]
    assert binned.is_monotonic_increasing
    assert binned.iloc[0] == 0
    assert binned.iloc[-1] == 1
    hard = difficulty([sweep(first(0), mass=mass)])[4]
    assert np.nanmax(hard) == 1
    assert np.isnan(hard[4]), "it is lost"


def test_coverage_is_exact_and_its_exponent_foretold_by_the_spread():
    """Mass p spread as p^β below 1: draws that miss fall as k^−β."""
    beta = 0.4
    mass = ((np.arange(WON) + 0.5) / WON) ** (1 / beta)
    found = [dataclasses.replace(sweep(first(0), mass=mass), weight=np.ones(WON * 5 // 4))]
    drawn = coverage(found, [1, 2])
    assert drawn["coverage"].tolist() == pytest.approx([mass.mean(), (1 - (1 - mass) ** 2).mean()])
    law = coverage_law(found, [2**k for k in range(8)]).iloc[0]
    assert law["foretold"] == pytest.approx(-beta, abs=0.03)
    assert law["b"] == pytest.approx(-beta, abs=0.08)
    assert law["a"] < 0


def test_even_draws_cover_what_is_counted():
    """One draw wins as often as a random move: the complement of 69 % on 4×4 (docs/exact.md)."""
    even = even_coverage(4, [1, 4096])
    assert even[1] == pytest.approx(1 - 0.69, abs=0.006)
    assert even[4096] == pytest.approx(1)


def test_traces_judged_on_another_set_are_refused(lab_rows):
    shipped = population(Hex(4))
    assert shipped is not None
    snapshots = pd.DataFrame([SNAPSHOT])
    won = np.any(shipped.winning, axis=1)
    trace = {
        "snapshot_id": 1, "search": {"rule": {"c_puct": 2.5}}, "budgets": [1],
        "positions": len(won), "positions_id": f"{shipped.digest}/{len(won)}",
        "blunders": np.packbits(won[won]).tobytes(), "wrong_values": np.packbits(won).tobytes(),
        "winning_mass": np.zeros(won.sum(), "<f2").tobytes(),
    }  # fmt: skip
    rows = dataclasses.replace(lab_rows, snapshots=snapshots, traces=pd.DataFrame([trace]))
    (found,) = sweeps(rows)
    assert found.c_puct == 2.5
    assert found.blunders.all()
    np.testing.assert_array_equal(found.wrong[0], won)
    trace["positions_id"] = f"00000000/{len(won)}"
    rows = dataclasses.replace(rows, traces=pd.DataFrame([trace]))
    with pytest.raises(InputError, match="r0#0 was judged on positions that are not shipped"):
        sweeps(rows)
