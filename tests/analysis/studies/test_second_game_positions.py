"""How often positions are met and who blunders there, on counts that obey known laws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.studies.second_game_positions import (
    blunders_by_frequency,
    holm,
    inverse_scaling,
    zipf_exponents,
)


def test_zipfs_law_comes_back_from_counts_that_obey_it():
    counts = np.floor(3_000 / np.arange(1, 3_001)).astype(int)
    frame = pd.DataFrame({"game": "hex", "boardsize": 3, "count": counts})
    (line,) = zipf_exponents(frame).to_dict("records")
    assert line["exponent"] == pytest.approx(1.0, abs=0.05)
    assert line["once"] == pytest.approx(0.5, abs=0.01)


def moves_met() -> pd.DataFrame:
    """A position met 200 times, where small networks blunder, and 100 met once, where large do."""
    often = [(0, parameters, parameters == 1) for parameters in (1, 2) for _ in range(100)]
    rare = [(1 + k, 1 + k % 2, k % 2 == 1) for k in range(100)]
    frame = pd.DataFrame(often + rare, columns=pd.Index(["position", "parameters", "blunder"]))
    return frame.assign(game="hex", boardsize=3, live=True)


def test_blunders_are_counted_by_how_often_a_position_is_met():
    rates = blunders_by_frequency(moves_met()).set_index(["networks", "class"])
    assert rates.loc[("all", 0), "moves"] == 100
    assert rates.loc[("small", 0), "rate"] == 0
    assert rates.loc[("large", 0), "rate"] == 1
    assert rates.loc[("large", 4), "rate"] == 0
    assert rates.loc[("all", 4), "met"] == pytest.approx(200)


def moves_of_runs(rare: float, common: float, runs: int = 4, games: int = 50) -> pd.DataFrame:
    """Runs of two networks. The small one blunders in 30 % of its moves wherever; the large one as
    said, in positions that are met once and in one that everybody meets again and again."""
    rng, lines = np.random.default_rng(0), []
    for parameters, rates in ((1, (0.3, 0.3)), (2, (rare, common))):
        for run in range(runs):
            name = f"{parameters}-{run}"
            for game in range(games):
                lines.append((f"{name}-{game}", name, parameters, rng.random() < rates[0]))
                lines.append(("start", name, parameters, rng.random() < rates[1]))
    columns = ["position", "run_id", "parameters", "blunder"]
    frame = pd.DataFrame(lines, columns=pd.Index(columns))
    return frame.assign(game="hex", boardsize=3, live=True)


def test_inverse_scaling_is_flagged_where_runs_of_large_networks_blunder_more():
    rare, common = inverse_scaling(moves_of_runs(rare=0.8, common=0.1)).to_dict("records")
    assert (rare["class"], common["class"]) == (0, 4)
    assert rare["holm"] < 0.01
    assert common["p"] > 0.95
    assert rare["large"] == pytest.approx(0.8, abs=0.05)
    assert rare["runs"] == common["runs"] == 8


def test_one_run_however_bad_flags_nothing():
    """Of four large runs one always blunders, the others hardly: moves by themselves would tell."""
    moves = moves_of_runs(rare=0.3, common=0.3)
    moves.loc[moves["run_id"] == "2-0", "blunder"] = True
    assert (inverse_scaling(moves)["p"] > 0.05).all()


def test_two_runs_a_half_are_too_few_for_a_test():
    assert inverse_scaling(moves_of_runs(rare=0.8, common=0.1, runs=2)).empty


def test_holms_corrected_values():
    """By hand: sorted, times 4, 3, 2 and 1, and none below the one before."""
    corrected = holm(np.array([0.01, 0.04, 0.03, 0.005]))
    assert corrected.tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([])).tolist() == []
