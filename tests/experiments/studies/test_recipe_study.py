"""The study of the recipe, with its counts cut down."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pydantic
import pytest

from experiments.studies.recipe_study import (
    VARIANTS,
    Curve,
    RecipeStudyConfig,
    reached,
    saving,
    variant_run,
)
from training.networks import NetworkConfig


def test_a_goal_is_reached_where_it_stays_reached():
    rates = np.array([0.5, 0.0, 0.5, 0.4, 0.01, 0.3, *[0.01] * 9])
    assert reached(rates, 0.01) == 4  # nine in ten of what follows, not the lucky one before
    assert reached(np.array([0.5, 0.2]), 0.01) is None


def test_what_ours_saves_is_taken_where_theirs_end():
    """Theirs ends with 0.3, met already after 20; ours has as few blunders after 4."""
    flops = np.array([10.0, 20, 30, 40])
    theirs = [Curve(flops, flops, np.array([0.5, 0.2, 0.4, 0.3]), flops)] * 2
    ours = [Curve(flops, flops / 10, np.array([0.9, 0.6, 0.4, 0.3]), flops)] * 2
    assert saving(ours, theirs) == (0.3, 20, 4)


def test_each_variant_is_a_run_of_its_own():
    names = {variant_run(5, variant, 0).run_id for variant in VARIANTS}
    assert len(names) == len(VARIANTS)


def test_a_variant_changes_the_network_that_is_given_and_keeps_the_rest_of_it():
    given = NetworkConfig.parse("8x3")
    told = {
        variant: variant_run(5, variant, 0, network=given).network.name
        for variant in ("efficient", "half as wide", "bfloat16 products")
    }
    assert told == {
        "efficient": "8x3", "half as wide": "4x3", "bfloat16 products": "8x3-bf16",
    }  # fmt: skip


def test_the_study_goes_from_configuration_to_table(hexlaw, tmp_path):
    lab, out = tmp_path / "lab", tmp_path / "out"
    command = ("study", "recipe_study", "--preset", "smoke", "--lab", lab, "--out", out)
    assert hexlaw(*command, "--workers", 1) == 0
    assert (out / "figures" / "recipe_blunders_3.svg").stat().st_size > 10_000
    curves = pd.read_csv(out / "tables" / "curves.csv")
    assert curves["variant"].unique().tolist() == ["efficient", "no symmetry"]
    # 3×3 with 64 nodes is nearly solved by the search alone.
    assert curves.groupby("variant")["search"].last().between(0, 0.2).all()
    first, second = [
        re.findall(r"<td>(.*?)</td>", row)
        for row in re.findall(r"<tr>(.*?)</tr>", (out / "index.html").read_text())
        if row.startswith(("<td>efficient", "<td>no symmetry"))
    ]
    assert (first[0], second[0]) == ("efficient", "no symmetry")
    middle, low, high = re.findall(r"−?\d+", first[6])
    assert int(low.replace("−", "-")) <= int(middle) == 0 <= int(high)


def test_an_unknown_variant_is_refused():
    with pytest.raises(pydantic.ValidationError, match="no such"):
        RecipeStudyConfig(variants=("no such",))
