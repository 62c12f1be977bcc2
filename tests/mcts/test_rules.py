"""What rules declare of themselves, and a rule from outside the package."""

from __future__ import annotations

import numpy as np
import pytest

from mcts import JONES, RULES, Gumbel, Puct, Regularised, SearchConfig
from tests.toys.uct import Uct


@pytest.mark.parametrize(
    ("search", "draws"),
    [
        (SearchConfig(), False),
        (SearchConfig(noise_fraction=0.25), True),
        (SearchConfig(rule=Gumbel()), True),
        (SearchConfig(rule=Gumbel(noise_scale=0.0)), False),
        (SearchConfig(rule=Regularised()), True),
        (SearchConfig(rule=Uct()), False),
    ],
)
def test_a_search_says_whether_chance_has_a_part_in_it(search, draws):
    assert search.draws is draws


def test_only_what_hangs_on_more_than_the_position_says_why():
    assert "value_range" in JONES.hangs_on_others
    assert SearchConfig(rule=Regularised()).hangs_on_others == ""
    assert SearchConfig(reuse=True).hangs_on_others == ""
    assert "kept" in SearchConfig(reuse=True, rule=Regularised()).hangs_on_others


@pytest.mark.parametrize(
    ("search", "calls"),
    [
        (SearchConfig(nodes=1), 1),
        (SearchConfig(nodes=64), 64),
        (SearchConfig(nodes=9, leaves=4), 3),
        (SearchConfig(nodes=10, leaves=4), 4),
        (SearchConfig(nodes=17, rule=Gumbel(max_considered=4)), 17),
        # Karnin's halving of 16 simulations over 4 actions: two rounds of 4, then four of 2.
        (SearchConfig(nodes=17, rule=Gumbel(max_considered=4, parallel=True)), 1 + 2 + 4),
    ],
)
def test_evaluations_that_wait_for_one_another_are_counted(search, calls):
    assert search.evaluations == search.nodes
    assert search.dependent_calls == calls


def test_self_play_adds_no_noise_where_a_rule_brings_its_own():
    noisy = {name for name in ("puct", "gumbel", "regularised") if not RULES[name].explores}
    assert noisy == {"puct", "regularised"}
    assert Gumbel().quiet() == Gumbel(noise_scale=0.0)
    assert Puct().quiet() == Puct()


def test_a_rule_from_outside_tries_every_action_before_any_twice(search_cases, cases):
    """UCT looks at no prior: with more simulations than actions each is tried, whatever the
    network says of it."""
    found = cases.only(search_cases(SearchConfig(nodes=9, rule=Uct())), "random")
    legal = found.prior > 0
    assert np.all(found.visits[legal] >= 1)
    assert np.all(found.visits[~legal] == 0)
    assert np.all(found.visits.sum(axis=1) == 8)


def test_a_rule_from_outside_finds_the_one_winning_move(search_cases, cases):
    """Trees that any move ends, in which the network's prior is on moves that lose."""
    found = cases.only(search_cases(SearchConfig(nodes=32, rule=Uct())), "all prior lost")
    np.testing.assert_array_equal(found.action, [2, 2])
    np.testing.assert_array_equal(found.q, [[-1, -1, 1, -1]] * 2)
