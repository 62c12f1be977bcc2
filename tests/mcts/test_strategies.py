"""Strategies at play time: the raw policy, and one from outside the package."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from games.errors import InputError
from mcts import STRATEGIES, RawPolicy, SearchConfig, SearchResult
from tests.toys.one_ply import OnePly


@pytest.fixture
def decide(planted, cases):
    """What a strategy finds in all planted cases, NumPy arrays."""

    def run(strategy) -> SearchResult:
        @jax.jit
        def found(network, states):
            key = jax.random.key(0)
            return strategy.decide(cases.game, planted.evaluate, network, states, key)[0]

        return jax.tree.map(np.asarray, found(cases.network, cases.game.roots()))

    return run


def test_the_raw_policy_is_a_tree_search_of_one_node(decide, search_cases):
    found, searched = decide(RawPolicy()), search_cases(SearchConfig(nodes=1))
    for name, ours, theirs in zip(SearchResult._fields, found, searched, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs, err_msg=name)


def test_a_strategy_from_outside_takes_the_one_winning_move(decide, cases):
    """Trees that any move ends: what follows each is known for certain."""
    found = cases.only(decide(OnePly(nodes=5)), "all prior lost")
    np.testing.assert_array_equal(found.action, [2, 2])
    np.testing.assert_array_equal(found.q, [[-1, -1, 1, -1]] * 2)
    np.testing.assert_array_equal(found.value, [1, 1])
    np.testing.assert_array_equal(found.evaluations, [5, 5])


def test_a_strategy_says_what_it_costs():
    costs = {
        name: (strategy.evaluations, strategy.dependent_calls)
        for name, strategy in (
            ("raw", RawPolicy()),
            ("one-ply", OnePly(nodes=12)),
            ("search", SearchConfig(nodes=12)),
        )
    }
    assert costs == {"raw": (1, 1), "one-ply": (12, 2), "search": (12, 12)}
    assert RawPolicy().with_nodes(9) == RawPolicy()
    assert OnePly().with_nodes(9) == OnePly(nodes=9)
    with pytest.raises(InputError, match="strategy one-ply: nodes"):
        OnePly().with_nodes(1)


@pytest.mark.parametrize(
    ("strategy", "options"),
    [
        (RawPolicy(), {"strategy": "raw"}),
        (OnePly(nodes=3), {"strategy": "one-ply", "nodes": 3}),
        (SearchConfig(nodes=3, reuse=True), {"nodes": 3, "reuse": True}),
    ],
)
def test_a_strategy_is_read_back_from_what_is_written_of_it(strategy, options):
    assert strategy.options() == options
    assert STRATEGIES.parse(options) == strategy
    assert STRATEGIES.parse(strategy.model_dump(mode="json")) == strategy


@pytest.mark.parametrize("name", ["best-of-n", "rollouts", "beam", "diverse-beam", "revision"])
def test_with_one_evaluation_whatever_looks_ahead_is_the_raw_policy(decide, name):
    found, raw = decide(STRATEGIES.parse({"strategy": name, "nodes": 1})), decide(RawPolicy())
    for field, ours, theirs in zip(SearchResult._fields, found, raw, strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=field)
