"""Several games side by side, on runs whose exponents are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.studies.second_game import (
    agrees,
    blunders_by_frequency,
    board_laws,
    by_board,
    game_laws,
    inverse_scaling,
    zipf_exponents,
)

WIDTHS = (10, 100, 1_000, 10_000)


def planted(game: str = "y", size: int = 4, offset: float = 0.0) -> pd.DataFrame:
    """Runs whose ends are as strong as parameters^0.5, and all of which climb 200 Elo a decade of
    compute until there: a network's own climb ends at a compute in proportion to its size."""
    lines = []
    for parameters in WIDTHS:
        for index, decade in enumerate(np.linspace(4, 8, 9), start=1):
            top = 4 + np.log10(parameters)
            elo = 200 * (min(decade, top) - 4) - 2_000 - offset - (decade < top)
            lines.append((game, size, parameters, 0, f"{game}{size}-{parameters}", index,
                          f"{parameters}x1", 10**decade, elo))  # fmt: skip
    columns = ["game", "boardsize", "parameters", "seed", "run_id", "index", "network"]
    return pd.DataFrame(lines, columns=pd.Index([*columns, "train_flops", "elo"]))


def test_planted_exponents_come_back():
    (line,) = board_laws(planted(), resamples=20).to_dict("records")
    assert line["strength_by_size"] == pytest.approx(0.5, abs=0.01)
    assert line["strength_by_compute"] == pytest.approx(0.5, abs=0.02)
    assert line["strength_by_size_low"] <= 0.5 <= line["strength_by_size_high"] + 1e-9
    assert line["runs"] == len(WIDTHS)


def test_a_game_with_two_sides_has_a_slope_and_one_of_rows_and_columns_has_none():
    """400 Elo less on the larger board are two decades of compute at 200 Elo each."""
    both = [planted("y", 4), planted("y", 5, offset=400), planted("connect_four", 44)]
    (line,) = game_laws(pd.concat(both), resamples=5).to_dict("records")
    assert (line["game"], line["boards"]) == ("y", 2)
    assert line["elo_per_tenfold"] == pytest.approx(200, rel=0.1)


def test_networks_beyond_the_best_one_are_not_fitted():
    points = planted()
    worse = points["parameters"] == WIDTHS[-1]
    points.loc[worse, "elo"] -= 700
    (line,) = board_laws(points, resamples=5).to_dict("records")
    assert line["strength_by_size"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.5, 1.0, "agrees"),
        (0.9, 1.0, "higher"),
        (0.1, 0.5, "lower"),
        (-1.0, 2.0, "too wide"),
        (np.nan, 1.0, "–"),
    ],
)
def test_whether_a_number_lies_in_an_interval(low, high, word):
    assert agrees(low, high, 0.88) == word


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


def test_inverse_scaling_is_flagged_where_large_networks_blunder_more_for_certain():
    flagged = inverse_scaling(blunders_by_frequency(moves_met()))
    assert flagged[["game", "class"]].to_numpy().tolist() == [["hex", 0]]


def test_boards_come_in_order():
    names = [(game, size) for game, size, _ in by_board(pd.concat([planted(), planted("hex", 3)]))]
    assert names == [("hex", 3), ("y", 4)]
