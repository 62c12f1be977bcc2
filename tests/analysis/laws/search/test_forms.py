"""Forms of what search adds, on planted snapshots."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.laws.search.forms import search_forms

NODES = (1, 4, 16, 64, 256)
ERROR = 10.0


def planted(rise):
    """Six runs of five snapshots of raw strength −200 to −1,500, each at all numbers of nodes."""
    rng = np.random.default_rng(2)
    rows = []
    for run in range(6):
        for place, raw in enumerate(np.linspace(-1500, -200, 5) + 20 * run):
            for nodes in NODES:
                elo = rise(raw, np.log10(nodes)) + ERROR * rng.normal()
                rows.append((f"r{run}", 10 * run + place, nodes, elo, ERROR))
    return pd.DataFrame(rows, columns=["run_id", "snapshot_id", "nodes", "elo", "error"])


def fitted(rise):
    return {form.name: form for form in search_forms(planted(rise), resamples=20)}


def test_a_share_of_the_gap_is_told_from_elo_added():
    """Half of the gap for ten times the nodes."""
    forms = fitted(lambda raw, decades: raw * 0.5**decades)
    assert forms["share of the gap"].share[0] == pytest.approx(0.5, abs=0.01)
    assert forms["share of the gap"].misfit == pytest.approx(1, abs=0.3)
    assert forms["additive"].misfit > 10
    assert forms["interacting"].share[0] == pytest.approx(0.5, abs=0.03)


def test_elo_added_is_told_from_a_share_of_the_gap():
    forms = fitted(lambda raw, decades: raw + 60 * decades)
    value, low, high = forms["additive"].elo
    assert value == pytest.approx(60, abs=3)
    assert low <= value <= high
    assert forms["additive"].misfit == pytest.approx(1, abs=0.3)
    assert forms["share of the gap"].misfit > 3
    assert forms["additive"].share == (0, 0, 0)


def test_both_together_need_the_third_form():
    forms = fitted(lambda raw, decades: raw * 0.8**decades + 60 * decades)
    assert forms["interacting"].share[0] == pytest.approx(0.2, abs=0.02)
    assert forms["interacting"].elo[0] == pytest.approx(60, abs=10)
    assert forms["interacting"].misfit < forms["share of the gap"].misfit
    assert forms["interacting"].misfit < forms["additive"].misfit
