"""The study of several games, from configuration to page with counts cut."""

from __future__ import annotations

import pandas as pd
import pytest

import games
from experiments.studies.second_game import PRESETS
from training.ledger import forward_flops
from training.networks import NetworkConfig


@pytest.mark.parametrize("preset", ["sitting", "reference"])
def test_every_board_is_played_by_every_network_and_seed(preset):
    config = PRESETS[preset]
    runs = config.runs
    assert len({run.run_id for run in runs}) == len(runs)
    assert len(runs) == len(config.boards) * len(config.networks) * config.seeds
    assert {run.game for run in runs} == {"hex", "y", "connect_four", "breakthrough"}


def test_everybody_plays_with_fixed_nodes_and_with_equal_flops():
    config, rules = PRESETS["laptop"], games.make("y", 4)
    players = config.players(rules)
    assert len(set(players)) == len(players)
    network = {run.run_id: run.network for run in config.runs}
    spent: dict[tuple[str, int], set[float]] = {}
    for spec in players:
        flops = spec.strategy.evaluations * forward_flops(rules, network[spec.run])
        spent.setdefault((spec.run, int(spec.index or 0)), set()).add(flops)
        assert spec.strategy.evaluations == config.league_nodes or spec.index
    budget = config.fewest_nodes * forward_flops(rules, NetworkConfig.parse("32x2"))
    nearest = [min(flops, key=lambda f: abs(f - budget)) for (_, k), flops in spent.items() if k]
    assert nearest == pytest.approx([budget] * len(nearest), rel=0.05)
    ends = [spec for spec in players if spec.index == config.snapshots]
    assert {4, 16, 64} <= {spec.strategy.evaluations for spec in ends}


def test_the_study_goes_from_configuration_to_page(hexlaw, tmp_path):
    lab, out = tmp_path / "lab", tmp_path / "out"
    command = ("study", "second_game", "--preset", "smoke", "--lab", lab, "--out", out)
    assert hexlaw(*command, "--workers", 1) == 0
    points = pd.read_csv(out / "tables" / "points.csv")
    fixed = points[points["nodes"] == 2]
    assert fixed.groupby(["game", "boardsize"]).size().to_dict() == {("hex", 3): 6, ("y", 3): 6}
    assert points.groupby("game")["elo"].max().to_dict() == {"hex": 0, "y": 0}
    trained = points[(points["train_flops"] > 0) & (points["network"] == "2x1")]
    assert set(trained["nodes"]) == {1, 2}  # equal FLOPs, fixed nodes
    frequency = pd.read_csv(out / "tables" / "frequency.csv")
    whole = frequency[frequency["networks"] == "all"]
    assert (whole["blunders"] <= whole["moves"]).all()
    assert whole.groupby("game")["moves"].sum().min() > 15
    page = (out / "index.html").read_text()
    assert "Law by game" in page
    assert "equal FLOPs a move" in page
