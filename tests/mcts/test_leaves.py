"""Leaf-parallel PUCT against the papers written anew (`tests/oracles/leaf_parallel.py`)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mcts import Puct, SearchConfig
from mcts.leaves import grow_leaves
from mcts.simulation import plant

FOUR = SearchConfig(nodes=64, leaves=4)
EIGHT = SearchConfig(nodes=20, leaves=8, rule=Puct(unvisited_value="zero", c_puct=0.7, c_base=20))


def plain(oracle, world, states, config):
    rule = config.rule
    return [
        oracle("leaf_parallel").search(
            world, state, config.nodes, config.leaves,
            rule.c_puct, rule.c_base, rule.unvisited_value,
        )
        for state in states
    ]  # fmt: skip


@pytest.mark.parametrize("config", [FOUR, EIGHT], ids=["4", "8"])
def test_same_search_as_the_papers_on_planted_trees(
    search_cases, oracle, plain_planted, cases, expect_same, config
):
    """The last step of 8 has only 3 evaluations left; finished games and dead ends are met."""
    result = cases.only(search_cases(config), "random")
    roots = [(tree, 0) for tree in range(len(result.visits))]
    expected = plain(oracle, plain_planted(cases.game, cases.network), roots, config)
    expect_same(result, expected)
    assert min(min(tree.batches[1:-1]) for tree in expected) < config.leaves
    assert (result.visits.sum(axis=-1) == config.nodes - 1).all()
    assert (result.evaluations == config.nodes).all()


def test_same_search_as_the_papers_on_hex_in_few_batches(
    search, oracle, plain_hex, hex_world, expect_same
):
    """63 simulations in 16 batches of 4; the leaves of a batch are seldom the same."""
    world, calls = hex_world(5), []
    games = world.random_games(count=64, seed=5)

    def spy(params, states):
        jax.debug.callback(calls.append, states.winner.shape[0])
        return world.evaluate(params, states)

    result = search(world.game, spy, FOUR, world.params, world.states(games))
    jax.effects_barrier()
    assert calls == [64] + [4 * 64] * 16
    expected = plain(oracle, plain_hex(world), [world.position(moves) for moves in games], FOUR)
    expect_same(result, expected)
    roomy = [
        tree.batches[1:] for tree, moves in zip(expected, games, strict=True) if len(moves) < 9
    ]
    assert np.mean(np.concatenate(roomy)) > 3.9


def test_a_search_does_not_depend_on_the_rest_of_its_batch(search, hex_world):
    world = hex_world(5)
    games = world.random_games(count=64, seed=5)
    together, reversed_ = (
        search(world.game, world.evaluate, FOUR, world.params, world.states(order))
        for order in (games, games[::-1])
    )
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a, b[::-1]), together, reversed_)


def test_extreme_logits_finished_roots_and_single_actions(search_cases, planted, cases):
    every = search_cases(FOUR)
    assert all(np.isfinite(field).all() for field in every)
    legal = cases.game.legal_table[:, 0]
    assert (every.visits[~legal] == 0).all()
    np.testing.assert_array_equal(every.visits.sum(axis=-1), np.full(len(legal), 63))
    single = legal.sum(axis=-1) == 1
    assert single.any()
    np.testing.assert_array_equal(every.visits[single], 63 * legal[single])
    extremes = cases.only(every, "extremes")
    np.testing.assert_allclose(
        extremes.prior, [prior for _, _, prior in planted.EXTREMES], atol=1e-7
    )


def test_a_finished_root_is_not_searched(search, hex_world):
    world = hex_world(5)
    column = [cell for i in range(5) for cell in (i * 5, i + 1 + 5 * (i == 4))][:-1]
    states = world.states([column] * 64)
    assert (np.asarray(states.winner) == 0).all()
    result = search(world.game, world.evaluate, FOUR, world.params, states)
    assert not result.visits.any()
    assert not result.policy.any()
    np.testing.assert_array_equal(result.value, -np.ones(64))


def test_with_many_nodes_the_winning_move_is_found(search_cases, cases):
    """A move that wins at once among three that lose; the network has no idea."""
    result = cases.only(search_cases(FOUR), "all prior lost")
    assert (result.action == 2).all()


def test_a_step_of_one_is_the_sequential_search(search, hex_world):
    """The leaf-parallel code with one leaf a step, against the search it is an option of."""
    world = hex_world(5)
    states = world.states(world.random_games(count=64, seed=5))
    config = SearchConfig(nodes=64)
    sequential = search(world.game, world.evaluate, config, world.params, states)

    @jax.jit
    def one_by_one(params, states):
        tree = plant(world.game, world.evaluate, config, params, states, None)
        tree = tree._replace(nodes=tree.nodes._replace(pending=jnp.zeros_like(tree.nodes.visits)))
        return grow_leaves(world.game, world.evaluate, config, params, tree)

    tree = jax.tree.map(np.asarray, one_by_one(world.params, states))
    at_root = tree.nodes.parent == 0
    for b in range(64):
        visits = np.zeros(25, int)
        visits[tree.action[b, at_root[b]]] = tree.nodes.visits[b, at_root[b]]
        np.testing.assert_array_equal(visits, sequential.visits[b])
