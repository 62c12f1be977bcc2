"""The sweep of the learning rate, from configuration to page with counts cut."""

from __future__ import annotations

import pandas as pd

from experiments.studies.learning_rate import PRESETS, RULES


def test_rules_fall_into_the_rates_that_are_trained():
    rates = PRESETS["reference"].rates
    for rule in RULES.values():
        assert all(min(rates) <= rule(width) <= max(rates) for width in (8, 32, 64))


def test_the_study_goes_from_configuration_to_page(hexlaw, tmp_path):
    lab, out = tmp_path / "lab", tmp_path / "out"
    command = ("study", "learning_rate", "--preset", "smoke", "--lab", lab, "--out", out)
    assert hexlaw(*command, "--workers", 1) == 0
    runs = pd.read_csv(out / "tables" / "runs.csv")
    assert len(runs) == 2 * 2 * 2 * 2  # widths, rates, seeds, nodes
    rules = pd.read_csv(out / "tables" / "rules.csv")
    assert rules.groupby("nodes")["ratio"].first().tolist() == [1, 1]  # the measure itself
    assert "Of single rates" in (out / "index.html").read_text()
