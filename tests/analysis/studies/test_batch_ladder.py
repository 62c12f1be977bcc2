"""What each batch needs, read off planted curves."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analysis.studies.batch_ladder import ladder_points, needed, step_floors


def planted() -> pd.DataFrame:
    """Blunders halve with each doubling of steps beyond ten, whatever the batch; the larger batch
    ends sooner."""
    frames = []
    for batch, last in ((256, 640), (1_024, 160)):
        for seed in (0, 1):
            steps = np.concatenate([[0], 10 * 2 ** np.arange(0, np.log2(last / 10) + 1)]).astype(
                int
            )
            frame = pd.DataFrame({"index": range(len(steps)), "steps": steps})
            frame["raw"] = [0.9, *(0.8 * 10 / steps[1:])]
            frame["samples"] = steps * batch
            frames.append(
                frame.assign(
                    boardsize=3, recipe="r", batch=batch, seed=seed, run_id=f"{batch}-{seed}",
                    elo=np.nan,
                )
            )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def test_batches_that_go_by_steps_need_equal_steps_and_samples_in_proportion():
    found = needed(planted()).to_dict("records")
    assert [line["level"] for line in found] == [0.05, 0.05]  # where the larger batch ends
    assert [line["steps"] for line in found] == pytest.approx([160, 160])
    assert [line["samples"] for line in found] == pytest.approx([160 * 256, 160 * 1_024])
    assert [line["runs"] for line in found] == [2, 2]


def test_their_critical_batch_lies_below_them_all():
    (floor,) = step_floors(planted(), resamples=5).to_dict("records")
    assert (floor["boardsize"], floor["recipe"], floor["measure"]) == (3, "r", "raw")
    assert floor["critical"] < 50
    assert floor["by_samples"] > 5 * floor["by_steps"]


def test_elo_is_told_from_the_boards_best_snapshot(lab_rows):
    """The planted lab's runs span 450 Elo on 3×3 and 600 on 4×4."""
    runs = lab_rows.runs.assign(config=[{"batch_size": 8}] * len(lab_rows.runs))
    by_board = ladder_points(dataclasses.replace(lab_rows, runs=runs)).groupby("boardsize")["elo"]
    assert by_board.max().tolist() == [0, 0]
    assert by_board.min().tolist() == pytest.approx([-450, -600], abs=60)
