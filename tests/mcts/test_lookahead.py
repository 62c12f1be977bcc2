"""Strategies without a tree of visits against their papers written anew
(`tests/oracles/lookahead.py`), and what all strategies promise."""

from __future__ import annotations

import copy
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mcts import STRATEGIES, SearchConfig, SearchResult
from mcts.strategies.alpha_beta import AlphaBeta
from mcts.strategies.beam import Beam
from mcts.strategies.best_of_n import BestOfN
from mcts.strategies.diverse_beam import DiverseBeam
from mcts.strategies.majority import Majority
from mcts.strategies.revision import Revision
from mcts.strategies.rollouts import Rollouts
from mcts.strategies.root_parallel import RootParallel

POSITIONS = 40
NEAR_TIE = 1e-5  # decisions closer than this may fall the other way in float32


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def _decide(strategy: Any, game: Any, evaluate: Any, params: Any, states: Any, keys: Any):
    return strategy.decide(game, evaluate, params, states, keys)[0]


@pytest.fixture(scope="module")
def positions(hex_world):
    """The 4×4 world and the games that lead to its positions."""
    world = hex_world(4)
    return world, world.random_games(count=POSITIONS, seed=3)


@pytest.fixture(scope="module")
def keys():
    return jax.random.split(jax.random.key(5), POSITIONS)


@pytest.fixture(scope="module")
def decide(positions, keys):
    """What a strategy finds in some of the positions (all, if none are named), NumPy arrays; each
    position has its own key."""
    world, games = positions

    def run(strategy, rows=slice(None), params=world.params) -> SearchResult:
        states = world.states(games[rows])
        found = _decide(strategy, world.game, world.evaluate, params, states, keys[rows])
        return jax.tree.map(np.asarray, found)

    return run


@pytest.fixture(scope="module")
def plain(positions, plain_hex):
    """The world in plain Python, and its positions."""
    world, games = positions
    return plain_hex(world), [world.position(moves) for moves in games]


def each(keys, draw, shape) -> np.ndarray:
    """What each position draws."""
    return np.asarray(jax.vmap(lambda key: draw(key, (1, *shape)))(keys))[:, 0]


def expect_same(found: SearchResult, expected, least_clear: float = 0.85) -> None:
    """The same move, values and cost wherever nothing was decided by a hair."""
    clear = [row for row, result in enumerate(expected) if result.gap > NEAR_TIE]
    assert len(clear) >= least_clear * len(expected)
    for row in clear:
        result = expected[row]
        assert found.action[row] == result.action
        tried = np.flatnonzero(found.visits[row])
        assert tried.tolist() == sorted(result.q)
        np.testing.assert_allclose(
            found.q[row, tried], [result.q[a] for a in tried.tolist()], atol=2e-5
        )
        assert found.evaluations[row] == result.evaluations


def test_majority_is_that_of_the_samples(decide, plain, oracle, keys):
    world, states = plain
    uniform = each(keys, jax.random.uniform, (5,))
    majority = oracle("lookahead").majority
    expect_same(
        decide(Majority(samples=5)),
        [majority(world, state, row) for state, row in zip(states, uniform, strict=True)],
    )


@pytest.mark.parametrize("propose", ["drawn", "likeliest"])
def test_best_of_n_is_that_of_the_paper(decide, plain, oracle, keys, propose):
    world, states = plain
    noise = each(keys, jax.random.gumbel, (world.num_actions,))
    best_of_n = oracle("lookahead").best_of_n
    expect_same(
        decide(BestOfN(nodes=6, propose=propose)),
        [
            best_of_n(world, state, 5, row if propose == "drawn" else None)
            for state, row in zip(states, noise, strict=True)
        ],
    )


def test_rollouts_are_those_of_the_paper(decide, plain, oracle, keys):
    """Some lines end with the game."""
    world, states = plain
    uniform = each(keys, jax.random.uniform, (6, 4))
    rollouts = oracle("lookahead").rollouts
    expect_same(
        decide(Rollouts(nodes=27, depth=4)),
        [rollouts(world, state, rows) for state, rows in zip(states, uniform, strict=True)],
    )


@pytest.mark.parametrize(
    ("strategy", "apart"),
    [
        (Beam(nodes=40, beams=3, branching=4), False),
        (DiverseBeam(nodes=40, beams=3, branching=4), True),
        (Beam(nodes=4), False),
    ],
    ids=["beam", "diverse", "small budget"],
)
def test_beams_are_those_of_the_paper(decide, plain, oracle, strategy, apart):
    world, states = plain
    beam = oracle("lookahead").beam
    expect_same(
        decide(strategy),
        [
            beam(world, state, strategy.nodes, strategy.beams, strategy.branching, apart)
            for state in states
        ],
    )


def test_alpha_beta_finds_the_minimax_move_with_fewer_evaluations(decide, plain, oracle):
    world, states = plain
    strategy = AlphaBeta(depth=3, branching=4)
    alpha_beta = oracle("lookahead").alpha_beta
    expected, exhaustive = zip(
        *(alpha_beta(world, state, strategy.depth, strategy.branching) for state in states),
        strict=True,
    )
    found = decide(strategy)
    expect_same(found, expected)
    assert max(exhaustive) == strategy.evaluations == 85
    assert found.evaluations.mean() < 0.6 * np.mean(exhaustive)


def test_revision_takes_back_where_the_value_falls(decide, plain, plain_hex, positions, oracle):
    """Both sides think well of their positions, so that values fall."""
    _, states = plain
    optimists = copy.copy(positions[0])
    optimists.weights = {**optimists.weights, "value": optimists.weights["value"].copy()}
    optimists.weights["value"][-1] += 0.75
    params = jax.tree.map(lambda array: jnp.asarray(array, jnp.float32), optimists.weights)
    revision = oracle("lookahead").revision
    expected = [revision(plain_hex(optimists), state, 24, 4) for state in states]
    found = decide(Revision(nodes=24, depth=4), params=params)
    expect_same(found, expected)
    likeliest = found.prior.argmax(axis=-1)
    assert 5 < (found.action != likeliest).sum() < POSITIONS
    assert found.visits.sum(axis=-1).max() > 4  # lines
    assert (found.evaluations < 24).any()  # nothing left to take back


def test_root_parallel_adds_up_independent_trees(decide, plain, oracle, positions, keys):
    """Each tree is the search of its own prior, noise mixed in; trees differ."""
    strategy = RootParallel(nodes=36, trees=3)
    found = decide(strategy)
    assert (found.evaluations == 36).all()
    assert (found.visits.sum(axis=-1) == 33).all()
    # One tree of as many nodes, with the same keys, is the tree search with that noise.
    alone = decide(RootParallel(nodes=12, trees=1))
    (noise_keys,) = jax.vmap(lambda key: jax.random.split(key, 1), out_axes=1)(keys)
    world, games = positions
    searched = _decide(
        SearchConfig(nodes=12, noise_fraction=0.25),
        world.game, world.evaluate, world.params, world.states(games), noise_keys,
    )  # fmt: skip
    np.testing.assert_array_equal(alone.visits, searched.visits)
    np.testing.assert_array_equal(alone.action, searched.action)
    assert (found.visits != 3 * alone.visits).any()


SMALL = {
    "alpha-beta": {"depth": 3, "branching": 4},
    "beam": {"nodes": 40, "beams": 3},
    "best-of-n": {"nodes": 6},
    "diverse-beam": {"nodes": 40, "beams": 3},
    "majority": {"samples": 5},
    "one-ply": {"nodes": 6},
    "revision": {"nodes": 24},
    "rollouts": {"nodes": 27},
    "root-parallel": {"nodes": 36, "trees": 3},
    "search": {"nodes": 12},
}
"""Settings that the tests can afford; strategies that come later are tested as they are."""


@pytest.mark.parametrize("name", STRATEGIES.names)
def test_no_strategy_changes_a_move_between_batch_sizes(decide, name):
    """All positions together, and three of them, each with its own key."""
    strategy = STRATEGIES.parse({"strategy": name, **SMALL.get(name, {})})
    rows = slice(4, 7)
    together, few = decide(strategy), decide(strategy, rows)
    for field in ("action", "visits", "evaluations"):
        theirs = getattr(together, field)[rows]
        np.testing.assert_array_equal(getattr(few, field), theirs, err_msg=field)
    np.testing.assert_allclose(few.q, together.q[rows], atol=1e-6)


@pytest.mark.parametrize("name", STRATEGIES.names)
def test_a_strategy_plays_legal_moves_within_its_declared_cost(decide, positions, name):
    strategy = STRATEGIES.parse({"strategy": name, **SMALL.get(name, {})})
    found = decide(strategy)
    world, games = positions
    for action, moves in zip(found.action.tolist(), games, strict=True):
        assert action in world.legal(world.position(moves))
    assert (found.evaluations >= 1).all()
    assert (found.evaluations <= strategy.evaluations).all()
    assert 1 <= strategy.dependent_calls <= strategy.evaluations
    np.testing.assert_allclose(found.policy.sum(axis=-1), 1, atol=1e-6)
    if strategy.has_budget and name != "one-ply":  # the toy, which asks two at least
        assert strategy.with_nodes(1).evaluations == 1
