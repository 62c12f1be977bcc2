"""The study of the recipe, with its counts cut down."""

from __future__ import annotations

import numpy as np
import pydantic
import pytest

from experiments.studies.recipe_study import (
    VARIANTS,
    Curve,
    StudyConfig,
    main,
    reached,
    run_of,
    saving,
)


def test_a_goal_is_reached_where_it_stays_reached():
    rates = np.array([0.5, 0.0, 0.5, 0.4, 0.01, 0.3, *[0.01] * 9])
    assert reached(rates, 0.01) == 4  # nine in ten of what follows, not the lucky one before
    assert reached(np.array([0.5, 0.2]), 0.01) is None


def test_what_ours_saves_is_taken_where_theirs_end():
    """Theirs ends with 0.3, met already after 20; ours has as few blunders after 4."""
    flops = np.array([10.0, 20, 30, 40])
    theirs = [Curve(flops, flops, [], np.array([0.5, 0.2, 0.4, 0.3]), flops)] * 2
    ours = [Curve(flops, flops / 10, [], np.array([0.9, 0.6, 0.4, 0.3]), flops)] * 2
    assert saving(ours, theirs) == (0.3, 20, 4)


def test_each_variant_is_a_run_of_its_own():
    names = {run_of(5, variant, 0, None).run_id for variant in VARIANTS}
    assert len(names) == len(VARIANTS)


def test_the_study_goes_from_configuration_to_table(tmp_path, capsys):
    config = StudyConfig(
        boards=(3,), variants=("no symmetry",), seeds=2, samples=11_000, lab=tmp_path, workers=1,
        figures=tmp_path,
    )  # fmt: skip
    main(config)
    rows = [line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines() if "|" in line]
    header, _, first, second = [[cell.strip() for cell in row] for row in rows]
    assert header[0] == "variant"
    assert (first[0], second[0]) == ("efficient", "no symmetry")
    assert (tmp_path / "recipe_blunders_3.svg").stat().st_size > 10_000
    blunders = float(first[4].split()[0])
    assert 0 <= blunders < 20  # 3x3 with 64 nodes is nearly solved by the search alone
    low, high = (float(end) for end in first[6].removeprefix("0 (").removesuffix(")").split(" to "))
    assert low <= 0 <= high
    with pytest.raises(pydantic.ValidationError, match="no such"):
        StudyConfig(variants=("no such",))
