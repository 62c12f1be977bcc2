"""The whole search against AlphaZero's written anew from the papers (`tests/oracles/puct.py`)."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from mcts import Puct, SearchConfig

RULES = [
    Puct(unvisited_value="parent", c_puct=1.25),
    Puct(unvisited_value="zero", c_puct=0.7, c_base=20),  # grows within a few visits
    Puct(unvisited_value="loss", c_puct=2.3),
]
ZERO = RULES[1]


@pytest.fixture
def ask_planted(oracle, plain_planted, cases):
    """The oracle's search of every random tree."""

    def ask(config, root_priors=None):
        return [
            oracle("puct").search(
                plain_planted(cases.game, cases.network),
                (tree, 0),
                config.nodes,
                c_puct=config.rule.c_puct,
                c_base=config.rule.c_base,
                unvisited_value=config.rule.unvisited_value,
                root_prior=root_priors[tree] if root_priors else None,
            )
            for tree in range(cases.rows["random"].stop)
        ]

    return ask


@pytest.mark.parametrize(
    ("rule", "nodes"),
    [*((rule, 64) for rule in RULES), (RULES[0], 1), (RULES[2], 2), (RULES[1], 3), (RULES[0], 16)],
)
def test_same_visits_and_values_as_the_papers_on_planted_trees(
    search_cases, ask_planted, expect_same, cases, rule, nodes
):
    config = SearchConfig(nodes=nodes, rule=rule)
    expect_same(cases.only(search_cases(config), "random"), ask_planted(config))


@pytest.mark.parametrize(
    ("size", "rule"), [(2, RULES[0]), (3, RULES[1]), (4, RULES[2]), (5, RULES[0])]
)
def test_same_visits_and_values_as_the_papers_on_hex(
    search, oracle, plain_hex, hex_world, expect_same, size, rule
):
    world = hex_world(size)
    games = world.random_games(count=64, seed=size)
    config = SearchConfig(nodes=64, rule=rule)
    result = search(world.game, world.evaluate, config, world.params, world.states(games))
    expected = [
        oracle("puct").search(
            plain_hex(world),
            world.position(moves),
            config.nodes,
            c_puct=rule.c_puct,
            c_base=rule.c_base,
            unvisited_value=rule.unvisited_value,
        )
        for moves in games
    ]
    expect_same(result, expected)


def test_noise_touches_the_root_alone_and_once_a_search(
    search_cases, ask_planted, expect_same, cases
):
    """The oracle, given the noisy root prior and no noise of its own, searches the same tree."""
    config = SearchConfig(nodes=64, rule=RULES[0], noise_fraction=0.5)
    result = cases.only(search_cases(config, jax.random.key(2)), "random")
    noisy = [
        {action: float(prior[action]) for action in cases.game.actions_at((tree, 0))}
        for tree, prior in enumerate(result.prior)
    ]
    expect_same(result, ask_planted(config, root_priors=noisy))


def test_of_equal_new_actions_the_lowest_is_tried_first(search_cases, cases):
    result = cases.only(search_cases(SearchConfig(nodes=3, rule=ZERO)), "drawn")
    np.testing.assert_array_equal(result.visits, [[1, 1, 0, 0]] * 2)


def test_of_equal_children_the_first_expanded_is_followed(search_cases, cases):
    result = cases.only(search_cases(SearchConfig(nodes=64, rule=ZERO)), "drawn")
    np.testing.assert_array_equal(result.visits, [[16, 16, 16, 15]] * 2)  # 63 = 4 · 15 + 3


def test_an_action_tried_is_preferred_to_an_equal_new_one(search_cases, cases):
    """Without exploration every draw is as good as the next."""
    config = SearchConfig(nodes=16, rule=Puct(c_puct=0, unvisited_value="zero"))
    result = cases.only(search_cases(config), "drawn")
    np.testing.assert_array_equal(result.visits, [[15, 0, 0, 0]] * 2)


def test_visits_follow_the_prior_where_values_are_equal(search_cases, cases):
    """PUCT levels P / (1 + n), so that n + 1 lies within one visit of P · (63 + 4)."""
    result = cases.only(search_cases(SearchConfig(nodes=64, rule=ZERO)), "drawn with a prior")
    assert np.abs(result.visits + 1 - np.array([0.05, 0.15, 0.3, 0.5]) * 67).max() <= 1


def test_an_action_of_prior_zero_is_tried_once_the_others_lose(search_cases, cases):
    """Actions 0 and 1 lose at once and hold all of the prior; 2 wins."""
    result = cases.only(search_cases(SearchConfig(nodes=64, rule=ZERO)), "all prior lost")
    np.testing.assert_array_equal(result.prior, [[0.5, 0.5, 0, 0]] * 2)
    np.testing.assert_array_equal(result.q[:, :3], [[-1, -1, 1]] * 2)
    assert (result.visits[:, 2] > 50).all()
