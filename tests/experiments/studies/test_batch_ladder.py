"""The batch ladder: its runs, and its way from configuration to page with counts cut."""

from __future__ import annotations

import pandas as pd

from experiments.reproduction.recipe import configure, load_recipe
from experiments.studies.batch_ladder import PRESETS


def test_a_run_is_its_recipe_but_for_the_batch():
    """As many games side by side as a learner step has positions, on every rung."""
    own = {
        "boardsize", "network", "seed", "lanes", "moves", "batch_size", "samples", "snapshots",
        "first_snapshot", "untrained_snapshot", "mixing_moves",
    }  # fmt: skip
    for preset in PRESETS.values():
        for run in preset.runs:
            recipe = configure(
                load_recipe(run.recipe),
                {"boardsize": run.boardsize, "network": run.network.model_dump()},
            )
            assert run.model_dump(exclude=own) == recipe.model_dump(exclude=own)
            assert run.lanes == run.batch_size
            assert run.learner_steps == recipe.replay_ratio


def test_the_reference_goes_from_256_to_his_batch():
    batches = {run.batch_size for run in PRESETS["reference"].runs}
    assert (min(batches), max(batches)) == (256, 32_768)


def test_the_study_goes_from_configuration_to_page(hexlaw, tmp_path):
    lab, out = tmp_path / "lab", tmp_path / "out"
    command = ("study", "batch_ladder", "--preset", "smoke", "--lab", lab, "--out", out)
    assert hexlaw(*command, "--workers", 1) == 0
    points = pd.read_csv(out / "tables" / "points.csv")
    assert set(points["batch"]) == {32, 64}
    untrained = points[points["index"] == 0]
    assert (untrained["steps"] == 0).all()
    last = points[points["index"] == 2]
    # Replay ratio 1 and 8: samples × ratio / batch.
    assert (last["steps"] * last["batch"] / last["samples"]).round(2).unique().tolist() == [8, 1]
    assert points["raw"].between(0, 1).all()
    assert points["elo"].notna().all()  # from so few games that they say nothing
    # So few snapshots tell no curve; the page says so and stands.
    assert "Too few runs" in (out / "index.html").read_text()
    assert (out / "figures" / "ladder_jones2021.svg").stat().st_size > 10_000
