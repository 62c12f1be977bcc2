"""Advice from a stored law: what it says, how sure it is, what it refuses."""

from __future__ import annotations

import json
import re

import pytest

from analysis.laws.threeway.cells import cells_of_blunders
from analysis.laws.threeway.fit import fit_law
from analysis.laws.threeway.stored import as_json, stored_law
from games.text.plain_json import to_json
from tests.analysis.planted_cube import planted_cube


def power(x, p, m):
    """Strength goes by samples^0.5, parameters^0.1 and nodes^0.4."""
    return 0.5 * (x - 10.1) + 0.1 * (p - 7.6) + 0.4 * m + 2


@pytest.fixture(scope="module")
def law(tmp_path_factory):
    path = tmp_path_factory.mktemp("law") / "law.json"
    cells = cells_of_blunders(planted_cube(power, boardsize=5, seeds=2), 5)
    path.write_text(to_json(as_json([stored_law(cells, fit_law(cells, "CES", resamples=10))])))
    return path


def test_more_moves_mean_more_training_and_less_search(hexlaw, law, capsys):
    plans = []
    for moves in ("1", "1e5", "1e12"):
        flags = ("--strength", "0.05", "--moves", moves, "--law", str(law), "--json")
        assert hexlaw("advise", *flags) == 0
        plans.append(json.loads(capsys.readouterr().out))
    nodes, trained = ([plan[name] for plan in plans] for name in ("nodes", "train_flops"))
    assert nodes == sorted(nodes, reverse=True)
    assert nodes[0] > nodes[-1]
    assert trained == sorted(trained)
    for plan in plans:
        low, high = plan["rate_interval"]
        assert 0.95 * low < 0.05 < 1.05 * high


def test_it_says_how_sure_it_is(hexlaw, law, capsys):
    assert hexlaw("advise", "--strength", "0.05", "--moves", "1e12", "--law", str(law)) == 0
    said = capsys.readouterr().out
    assert "5×5: train a network of" in said
    assert "play with 1 node a move" in said
    assert "how sure: " in said
    assert "at an end of what was measured (one node" in said


def test_at_the_strongest_it_says_that_more_training_may_be_needed(hexlaw, law, capsys):
    """There some resamples do not reach the strength within the samples that were measured."""
    flags = ("--moves", "10", "--law", str(law))
    assert hexlaw("advise", "--strength", "0.00001", *flags) == 2
    strongest = re.search(r"down to ([\d.]+) %", capsys.readouterr().err)
    assert strongest
    assert hexlaw("advise", "--strength", str(1.01 * float(strongest[1]) / 100), *flags) == 0
    assert "positions, or more than were measured; form" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (("--strength", "0.00001"), "is outside what was measured on 5×5: from"),
        (("--strength", "0.05", "--size", "4"), "holds no law of 4×4 (it holds 5×5)"),
        (("--strength", "1.5"), "strength Input should be less than 1"),
    ],
)
def test_what_was_not_measured_is_refused_in_one_line(hexlaw, law, capsys, flags, complaint):
    assert hexlaw("advise", *flags, "--moves", "10", "--law", str(law)) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1
