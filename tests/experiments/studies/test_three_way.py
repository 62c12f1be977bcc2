"""The cube, from configuration to page with counts cut; stopped and gone on with."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analysis.tables.cube import ALL, BEST, read_cube
from analysis.tables.rows import load_lab
from experiments.arena.traces import TracePlan, trace_tasks
from experiments.studies.three_way import C_PUCT, PRESETS
from games.errors import InputError
from games.hex import Hex
from training.store import Store


def test_the_reference_crosses_sizes_seeds_stages_and_nodes():
    config = PRESETS["reference"]
    for size in (4, 5):
        runs = [run for run in config.runs if run.boardsize == size]
        assert len({run.network.name for run in runs}) >= 7
        assert len({run.seed for run in runs}) == 3
        assert len({run.learning_rate for run in runs}) == 1
        assert {len(run.snapshot_iterations) for run in runs} == {10}
    assert config.budgets == (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


def test_the_study_goes_from_configuration_to_page_and_judges_nothing_twice(
    hexlaw, tmp_path, capsys
):
    lab, out = tmp_path / "lab", tmp_path / "out"
    command = ("study", "three_way", "--preset", "smoke", "--lab", lab, "--out", out)
    assert hexlaw(*command, "--workers", 1) == 0
    table = read_cube(out / "tables" / "cube.csv.gz")
    whole = table[table["stratum"] == ALL]
    config = PRESETS["smoke"]
    snapshots = len(config.runs) * config.snapshots
    assert whole.groupby("tuning").size().to_dict() == {
        "fixed": snapshots * len(config.budgets), "best": snapshots * len(config.budgets),
    }  # fmt: skip
    raw = whole[whole["nodes"] == 1]
    assert (whole["positions"] == whole["positions"].iloc[0]).all(), "all on the same"
    assert raw["blunder_rate"].between(0.2, 0.9).all()
    text = (out / "index.html").read_text()
    assert re.search(r"trained networks throw away on 4×4 from \d+ to [\d.]+ % without", text)
    assert (whole[whole["tuning"] == BEST]["c_puct"] > 0).all()
    (timed,) = (lab / "move_seconds").glob("4-2x2-*.csv")
    (seconds,) = pd.read_csv(timed)["seconds"]
    assert 0 < seconds < 1
    rated = config.league.ratings(load_lab(Store(lab, read_only=True)), config.runs, C_PUCT)[4]
    assert len(rated) == len(config.runs), "the last stage of each, without search"
    assert (rated["error"] > 0).all()
    capsys.readouterr()
    assert hexlaw(*command, "--workers", 1) == 0
    again = capsys.readouterr().out
    for stage in ("Other constants", "League", "Seconds a move"):
        assert f"{stage}: done already" in again


def test_a_board_without_positions_of_play_is_refused(tmp_path):
    with pytest.raises(InputError, match="no positions of play for boards of size 7"):
        trace_tasks(Store(tmp_path / "lab"), Hex(7), [TracePlan()])
