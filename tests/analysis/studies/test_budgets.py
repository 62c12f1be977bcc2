"""Budgets by position, on planted searches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.studies.budgets import RULE_KEYS, Aim, Traced, draw_rules, knowledge
from analysis.studies.play_time import draws_table, pooled_draws

BUDGETS = np.array([1, 2, 4, 8, 16, 32, 64])


def test_a_rule_that_knows_where_search_helps_has_its_planted_multiplier():
    """Half of the positions need all 64 evaluations, half none: whoever knows spends 32.5 on the
    mean, and a uniform budget would have to be 64, or 1.97 times as large."""
    positions = np.arange(600)
    hard = (positions // 2) % 2 == 0
    blunder = np.zeros((2, len(BUDGETS), 600), bool)
    blunder[:, :-1] = hard
    rules = pd.DataFrame(
        {"rule": ["knows", "blind", "blind"], "setting": ["", "a", "b"], "cap": [64] * 3}
    )
    stop = np.stack([np.where(hard, 6, 0), np.full(600, 5), np.full(600, 0)])
    chance = np.where(hard, 0.7, 0.3) * np.ones((2, 1, 1))
    traced = Traced(
        5, "16x2", 1.25, BUDGETS, blunder, rules, np.broadcast_to(stop, (2, 3, 600)),
        positions % 2 == 0, chance,
    )  # fmt: skip
    (known,) = knowledge(traced).to_dict("records")
    assert (known["helped"], known["harmed"], known["auc"]) == (0.5, 0, 1)
    draws = draw_rules(traced, [Aim(32, 64)], resamples=100)
    found = draws_table(draws).set_index("rule")
    assert found.loc["knows", "evaluations"] == pytest.approx(32.5)
    assert found.loc["knows", "multiplier"] == pytest.approx(64 / 32.5)
    assert found["multiplier_low"]["knows"] > 1.5
    assert found.loc["blind", "setting"] == "a"  # nearest to a mean of 32
    assert found["multiplier"]["blind"] <= 1
    assert found.loc["knows", "tail"] == 64
    # A uniform budget of that mean has lost every hard position: half of them.
    assert found["beyond"]["knows"] == pytest.approx(-0.5, abs=0.02)
    twice = pooled_draws([*draws, *draws], RULE_KEYS).set_index("rule")
    assert twice["measurements"].tolist() == [2, 2]
    assert twice["multiplier"]["knows"] == pytest.approx(64 / 32.5)
