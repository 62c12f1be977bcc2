"""The λ ablation, with its counts cut to ones and twos."""

from __future__ import annotations

import re

import numpy as np

from experiments.studies.lambda_ablation import (
    AblationConfig,
    draw_pairs,
    rule_named,
    run_ablation,
)
from mcts import JONES


def test_rules_differ_in_lambda_alone():
    own = {"c_puct", "lambda_rule"}
    published, correct = (rule_named(name) for name in ("jones", "grill 0.5"))
    assert published.model_dump(exclude=own) == correct.model_dump(exclude=own)
    assert (correct.c_puct, correct.lambda_rule) == (0.5, "grill")
    assert rule_named("jones in full") == JONES.rule


def test_everybody_in_the_league_plays_as_much():
    pairs = draw_pairs(40, 0)
    met = np.bincount(np.concatenate([pairs.first, pairs.second]))
    assert met.tolist() == [16] * 40  # 32 games, two with each
    assert (pairs.first != pairs.second).all()
    assert len({frozenset(pair) for pair in zip(pairs.first, pairs.second)}) == len(pairs.first)  # noqa: B905


def test_the_ablation_goes_from_configuration_to_figures(tmp_path, capsys):
    config = AblationConfig(
        boards=(3,), c=(0.5,), train_c=(0.5,), league_c=(0.5,), train_nodes=(1,), test_nodes=(1, 2),
        seeds=2, snapshots=2, samples=2048, resamples=2, full=False, lab=tmp_path / "lab",
        figures=tmp_path,
    )  # fmt: skip
    run_ablation(config)
    said = capsys.readouterr().out
    assert "| grill 0.5, 1 nodes |" in said
    assert "| 2 | " in said.split("equals the published λ")[1]
    assert sorted(path.name for path in tmp_path.glob("*.svg")) == [
        "lambda_elo_3.svg", "lambda_sharpness_3.svg",
    ]  # fmt: skip
    judged = (config.lab / "judged.jsonl").read_text()
    run_ablation(config)  # nothing is done twice
    # So little data leaves the exchange undetermined: its fit may end elsewhere.
    assert re.sub(r"[\d.]+", "#", capsys.readouterr().out) == re.sub(r"[\d.]+", "#", said)
    assert (config.lab / "judged.jsonl").read_text() == judged
