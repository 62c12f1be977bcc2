"""Distillation in tables from planted runs."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analysis.studies.distil import against_self_play, states_and_labels


def run(group: str, network: str, seed: int, costs, rates, teacher="", count=0) -> list[dict]:
    return [
        {"boardsize": 4, "network": network, "parameters": 100, "seed": seed, "index": index,
         "run_id": f"{group}{network}{seed}{teacher}", "group": group, "teacher": teacher,
         "count": count, "total": total, "taught": taught, "own": own, "raw": rate}
        for index, ((total, taught, own), rate) in enumerate(zip(costs, rates, strict=True))
    ]  # fmt: skip


def test_a_student_is_set_beside_self_play_of_equal_cost():
    """Self-play halves its blunders with each fourfold compute: 40, 20, 10 %. The student has 10 %
    for 400 with the labels, 100 without; its teacher had cost 3,600 more."""
    lines = []
    for seed in range(2):
        played = [(100, 100, 100), (400, 400, 400), (1_600, 1_600, 1_600)]
        lines += run("self-play", "4x1", seed, played, [0.4, 0.2, 0.1])
        lines += run("distilled", "4x1", seed, [(4_000, 400, 100)], [0.1], "teacher", 50)
    (row,) = against_self_play(pd.DataFrame(lines)).to_dict("records")
    assert (row["seeds"], row["count"]) == (2, 50)
    assert row["total"] == pytest.approx(1), "self-play was not that long: its end stands for it"
    assert (row["total_bound"], row["taught_bound"], row["own_bound"]) == (True, False, False)
    assert row["taught"] == pytest.approx(1 / 2)
    assert row["own"] == pytest.approx(1 / 4)
    assert row["reuses"] == pytest.approx(3_900 / 1_500), "of 1,600, 100 are the student's own"


def test_labels_whose_learning_is_dearer_than_self_play_never_pay():
    lines = run("self-play", "4x1", 0, [(100,) * 3, (400,) * 3], [0.4, 0.2])
    lines += run("distilled", "4x1", 0, [(900, 600, 450)], [0.2], "teacher", 50)
    (row,) = against_self_play(pd.DataFrame(lines)).to_dict("records")
    assert math.isinf(row["reuses"])


def test_positions_and_labels_are_told_apart():
    lines = [
        *run("states random", "4x1", 0, [(1, 1, 1)], [0.3], "exact"),
        *run("states random", "4x1", 1, [(1, 1, 1)], [0.1], "exact"),
        *run("states student", "4x1", 0, [(1, 1, 1)], [0.5], "exact"),
    ]
    table = states_and_labels(pd.DataFrame(lines)).set_index("states")
    assert table[["raw", "low", "high"]].to_numpy().tolist() == [[0.2, 0.1, 0.3], [0.5] * 3]
