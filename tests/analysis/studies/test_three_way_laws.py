"""All exhibits of the law from a planted cube of two boards that tell and one that cannot."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from analysis.laws.threeway.stored import StoredLaw
from analysis.report.exhibits.three_way.all import LAW_FILE, law_findings
from analysis.tables.cube import BEST, FIXED
from tests.analysis.planted_cube import SAMPLES, WIDTHS, planted_cube

SMALL = {"widths": (4, 8, 16, 32), "nodes": (1, 4, 16, 64), "seeds": 2, "luck": 0.03}


def training_pays(x, p, m):
    return 2 + 0.6 * (x - 10.1) + 0.1 * (p - 7.6) + 0.3 * m


def search_pays(x, p, m):
    return 2 + 0.3 * (x - 10.1) + 0.1 * (p - 7.6) + 0.6 * m


def ratings_of(cube: pd.DataFrame) -> pd.DataFrame:
    elo = -400 * np.log10(cube["blunder_rate"].clip(lower=1e-3) / 1e-3)
    return cube[["run", "snapshot", "nodes"]].assign(elo=elo, error=30.0)


@pytest.fixture(scope="module")
def found():
    frontier = {**SMALL, "widths": WIDTHS, "samples": SAMPLES}
    own = planted_cube(training_pays, boardsize=4, **{**SMALL, "seeds": 3})
    cubes = [
        own,
        own.assign(tuning=BEST),
        own.assign(stratum="difficulty 1"),
        planted_cube(search_pays, boardsize=5, random_seed=1, **SMALL),
        planted_cube(search_pays, boardsize=6, frontier=True, **frontier),
    ]
    moves = own.drop_duplicates(["network", "nodes"])[["boardsize", "network", "nodes"]]
    ends = own.drop_duplicates("run", keep="last")[["boardsize", "network", "samples"]]
    return law_findings(
        pd.concat(cubes, ignore_index=True),
        resamples=8,
        ratings={4: ratings_of(own)},
        move_seconds=moves.assign(lanes=64, seconds=moves["nodes"] * 1e-5, processor="A Chip"),
        training_seconds=ends.assign(seconds=100.0),
    )


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
        "law_forecasts", "law_tuned", "law_difficulty", "elo", "seconds",
    ]  # fmt: skip
    for exhibit in found.exhibits:
        assert exhibit.figure or exhibit.tables
        for table in exhibit.tables:
            assert all(len(row) == len(table.head) for row in table.rows)
    laws = [StoredLaw.model_validate(law) for law in found.documents[LAW_FILE]["laws"]]
    assert [law.boardsize for law in laws] == [4, 5]


def test_tuning_that_changes_nothing_changes_no_rate(found):
    """The planted rows with the best constant are those with the fixed one."""
    tuned = found.tables["law_tuned"].pivot(index="blunder_rate", columns="tuning")["training"]
    np.testing.assert_allclose(tuned[BEST], tuned[FIXED])


def test_one_bin_of_all_positions_has_the_rates_of_all(found):
    binned = found.tables["law_difficulty"].set_index("blunder_rate")["training"]
    rates = found.tables["law_rates"]
    own = rates[(rates["boardsize"] == 4) & rates["form"].isin(["Cobb–Douglas", "CES"])]
    assert set(binned.index) == set(own["blunder_rate"])


def test_seconds_and_elo_are_told(found):
    told = {exhibit.key: exhibit.says for exhibit in found.exhibits}
    assert "on one core of A Chip" in told["seconds"]
    assert re.search(r"a decade of nodes adds −?\d+ \(−?\d+ to −?\d+\) on 4×4 Elo", told["elo"])


def test_nothing_is_said_without_runs():
    found = law_findings(planted_cube(search_pays, **{**SMALL, "nodes": (1,)}), resamples=2)
    assert found.answer.startswith("Nothing is said of the claims: 4×4: these runs cannot tell")
    assert found.documents[LAW_FILE] == {"laws": []}
