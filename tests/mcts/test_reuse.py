"""Keeping a subtree between the moves of a game."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import mcts
from mcts import SearchConfig
from mcts.reuse import reroot

CONFIG = SearchConfig(nodes=32, reuse=True)
_search_tree = jax.jit(mcts.search_tree, static_argnums=(0, 1, 2))


@pytest.fixture(scope="module")
def run(hex_world):
    """Search 4×4 positions given by their moves, going on from `kept`."""
    world = hex_world(4)

    def search(games, kept):
        return _search_tree(
            world.game, world.evaluate, CONFIG, world.params, world.states(games),
            jax.random.key(0), kept,
        )  # fmt: skip

    return search


@pytest.fixture(scope="module")
def blank(hex_world):
    """Trees in which nothing is found: those of games that are over."""
    over = [0, 1, 4, 2, 8, 3, 12]  # black holds the first column
    world = hex_world(4)
    states = world.states([over] * 4)
    return jax.jit(mcts.search_tree, static_argnums=(0, 1, 2))(
        world.game, world.evaluate, CONFIG, world.params, states, jax.random.key(0), None
    )[1]


OPENINGS = [[], [5], [0, 15], [1, 2, 3]]


def test_a_kept_subtree_is_the_one_that_was_there(run, blank):
    """After one move: the same visits, q and prior as that node had, before anything is added."""
    result, tree = run(OPENINGS, blank)
    best = result.visits.argmax(axis=-1)
    child = ((tree.nodes.parent == 0) & (tree.action == best[:, None])).argmax(axis=-1)
    moved = jax.jit(reroot)(tree, child)
    row = np.arange(4)
    for name in ("visits", "value_sum", "next_prior", "untried_prior", "network_value"):
        before = np.asarray(getattr(tree.nodes, name))[row, child]
        np.testing.assert_array_equal(np.asarray(getattr(moved.nodes, name))[:, 0], before)
    assert (np.asarray(moved.nodes.parent)[:, 0] == -1).all()
    # A node's visits are its own evaluation and its children's visits, all the way down.
    parent, visits = np.asarray(moved.nodes.parent), np.asarray(moved.nodes.visits)
    over = np.asarray(moved.terminal)
    for tree_index in range(4):
        for node in np.flatnonzero(visits[tree_index] * ~over[tree_index]):
            below = visits[tree_index][parent[tree_index] == node].sum()
            assert visits[tree_index][node] == 1 + below


def test_the_budget_counts_what_was_kept(run, blank):
    """n visits in the end, n - v evaluations where v were kept."""
    result, tree = run(OPENINGS, blank)
    best = result.visits.argmax(axis=-1)
    assert (np.asarray(result.evaluations) == 32).all()
    games = [[*moves, int(action)] for moves, action in zip(OPENINGS, best, strict=True)]
    after, _ = run(games, tree)
    kept = np.asarray(result.visits)[np.arange(4), best]
    assert (kept > 1).all()
    np.testing.assert_array_equal(after.evaluations, 32 - kept)
    np.testing.assert_array_equal(np.asarray(after.visits).sum(axis=-1), 31)
    legal = [len(set(range(16)) - set(moves)) for moves in games]
    np.testing.assert_array_equal((np.asarray(after.prior) > 0).sum(axis=-1), legal)
    np.testing.assert_allclose(np.asarray(after.prior).sum(axis=-1), 1, atol=1e-6)


def test_going_on_is_the_same_as_starting_afresh(run, blank):
    """What PUCT does below a node depends on nothing above it, so a subtree of v visits is the
    first v visits of a search from there, and n in all are the same search bit for bit."""
    result, tree = run(OPENINGS, blank)
    best = result.visits.argmax(axis=-1)
    games = [[*moves, int(action)] for moves, action in zip(OPENINGS, best, strict=True)]
    going_on, fresh = (run(games, kept)[0] for kept in (tree, blank))
    for name, one, other in zip(going_on._fields, going_on, fresh, strict=True):
        if name != "evaluations":
            np.testing.assert_array_equal(one, other, err_msg=name)


def test_another_game_starts_afresh(run, blank):
    """A new game, or one that changed places in the batch, finds nothing in the trees kept."""
    _, tree = run(OPENINGS, blank)
    others = [[0], [9], [3, 12], [7, 8, 4]]
    tree = jax.tree.map(lambda leaf: leaf[::-1], tree)
    kept, fresh = (run(others, trees)[0] for trees in (tree, blank))
    jax.tree.map(np.testing.assert_array_equal, kept, fresh)
    assert np.asarray(kept.evaluations).tolist() == [32] * 4
