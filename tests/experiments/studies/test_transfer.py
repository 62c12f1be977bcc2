"""The study of warm starts, from configuration to page with counts cut."""

from __future__ import annotations

import pandas as pd
import pytest

from experiments.studies.transfer import PRESETS, TransferConfig
from training.ledger import forward_flops, gradient_flops


def test_every_pair_begins_with_the_end_of_its_seeds_own_run():
    config = PRESETS["reference"]
    runs = config.runs
    names = {run.run_id: run for run in runs}
    begun = [run for run in runs if run.begin]
    assert len(begun) == len(config.pairs) * config.seeds
    for run in begun:
        teacher, _, index = run.begin.partition("#")
        assert (names[teacher].boardsize, run.boardsize) in config.pairs
        assert names[teacher].seed == run.seed
        assert int(index) == len(names[teacher].snapshot_iterations) - 1


def test_a_mix_costs_what_its_boards_cold_run_does():
    """Within an iteration; and half of the positions are on its own board."""
    config = PRESETS["mixed"]
    runs = [run for run in config.runs if run.boardsize == 7 and not run.begin]
    cold = next(run for run in runs if not run.mix)
    mixed = next(run for run in runs if run.mix)
    assert mixed.mix == ((5, 0.25), (6, 0.25))
    cost = {
        run.boardsize: 64 * forward_flops(run.rules, run.network)
        + 8 * gradient_flops(run.rules, run.network)
        for run in mixed.boards
    }
    mean = 0.5 * cost[7] + 0.25 * cost[5] + 0.25 * cost[6]
    assert mixed.samples * mean == pytest.approx(cold.samples * cost[7], rel=1e-3)
    assert mixed.samples > cold.samples


def test_a_board_without_samples_is_refused():
    with pytest.raises(ValueError, match="samples: say how many for board 7"):
        TransferConfig(pairs=((5, 7),), samples={5: 1_000})


def test_the_study_goes_from_configuration_to_page(hexlaw, tmp_path):
    lab, out = tmp_path / "lab", tmp_path / "out"
    command = ("study", "transfer", "--preset", "smoke", "--lab", lab, "--out", out)
    assert hexlaw(*command, "--workers", 1) == 0
    points = pd.read_csv(out / "tables" / "points.csv")
    assert points.groupby(["boardsize", "teacher"]).size().to_dict() == {
        (3, 0): 6, (4, -1): 6, (4, 0): 6, (4, 3): 6,
    }  # fmt: skip
    warm = points[points["teacher"] == 3]
    taught = points[(points["boardsize"] == 3) & (points["index"] == 2)].set_index("seed")
    first = warm[warm["index"] == 0].set_index("seed")
    assert first["train_flops"].to_dict() == pytest.approx(taught["train_flops"].to_dict())
    assert (first["own_flops"] == 0).all()
    assert "times less compute: " in (out / "index.html").read_text()
