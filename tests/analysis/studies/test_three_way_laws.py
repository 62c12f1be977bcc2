"""All exhibits of the law from a planted cube of two boards that tell and one that cannot."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.laws.threeway.stored import StoredLaw
from analysis.report.exhibits.three_way.all import LAW_FILE, law_findings
from tests.analysis.planted_cube import SAMPLES, WIDTHS, planted_cube

SMALL = {"widths": (4, 8, 16, 32), "nodes": (1, 4, 16, 64), "seeds": 2, "luck": 0.03}


def training_pays(x, p, m):
    return 2 + 0.6 * (x - 10.1) + 0.1 * (p - 7.6) + 0.3 * m


def search_pays(x, p, m):
    return 2 + 0.3 * (x - 10.1) + 0.1 * (p - 7.6) + 0.6 * m


@pytest.fixture(scope="module")
def found():
    frontier = {**SMALL, "widths": WIDTHS, "samples": SAMPLES}
    cubes = [
        planted_cube(training_pays, boardsize=4, **SMALL),
        planted_cube(search_pays, boardsize=5, random_seed=1, **SMALL),
        planted_cube(search_pays, boardsize=6, frontier=True, **frontier),
    ]
    return law_findings(pd.concat(cubes, ignore_index=True), resamples=8)


def test_the_claims_are_decided_by_the_numbers(found):
    worthwhile = found.answer[found.answer.index("“Test-time") :]
    assert "on 4×4 true at" in worthwhile
    assert "on 5×5 false, search is worth more at" in worthwhile
    assert "along the frontier on 4×4" in worthwhile
    assert "“Training is amortised over all uses”: on 4×4 true: for" in worthwhile
    assert (
        "“10× train ≈ 15× test”, along the frontier: on 4×4 ten times the training is worth"
        in worthwhile
    )


def test_a_board_on_its_frontier_is_refused_in_words(found):
    assert any(limit.startswith("6×6: these runs cannot tell") for limit in found.limits)
    assert 6 not in set(found.tables["law_rates"]["boardsize"])


def test_the_rates_are_the_planted_ones(found):
    rates = found.tables["law_rates"]
    powers = rates[rates["form"] == "Cobb–Douglas"].groupby("boardsize")["training"].mean()
    np.testing.assert_allclose(powers, [0.6 / 0.3, 0.3 / 0.6], rtol=0.05)


def test_exhibits_are_whole_and_laws_are_stored(found):
    keys = [exhibit.key for exhibit in found.exhibits]
    assert keys == [
        "law_forms", "law_rates", "law_isoquants", "law_worth", "law_sizes", "law_shares",
        "law_forecasts",
    ]  # fmt: skip
    for exhibit in found.exhibits:
        assert exhibit.figure or exhibit.tables
        for table in exhibit.tables:
            assert all(len(row) == len(table.head) for row in table.rows)
    laws = [StoredLaw.model_validate(law) for law in found.documents[LAW_FILE]["laws"]]
    assert [law.boardsize for law in laws] == [4, 5]


def test_nothing_is_said_without_runs():
    found = law_findings(planted_cube(search_pays, **{**SMALL, "nodes": (1,)}), resamples=2)
    assert found.answer.startswith("Nothing is said of the claims: 4×4: these runs cannot tell")
    assert found.documents[LAW_FILE] == {"laws": []}
