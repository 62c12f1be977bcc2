"""Strategies that ask two networks: MPV-MCTS against its paper written anew
(`tests/oracles/mpv.py`), a verifier of its own, and the value alone."""

from __future__ import annotations

import copy
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from games.hex import Hex
from mcts import SearchConfig
from mcts.strategies.best_of_n import BestOfN
from mcts.strategies.mpv import Mpv
from mcts.strategies.raw_policy import RawPolicy
from mcts.strategies.raw_value import RawValue
from mcts.strategies.strategy import Calls, Network

POSITIONS = 30


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def _decide(strategy, game, evaluate, params, states, second=None):
    with_second = {} if second is None else {"second": Network(evaluate, second)}
    key = jax.random.key(0)
    return strategy.decide(game, evaluate, params, states, key, **with_second)[0]


@pytest.fixture(scope="module")
def positions(hex_world):
    """The 3×3 world, where searches end games, and the games that lead to its positions."""
    world = hex_world(3)
    return world, world.random_games(count=POSITIONS, seed=8)


@pytest.fixture(scope="module")
def other(positions):
    """Another network for the same world."""
    other = copy.copy(positions[0])
    rng = np.random.default_rng(11)
    noise = {name: rng.normal(size=w.shape) / 2 for name, w in other.weights.items()}
    other.weights = {
        name: np.round((w + noise[name]) * 2**16) / 2**16 for name, w in other.weights.items()
    }
    other.params = jax.tree.map(lambda array: jnp.asarray(array, jnp.float32), other.weights)
    return other


@pytest.fixture(scope="module")
def decide(positions, other):
    """What a strategy finds with both networks, NumPy arrays."""
    world, games = positions

    def run(strategy, second=other.params):
        states = world.states(games)
        found = _decide(strategy, world.game, world.evaluate, world.params, states, second)
        return jax.tree.map(np.asarray, found)

    return run


@pytest.mark.parametrize(
    "strategy",
    [
        Mpv(nodes=40, every=3),
        Mpv(nodes=42, every=1, value_share=0.25, prior_share=0.5, c_puct=2),
    ],
    ids=["as the paper mixes", "mixed otherwise"],
)
def test_mpv_is_that_of_the_paper(decide, positions, other, plain_hex, oracle, strategy):
    world, games = positions
    expected = [
        oracle("mpv").search(
            plain_hex(world), other.plain_evaluate, world.position(moves), strategy.nodes,
            every=strategy.every, alpha=strategy.value_share, beta=strategy.prior_share,
            c_puct=strategy.c_puct,
        )
        for moves in games
    ]  # fmt: skip
    found = decide(strategy)
    clear = [row for row, result in enumerate(expected) if result.gap > 1e-5]
    assert len(clear) > 0.8 * POSITIONS
    for row in clear:
        assert found.visits[row].tolist() == expected[row].visits
        assert found.action[row] == expected[row].action
        np.testing.assert_allclose(found.q[row], expected[row].q, atol=2e-5)
    calls = strategy.calls_of_both(world.game)
    assert calls == (Calls(both=expected[0].small), Calls(both=expected[0].large))
    assert (found.evaluations == expected[0].small + expected[0].large).all()
    # The other network has its say.
    assert (found.visits != decide(strategy, second=None).visits).any()


@pytest.mark.parametrize(
    ("nodes", "every", "small", "large"),
    [(1, 4, 1, 0), (2, 4, 1, 0), (3, 4, 2, 1), (6, 4, 5, 1), (7, 4, 5, 1), (8, 4, 6, 2),
     (64, 1, 32, 31), (65, 1, 33, 32), (64, 4096, 63, 1)],
)  # fmt: skip
def test_a_budget_is_shared_between_the_networks(nodes, every, small, large):
    strategy = Mpv(nodes=nodes, every=every)
    assert (strategy.small_evaluations, strategy.large_evaluations) == (small, large)
    assert strategy.evaluations == strategy.dependent_calls == small + large


def test_a_large_network_that_is_not_heard_changes_nothing(decide, positions, search):
    world, games = positions
    deaf = Mpv(nodes=40, every=4, value_share=1, prior_share=1)
    found = decide(deaf)
    nodes = deaf.small_evaluations
    alone = search(
        world.game, world.evaluate, SearchConfig(nodes=nodes), world.params, world.states(games)
    )
    np.testing.assert_array_equal(found.visits, alone.visits)
    np.testing.assert_allclose(found.q, alone.q, atol=1e-6)


def test_the_second_network_verifies_what_the_first_proposes(decide, positions, other, oracle):
    """All moves are proposed, so the second network's value decides alone."""
    _, games = positions
    found = decide(BestOfN(nodes=10, propose="likeliest"))
    alone = decide(RawValue(), second=None)
    assert (found.action != alone.action).any()  # the first network's value is another
    for row, moves in enumerate(games):
        before = other.position(moves)
        for action in other.legal(before):
            after = other.step(before, action)
            outcome = other.outcome(after)
            value = other.plain_evaluate(after)[1] if outcome is None else outcome
            assert found.q[row, action] == pytest.approx(-value, abs=1e-6)
            assert found.q[row, action] <= found.q[row, found.action[row]]


def test_the_value_alone_looks_at_every_move(decide, positions):
    world, games = positions
    found = decide(RawValue(), second=None)
    verified = decide(BestOfN(nodes=10, propose="likeliest"), second=None)
    np.testing.assert_array_equal(found.q, verified.q)
    for row, moves in enumerate(games):
        legal = world.legal(world.position(moves))
        assert found.evaluations[row] == len(legal)
        assert np.flatnonzero(found.visits[row]).tolist() == legal
        best = max(found.q[row, legal])
        assert found.action[row] == next(a for a in legal if found.q[row, a] == best)


def test_strategies_say_what_they_read_of_a_network():
    game = Hex(4)
    assert RawPolicy().calls(game) == Calls(policy=1)
    assert RawValue().calls(game) == Calls(value=16)
    assert BestOfN(nodes=8).calls(game) == Calls(policy=1, value=7)
    assert BestOfN(nodes=8).calls_of_both(game) == (Calls(policy=1), Calls(value=7))
    assert Mpv(nodes=12, every=2).calls(game) == Calls(both=12)
    assert SearchConfig(nodes=12).calls(game) == Calls(both=12)
