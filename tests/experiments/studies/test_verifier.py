"""The study of verifiers and policies, from training to its page, with counts cut."""

from __future__ import annotations

import pandas as pd
import pytest

from experiments.studies.verifier import STUDY
from experiments.studies.verifier_runs import ratio_of, split_network
from games.hex import Hex
from training.ledger import forward_flops
from training.networks import Mlp


def of_kind(ways, kind):
    """Rows of one kind of network, by family and evaluations."""
    return ways[ways["kind"] == kind].set_index(["family", "nodes"]).to_dict("index")


def test_networks_of_two_trunks_are_trained_and_judged(hexlaw, tmp_path, capsys):
    command = ("study", "verifier", "--preset", "smoke", "--lab", tmp_path / "lab",
               "--out", tmp_path / "out", "--workers", 1)  # fmt: skip
    assert hexlaw(*command) == 0
    page = (tmp_path / "out" / "index.html").read_text()
    assert "Cobbe" in page
    ways = pd.read_csv(tmp_path / "out" / "tables" / "ways.csv")
    by_arm = dict(iter(ways.groupby("arm")))
    assert set(by_arm) == {"own play", "common labels"}
    own, common = by_arm["own play"], by_arm["common labels"]
    same = ["kind", "network", "family", "nodes", "flops"]
    assert own[same].to_numpy().tolist() == common[same].to_numpy().tolist()
    assert (own["rate"].to_numpy() != common["rate"].to_numpy()).any()
    ways = own
    assert ways["rate"].between(0, 1).all()
    shared = of_kind(ways, "shared")
    # The raw policy is a tree of one node, but for the value's head.
    assert shared["policy", 1]["rate"] == shared["puct", 1]["rate"]
    trunk = 2 * (18 * 12 + 2 * 12 * 12)
    assert shared["puct", 4]["flops"] == 4 * (trunk + 2 * 12 * 9 + 2 * 12)
    assert shared["value", 9]["flops"] == 9 * (trunk + 2 * 12)
    assert shared["best-of-n", 3]["flops"] == trunk + 2 * 12 * 9 + 2 * (trunk + 2 * 12)
    small = of_kind(ways, "small")
    one = 2 * (18 * 3 + 2 * 3 * 3 + 3 * 9 + 3)
    large = trunk + 2 * 12 * 9 + 2 * 12
    assert small["mpv", 7]["flops"] == 5 * one + 2 * large
    capsys.readouterr()
    assert hexlaw(*command) == 0
    assert "Decisions: done already" in capsys.readouterr().out


@pytest.mark.parametrize("ratio", [1 / 16, 1, 16])
def test_split_trunks_cost_what_the_shared_one_does(ratio):
    game, shared = Hex(5), Mlp(width=32, depth=2)
    network = split_network(game, shared, ratio)
    assert forward_flops(game, network) == pytest.approx(forward_flops(game, shared), rel=0.03)
    assert ratio_of(game, network) == pytest.approx(ratio, rel=0.15)


def test_every_preset_names_each_kind_once():
    for config in STUDY.presets.values():
        for board in config.boards:
            shapes = config.shapes(board)
            assert len(set(shapes.values())) == len(shapes) == len(config.ratios) + 2
