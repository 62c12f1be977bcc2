"""Tables and figures of the λ ablation, on rows with planted answers."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from analysis.studies.lambda_figures import elo_by_nodes, sharpness_by_nodes
from analysis.studies.lambda_tables import (
    across,
    against_published,
    equal_c,
    equal_constants,
    gain,
    mean_interval,
    own_play,
    per_decade,
)

SLOPES = {"jones": 100.0, "grill 0.5": 130.0, "grill 1": 90.0}


@pytest.fixture
def points():
    """Elo rises with log nodes as planted; runs and snapshots differ in level and steepness."""
    rows = [
        {
            "run_id": f"r{run}", "index": index, "play": play, "nodes": nodes,
            "elo": -900 + 100 * index + (slope + 5 * run + 10 * index) * np.log10(nodes),
        }
        for run, index, (play, slope), nodes in itertools.product(
            range(4), (0, 2), SLOPES.items(), (1, 10, 100)
        )
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def judged():
    """Entropy is log c under `grill c`; the published rule's is that of c = √½ in run a."""
    entropy = {"grill 1": np.log(1), "grill 0.5": np.log(0.5), "grill 2": np.log(2)}
    published = {"a": np.log(0.5) / 2, "b": np.log(3)}
    rows = [
        {
            "trained": "jones", "train_nodes": 64, "run_id": run, "play": play, "nodes": 64,
            "entropy": value, "rate": 0.1 if run == "a" else 0.3,
        }
        for run in "ab"
        for play, value in ({"jones": published[run]} | entropy).items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_slopes_and_gains_are_compared_within_runs(points):
    slopes = per_decade(points)
    np.testing.assert_allclose(slopes["jones"], [110, 115, 120, 125])
    np.testing.assert_allclose(slopes["grill 0.5"] - slopes["jones"], 30)
    np.testing.assert_allclose(gain(points, 10, 100)["grill 1"], [100, 105, 110, 115])


def test_an_interval_is_student_s():
    # mean 2, standard error 1/√3, t(0.975, 2) = 4.3027
    assert mean_interval(pd.Series([100.0, 200.0, 300.0])) == "200 ± 248"


def test_the_equal_constant_lies_where_entropies_meet(judged):
    found = equal_c(judged)
    assert found[0] == pytest.approx(np.sqrt(0.5))
    assert np.isnan(found[1])  # beyond the largest constant tried


def test_blunders_are_shown_by_who_trained_and_who_plays(judged):
    assert own_play(judged) == {"jones, 64 nodes": {"64 nodes": "20.0 (10.0–30.0)"}}
    (row,) = across(judged, 64, 64).values()
    assert list(row) == ["jones", "grill 0.5", "grill 1", "grill 2"]


def test_blunders_are_compared_within_runs(judged):
    worse = judged["play"] == "grill 2"
    judged.loc[worse, "rate"] += np.where(judged.loc[worse, "run_id"] == "a", 0.02, 0.04)
    # mean 3, standard error 1, t(0.975, 1) = 12.706
    assert against_published(judged)["grill 2"] == {"64 nodes": "3.0 ± 12.7"}


def test_the_equal_constant_is_told_for_each_search(judged):
    assert equal_constants(judged) == {"64 nodes": {"c": "0.71 (0.71–0.71)"}}


def test_figures_name_every_rule(points, judged):
    for figure, count in ((elo_by_nodes(points), 3), (sharpness_by_nodes(judged), 4)):
        labels = [text.get_text() for text in figure.legends[0].get_texts()]
        assert len(labels) == count
        assert {"published λ", "c = 0.5", "c = 1"} <= set(labels)
    left, right = elo_by_nodes(points).axes
    means = {line.get_label(): line for line in left.get_lines()}
    assert means  # error bars draw lines without labels of their own
    assert right.get_ylabel().startswith("Elo above")
