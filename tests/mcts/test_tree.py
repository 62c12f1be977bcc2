"""Reductions and draws against NumPy, and the two ways to find a node's children."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import mcts
import mcts.paths
import mcts.simulation
from mcts import Gumbel, Puct, Regularised, SearchConfig
from mcts.reductions import draw_index, first_argmax, sum_last
from mcts.tree import keeps_children


@pytest.mark.parametrize("length", [1, 4, 25, 64, 361])
def test_first_argmax_is_the_first_maximum_of_scores(length):
    """Random rows with many ties, infinity, denormal numbers and rows without any score."""
    rng = np.random.default_rng(0)
    values = np.array([-1, -1, 0.0, 1e-40, 1e-30, 0.5, 2.5, np.inf], np.float32)
    rows = rng.choice(values[: rng.integers(2, 9)], size=(500, length))
    rows[:3] = -1
    index, best = jax.jit(first_argmax)(rows)
    np.testing.assert_array_equal(index, rows.argmax(axis=-1))
    np.testing.assert_array_equal(best, rows.max(axis=-1))


@pytest.mark.parametrize("length", [1, 5, 16, 17, 64, 65, 363])
def test_sums_are_sums_and_draws_invert_the_cumulative_distribution(length):
    """Whole weights, so that no order of adding matters; most are 0."""
    rng = np.random.default_rng(length)
    weights = rng.integers(1, 9, size=length) * (rng.random(length) < 0.3)
    weights[length // 2] = 3
    count = weights.sum()
    np.testing.assert_array_equal(jax.jit(sum_last)(weights.astype(np.float32)), count)
    uniform = np.append((np.arange(count) + 0.5) / count, [0.0, 1.0]).astype(np.float32)
    drawn = jax.jit(jax.vmap(draw_index, (None, 0)))(weights.astype(np.float32), uniform)
    np.testing.assert_array_equal(np.bincount(drawn[:-2], minlength=length), weights)
    np.testing.assert_array_equal(drawn[-2:], np.flatnonzero(weights)[[0, -1]])


@pytest.mark.parametrize(
    ("rule", "same_trees"),
    # Sums over a node's children in another order differ in the last bit, which decides near-ties.
    [(Puct(), 1.0), (Gumbel(), 0.95), (Regularised(), 0.95)],
    ids=lambda value: getattr(value, "name", ""),
)
def test_children_looked_up_are_those_found_by_scanning(
    search, hex_world, monkeypatch, rule, same_trees
):
    """Large trees list the children of each node, small ones are scanned for them."""
    world, config, key = hex_world(5), SearchConfig(nodes=64, rule=rule), jax.random.key(7)
    states = world.states(world.random_games(count=64, seed=5))
    assert not keeps_children(config.nodes, world.num_actions, rule.sums)
    scanned = search(world.game, world.evaluate, config, world.params, states, key)
    monkeypatch.setattr(mcts.simulation, "keeps_children", lambda *tree: True)
    listed, tree = jax.jit(
        lambda params, states: mcts.search_tree(
            world.game, world.evaluate, config, params, states, key
        )
    )(world.params, states)
    assert tree.children is not None
    assert tree.children.count.max() > 15, "all nodes have few children: the test is too tame"
    assert (listed.visits == scanned.visits).all(axis=-1).mean() >= same_trees
    if rule.name == "puct":
        jax.tree.map(np.testing.assert_array_equal, listed, scanned)


def test_a_scan_of_the_nodes_so_far_finds_what_a_scan_of_all_finds(search, hex_world, monkeypatch):
    """The descent looks at more and more of the slots as a tree fills."""
    world, config, key = hex_world(5), SearchConfig(nodes=64), jax.random.key(7)
    states = world.states(world.random_games(count=64, seed=5))
    assert min(mcts.paths.SCANNED) >= config.nodes
    of_all = search(world.game, world.evaluate, config, world.params, states, key)
    monkeypatch.setattr(mcts.paths, "SCANNED", (1, 2, 3, 5, 8, 13, 21, 34, 55))
    of_those_so_far = jax.jit(
        lambda params, states: mcts.search(world.game, world.evaluate, config, params, states, key)
    )(world.params, states)
    jax.tree.map(np.testing.assert_array_equal, of_those_so_far, of_all)
