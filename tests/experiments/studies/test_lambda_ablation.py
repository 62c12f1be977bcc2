"""The λ ablation: its rules, and its way from configuration to page with counts cut."""

from __future__ import annotations

import pandas as pd

from experiments.studies.lambda_ablation import STUDY, judged_agents, league_contestants, rule_named
from mcts import JONES


def test_rules_differ_in_lambda_alone():
    own = {"c_puct", "lambda_rule"}
    published, correct = (rule_named(name) for name in ("jones", "grill 0.5"))
    assert published.model_dump(exclude=own) == correct.model_dump(exclude=own)
    assert (correct.c_puct, correct.lambda_rule) == (0.5, "grill")
    assert rule_named("jones in full") == JONES.rule


def test_the_same_networks_play_under_every_rule():
    """Six runs of the league, three snapshots, four rules and four searches, one of them raw."""
    config = STUDY.presets["laptop"]
    league = pd.DataFrame(league_contestants(config, 4))
    assert len(league) == 6 * 3 * (4 * 3 + 1)
    assert league.groupby(["run_id", "index"]).size().nunique() == 1
    judged = pd.DataFrame(judged_agents(config, 4))
    assert set(judged["play"]) == set(config.plays)
    assert judged[judged["nodes"] == 256]["trained"].unique().tolist() == ["jones", "grill 0.5"]


def test_the_study_goes_from_configuration_to_page(hexlaw, tmp_path, capsys):
    lab, out = tmp_path / "lab", tmp_path / "out"
    command = ("study", "lambda_ablation", "--preset", "smoke", "--lab", lab, "--out", out)
    assert hexlaw(*command, "--workers", 1) == 0
    page = (out / "index.html").read_text()
    assert "grill 0.5, 1 nodes" in page
    assert "as sharp as the correct one with c = " in page
    judged = pd.read_csv(out / "tables" / "judged_3.csv")
    assert judged["entropy"].between(0, 2.2).all()  # log 9 at most
    assert judged["rate"].between(0, 1).all()
    league = pd.read_csv(out / "tables" / "league_3.csv")
    assert league["elo"].notna().all()
    assert sorted(path.stem for path in (out / "figures").glob("*.svg")) == [
        "lambda_elo_3", "lambda_sharpness_3",
    ]  # fmt: skip
    capsys.readouterr()
    assert hexlaw(*command, "--workers", 1) == 0
    assert capsys.readouterr().out.count("done already") == 3
    pd.testing.assert_frame_equal(judged, pd.read_csv(out / "tables" / "judged_3.csv"))
