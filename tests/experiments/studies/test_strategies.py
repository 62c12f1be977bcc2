"""The studies of play time, from stored networks to pages, with counts cut."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments.studies.budget_traces import AdaptiveConfig, fitted_predictors
from experiments.studies.strategy_decisions import WAYS, StrategiesConfig, puct_ways, way_of
from mcts.stopping import looks


def run_study(hexlaw, folder, name):
    """The page's folder."""
    out = folder / "out"
    lab = folder / "lab"
    command = ("study", name, "--preset", "smoke", "--lab", lab, "--out", out, "--workers", 1)
    assert hexlaw(*command) == 0
    assert "commit" in (out / "index.html").read_text()
    return out


def test_strategies_are_judged_with_stored_networks(hexlaw, tmp_path, capsys):
    out = run_study(hexlaw, tmp_path, "strategies")
    points = pd.read_csv(out / "tables" / "points.csv")
    everywhere = points[points["bin"] == "all"].fillna({"setting": ""})
    everywhere = everywhere[everywhere["setting"] == ""].set_index("text")
    assert everywhere["evaluations"].to_dict() == {
        "nodes=1": 1, "nodes=4": 4, "nodes=8": 8, "strategy=majority": 1,
        "strategy=best-of-n,nodes=4": pytest.approx(4, abs=0.5), "nodes=8,leaves=7": 8,
    }  # fmt: skip
    assert everywhere.loc["nodes=8,leaves=7", "calls"] == 2
    assert everywhere["rate"].between(0, 1).all()
    # Nobody samples better than the likeliest move but by luck; search is better than neither.
    assert everywhere["rate"]["nodes=8"] <= everywhere["rate"]["nodes=1"]
    policies = pd.read_csv(out / "tables" / "policies.csv")
    assert set(policies["difficulty"]) == {"predicted", "true"}
    assert policies["evaluations"].between(1, 8).all()
    games = pd.read_csv(out / "tables" / "own_games.csv").set_index("text")
    assert games["evaluations"].tolist() == [4, 8]
    assert games["opponent_evaluations"].tolist() == [8, 8]
    assert pd.read_csv(out / "tables" / "tuned.csv")["family"].tolist() == ["puct"]
    capsys.readouterr()
    run_study(hexlaw, tmp_path, "strategies")
    assert "Decisions: done already" in capsys.readouterr().out


def test_budgets_by_position_are_read_off_traces(hexlaw, tmp_path):
    out = run_study(hexlaw, tmp_path, "adaptive")
    found = pd.read_csv(out / "tables" / "multipliers.csv")
    arms = found.groupby(["c_puct", "target", "cap"], sort=False)
    assert list(arms.groups) == [(1.25, 6, 9), (1.25, 6, 15), (0.6, 6, 9), (0.6, 6, 15)]
    for (_, _, cap), rows in arms:
        own = rows.set_index("rule")
        assert (own["evaluations"] <= cap).all()
        assert (own["tail"] <= cap).all()
        # Nobody can know more than who knows the answer.
        assert own["rate"].min() == pytest.approx(own.loc["oracle", "rate"])
        assert own["evaluations"].min() >= 1
    games = pd.read_csv(out / "tables" / "own_games.csv")
    assert games["text"].tolist() == ["predicted, cap 9", "predicted, cap 15"]
    assert (games["evaluations"] <= [9, 15]).all()
    assert games["share"].between(0, 1).all()


def test_other_means_are_traced_with_the_first_weight_of_the_prior_alone():
    config = AdaptiveConfig(means=(32, 16), c_puct=(1.25, 0.6))
    first, other = [(32, 64), (32, 256)], [(16, 32), (16, 128)]
    assert config.aims(1.25) == [*first, *other]
    assert config.aims(0.6) == first
    assert config.caps(1.25) == [32, 64, 128, 256]
    assert set(looks(32)) < set(config.budgets(1.25))
    with pytest.raises(ValueError, match="there are none for the board 6"):
        AdaptiveConfig(games={6: ("64x2",)})
    with pytest.raises(ValueError, match="no rule 'clock'"):
        AdaptiveConfig(played=("clock",))


def test_the_predictor_finds_planted_weights():
    rng = np.random.default_rng(0)
    signs = rng.normal(size=(20_000, 4))
    score = -1 + signs @ np.array([2.0, -1.0, 0.0, 0.5])
    helps = rng.random(len(score)) < 1 / (1 + np.exp(-score))
    (found,) = fitted_predictors(signs, helps, [0.3])
    weights = [found.bias, found.entropy, found.lead, found.value, found.filled]
    np.testing.assert_allclose(weights, [-1, 2, -1, 0, 0.5], atol=0.12)
    assert found.threshold == 0.3


def test_every_way_of_the_study_is_a_strategy_with_a_family():
    ways = {way: way_of(way) for way in WAYS}
    assert {own.family for own in ways.values()} == {
        "majority", "best-of-n", "rollouts", "beam", "diverse-beam", "revision", "alpha-beta",
        "gumbel", "regularised", "root-parallel", "leaf-parallel",
    }  # fmt: skip
    # A constant is what is left of the name once strategy and budget are told.
    assert ways["strategy=rollouts,nodes=65,depth=8"].setting == "depth=8"
    assert ways["nodes=64,leaves=4,rule.c_puct=2.5"].setting == "rule.c_puct=2.5"
    assert ways["strategy=alpha-beta,depth=3,branching=6"].setting == ""
    assert ways["strategy=root-parallel,nodes=64,trees=4"].calls == 16
    assert [own.text for own in puct_ways((1, 8), (1.25, 2.5))] == [
        "nodes=1", "nodes=8", "nodes=1,rule.c_puct=2.5", "nodes=8,rule.c_puct=2.5"
    ]  # fmt: skip
    with pytest.raises(ValueError, match="ways: player 'any#0@strategy=beam,depth=3'"):
        StrategiesConfig(ways=("strategy=beam,depth=3",))
