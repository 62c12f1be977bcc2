"""Untrained networks as the beginning of a frontier, on a lab whose runs were not watched early."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analysis.laws.fits import fit_all
from analysis.laws.specification import specifications
from analysis.ratings.study import UNTRAINED, analyse
from analysis.ratings.untrained import unseen_climbs
from analysis.report.exhibits import conventions
from analysis.report.exhibits.base import Material
from analysis.report.exhibits.specification import _one_at_a_time
from analysis.report.findings import warnings
from tests.analysis.planted_lab import (
    BATCH,
    ELO_PER_DECADE,
    PLATEAU_CONSTANT,
    PLATEAU_SIZE,
    planted_lab,
)


@pytest.fixture(scope="module")
def lab():
    """First snapshots of 4×4 and 5×5 stand on the incline already: no law sees their plateaus."""
    return planted_lab(
        networks=3, seeds=2, snapshots=5, decades=1.9, untrained=True, share=0.5,
        stages=("league", "perfect"),
    )[0]  # fmt: skip


@pytest.fixture(scope="module")
def study(lab):
    return analyse(lab, splits=10)


@pytest.fixture(scope="module")
def fits(study):
    return fit_all(study, resamples=20)


def test_an_untrained_network_stands_at_the_first_learner_step(study):
    """What the first snapshot cost, by the learner's steps up to there: samples of batches."""
    begun = study.rated[UNTRAINED].points.set_index(["run_id", "index"]).sort_index()
    first, untrained = (begun.xs(index, level="index") for index in (1, 0))
    steps = first["samples"] / BATCH
    assert (steps > 2).all()
    for axis in ("samples", "seconds", "train_flops", "jones_flops"):
        np.testing.assert_allclose(untrained[axis], first[axis] / steps)
    assert (study.points["samples"] > 0).all()


def test_the_plateau_is_found_that_no_snapshot_shows(fits):
    """400 Elo a decade, plateaus of −500, −700 and −900."""
    told, begun = (fits.main.laws[stage, "jones_flops"] for stage in ("league", UNTRAINED))
    assert np.isnan(told.law.plateau_size)
    low, high = begun.interval("plateau_size")
    assert low < PLATEAU_SIZE < high
    at_three = 3 * begun.law.plateau_size + begun.law.plateau_constant
    assert at_three == pytest.approx(3 * PLATEAU_SIZE + PLATEAU_CONSTANT, abs=40)
    for law in (told, begun):
        assert law.law.elo_per_tenfold == pytest.approx(ELO_PER_DECADE, rel=0.12)


def test_the_report_says_what_they_change(lab, study, fits):
    exhibit = conventions(Material(lab, study, fits))
    law = fits.main.laws[UNTRAINED, "jones_flops"].law
    assert f"they make its slope {law.elo_per_tenfold:.0f} (95 %" in exhibit.says
    (table,) = [table for table in exhibit.tables if "where runs begin" in table.caption]
    assert [row[1] for row in table.rows] == ["6"] * 3
    assert [row[4] for row in table.rows] == ["–"] * 3
    assert any("27 untrained networks" in said for said in warnings(lab, study))
    assert not any("not in the curves" in said for said in warnings(lab, study))


def test_a_specification_begins_with_them(study):
    own = {stage: study.rated[stage].of(recipe="efficient") for stage in ("league", UNTRAINED)}
    found = specifications(own)
    assert found["begins with"].value_counts().to_dict() == {
        "first snapshot": 32, "untrained network": 32,
    }  # fmt: skip
    first, aside, *_ = _one_at_a_time(found, None, 6).rows
    assert first[0] == "this report’s law"
    assert "begun with untrained networks" in str(aside[0])
    assert int(str(aside[2])) == pytest.approx(ELO_PER_DECADE, rel=0.12)
    assert first[2] != aside[2]


def test_what_was_climbed_unseen_is_counted_by_hand():
    rows = [("a", 3, 0, -500.0), ("a", 3, 1, -450.0), ("b", 3, 0, -520.0), ("b", 3, 1, -350.0),
            ("b", 3, 2, 0.0), ("c", 3, 1, -9.0)]  # fmt: skip
    found = unseen_climbs(pd.DataFrame(rows, columns=["run_id", "boardsize", "index", "elo"]))
    assert found.to_dict("records") == [
        {"boardsize": 3, "untrained": -510.0, "first": -400.0, "runs": 2}
    ]


def test_runs_that_do_not_tell_their_batch_or_step_once_have_no_beginning(lab):
    once = [{**config, "batch_size": 10**9} for config in lab.runs["config"]]
    runs = lab.runs.assign(config=once)
    assert UNTRAINED not in analyse(dataclasses.replace(lab, runs=runs), splits=1).rated
    silent = lab.runs.assign(config=None)
    assert UNTRAINED not in analyse(dataclasses.replace(lab, runs=silent), splits=1).rated
