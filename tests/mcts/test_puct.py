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
ZERO = Puct(unvisited_value="zero", c_puct=0.7)
by_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.unvisited_value)


@pytest.fixture
def ask_planted(oracle, plain_planted):
    """The oracle's search of every planted tree."""

    def ask(game, network, config, root_priors=None):
        return [
            oracle("puct").search(
                plain_planted(game, network),
                (tree, 0),
                config.nodes,
                c_puct=config.rule.c_puct,
                c_base=config.rule.c_base,
                unvisited_value=config.rule.unvisited_value,
                root_prior=root_priors[tree] if root_priors else None,
            )
            for tree in range(len(game.first_mover))
        ]

    return ask


@pytest.mark.parametrize("nodes", [1, 2, 3, 16, 64])
@by_rule
def test_same_visits_and_values_as_the_papers_on_planted_trees(
    search, planted, ask_planted, expect_same, trees, rule, nodes
):
    game, network = trees
    config = SearchConfig(nodes=nodes, rule=rule)
    result = search(game, planted.evaluate, config, network, game.roots())
    expect_same(result, ask_planted(game, network, config))


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
    search, planted, ask_planted, expect_same, trees
):
    """The oracle, given the noisy root prior and no noise of its own, searches the same tree."""
    game, network = trees
    config = SearchConfig(nodes=64, rule=RULES[0], noise_fraction=0.5)
    result = search(game, planted.evaluate, config, network, game.roots(), jax.random.key(2))
    noisy = [
        {action: float(prior[action]) for action in game.actions_at((tree, 0))}
        for tree, prior in enumerate(result.prior)
    ]
    expect_same(result, ask_planted(game, network, config, root_priors=noisy))


@pytest.fixture(scope="module")
def draws(planted):
    """Two trees of four actions in which every game is drawn after five plies."""
    nodes, last = planted.num_nodes(4, 5), planted.num_nodes(4, 4)
    legal = np.ones((2, nodes, 4), bool)
    legal[:, last:] = False
    game = planted.PlantedTrees(
        2, np.array([0, 1], np.int8), legal, np.full((2, nodes), -1, np.int8)
    )
    return game, planted.PlantedNetwork(np.zeros(legal.shape, np.float32), np.zeros((2, nodes)))


def test_of_equal_new_actions_the_lowest_is_tried_first(search, planted, draws):
    game, network = draws
    config = SearchConfig(nodes=3, rule=ZERO)
    result = search(game, planted.evaluate, config, network, game.roots())
    np.testing.assert_array_equal(result.visits, [[1, 1, 0, 0]] * 2)


def test_of_equal_children_the_first_expanded_is_followed(search, planted, draws):
    game, network = draws
    config = SearchConfig(nodes=64, rule=ZERO)  # 63 = 4 · 15 + 3
    result = search(game, planted.evaluate, config, network, game.roots())
    np.testing.assert_array_equal(result.visits, [[16, 16, 16, 15]] * 2)


def test_an_action_tried_is_preferred_to_an_equal_new_one(search, planted, draws):
    """Without exploration every draw is as good as the next."""
    game, network = draws
    config = SearchConfig(nodes=16, rule=Puct(c_puct=0, unvisited_value="zero"))
    result = search(game, planted.evaluate, config, network, game.roots())
    np.testing.assert_array_equal(result.visits, [[15, 0, 0, 0]] * 2)


def test_visits_follow_the_prior_where_values_are_equal(search, planted, draws):
    """PUCT levels P / (1 + n), so that n + 1 lies within one visit of P · (63 + 4)."""
    game, network = draws
    prior = np.array([0.05, 0.15, 0.3, 0.5])
    network = network._replace(
        logits=np.broadcast_to(np.log(prior).astype(np.float32), network.logits.shape)
    )
    config = SearchConfig(nodes=64, rule=ZERO)
    result = search(game, planted.evaluate, config, network, game.roots())
    assert np.abs(result.visits + 1 - prior * 67).max() <= 1


def test_an_action_of_prior_zero_is_tried_once_the_others_lose(search, planted):
    """Actions 0 and 1 lose at once and hold all of the prior; 2 wins."""
    legal = np.zeros((2, 5, 4), bool)
    legal[:, 0] = True
    first = np.array([0, 1], np.int8)
    winner = np.where(np.arange(5) == 3, first[:, None], 1 - first[:, None]).astype(np.int8)
    game = planted.PlantedTrees(2, first, legal, winner)
    logits = np.where(np.arange(4) < 2, 0, -np.inf) * np.ones((2, 5, 1))
    network = planted.PlantedNetwork(logits.astype(np.float32), np.zeros((2, 5), np.float32))
    config = SearchConfig(nodes=64, rule=ZERO)
    result = search(game, planted.evaluate, config, network, game.roots())
    np.testing.assert_array_equal(result.prior, [[0.5, 0.5, 0, 0]] * 2)
    np.testing.assert_array_equal(result.q[:, :3], [[-1, -1, 1]] * 2)
    assert (result.visits[:, 2] > 50).all()
