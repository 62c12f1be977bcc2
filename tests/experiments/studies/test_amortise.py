"""The study of amortisation, from configuration to page with counts cut."""

from __future__ import annotations

import pandas as pd
import pytest

from experiments.studies.amortise import PRESETS
from training.ledger import forward_flops, gradient_flops


@pytest.mark.parametrize("preset", ["laptop", "reference"])
def test_every_run_has_the_samples_or_the_compute_of_the_one_with_64_nodes(preset):
    config = PRESETS[preset]
    for arms in config.arms:
        for run in (run for run in config.runs if run.seed == 0):
            if (run.boardsize, run.network.name) != (arms.boardsize, arms.network):
                continue
            forward = forward_flops(run.rules, run.network)
            gradient = gradient_flops(run.rules, run.network)
            reference = arms.samples * (64 * forward + 8 * gradient)
            spent = run.samples * (run.search.nodes * forward + run.replay_ratio * gradient)
            assert spent >= reference
            if run.replay_ratio != 8:
                assert spent == pytest.approx(reference, rel=1e-3)
                share = run.replay_ratio * gradient / (spent / run.samples)
                assert share == pytest.approx(8 * gradient / (64 * forward + 8 * gradient))
            else:
                assert run.samples >= arms.samples
                least = min(run.samples / arms.samples, spent / reference)
                assert least == pytest.approx(1, rel=1e-3), "no longer than it has to be"


def test_the_study_goes_from_configuration_to_page(hexlaw, tmp_path):
    lab, out = tmp_path / "lab", tmp_path / "out"
    command = ("study", "amortise", "--preset", "smoke", "--lab", lab, "--out", out)
    assert hexlaw(*command, "--workers", 1) == 0
    points = pd.read_csv(out / "tables" / "points.csv")
    config = PRESETS["smoke"]
    assert len(points) == (len(config.runs) * config.snapshots + 2) * len(config.budgets)
    fresh = points[points["samples"] == 0]
    assert fresh["seed"].nunique() == 2, "the untrained network of each seed, once"
    raw = points[points["played"] == 1]
    assert (raw["policy_kl"].abs() < 1e-5).all(), "one node says what the network does"
    assert (points[points["played"] == 2]["policy_kl"] > 0.1).all(), "two put all on one move"
    kept = pd.read_csv(out / "tables" / "retention.csv")
    assert set(kept["comparison"]) == {"samples", "flops", "held"}
    own = kept[kept["played"] == 1]["retention"]
    assert (own.isna() | (own == 1)).all()
    assert "Too few runs to compare" in (out / "index.html").read_text()
