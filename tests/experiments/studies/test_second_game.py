"""The study of several games, from configuration to page with counts cut."""

from __future__ import annotations

import pandas as pd

from experiments.studies.second_game import PRESETS


def test_every_board_is_played_by_every_network_and_seed():
    config = PRESETS["reference"]
    runs = config.runs
    assert len({run.run_id for run in runs}) == len(runs)
    assert len(runs) == len(config.boards) * len(config.networks) * config.seeds
    assert {run.game for run in runs} == {"hex", "y", "connect_four", "breakthrough"}


def test_the_study_goes_from_configuration_to_page(hexlaw, tmp_path):
    lab, out = tmp_path / "lab", tmp_path / "out"
    command = ("study", "second_game", "--preset", "smoke", "--lab", lab, "--out", out)
    assert hexlaw(*command, "--workers", 1) == 0
    points = pd.read_csv(out / "tables" / "points.csv")
    assert points.groupby(["game", "boardsize"]).size().to_dict() == {("hex", 3): 6, ("y", 3): 6}
    assert points.groupby("game")["elo"].max().to_dict() == {"hex": 0, "y": 0}
    frequency = pd.read_csv(out / "tables" / "frequency.csv")
    whole = frequency[frequency["networks"] == "all"]
    assert (whole["blunders"] <= whole["moves"]).all()
    assert whole.groupby("game")["moves"].sum().min() > 20
    assert "Strength grows with parameters" in (out / "index.html").read_text()
