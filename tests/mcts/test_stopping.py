"""Stopping rules: on looks made by hand, on traces, and in play."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcts import STRATEGIES, Puct, SearchConfig, SearchResult, search_trace
from mcts.stopping import (
    STOPPING,
    ByPly,
    Entropy,
    Gap,
    KldGain,
    Look,
    Predicted,
    Settled,
    Stable,
    Uniform,
    first_look,
    looks,
    share_filled,
    stopped_at,
)
from mcts.strategies.adaptive import Adaptive

NODES = 48
POSITIONS = 40


def look(nodes, visits, q=None, *, cap=64, before=None, since=1, prior=None, filled=0.0) -> Look:
    """One search, with the visits and q of its three moves."""
    visits = jnp.array([visits], jnp.int32)
    share = visits / max(int(visits.sum()), 1)
    prior = jnp.array([prior or [0.5, 0.3, 0.2]], jnp.float32)
    policy = share if visits.sum() else prior
    found = SearchResult(
        visits=visits,
        policy=policy,
        action=jnp.argmax(policy, axis=-1).astype(jnp.int32),
        q=jnp.array([q or [0.0] * 3], jnp.float32),
        prior=prior,
        value=jnp.zeros(1),
        network_value=jnp.array([-0.5]),
        evaluations=jnp.array([nodes], jnp.int32),
    )
    made = first_look(found, jnp.array([filled]), cap, nodes)
    if before is None:
        return made
    return made._replace(
        nodes_before=jnp.int32(sum(before) + 1),
        policy_before=jnp.array([before]) / sum(before),
        since=jnp.array([since], jnp.int32),
    )


# entropy of (20, 8, 4)/32 = 0.9003; KL of (4, 2, 1)/7 from that, by hand: 0.0078 nats over 25
HALF = [20, 8, 4]
ENTROPY = -sum(n / 32 * np.log(n / 32) for n in HALF)
DIVERGENCE = sum(o / 7 * np.log((o / 7) / (n / 32)) for o, n in zip([4, 2, 1], HALF, strict=True))


@pytest.mark.parametrize(
    ("rule", "at", "stops"),
    [
        (Uniform(), look(63, [62, 0, 0]), False),
        (Settled(), look(40, [32, 7, 0]), True),  # 25 ahead, 24 left
        (Settled(), look(40, [31, 7, 1]), False),  # 24 ahead, 24 left: a draw is possible
        (Settled(), look(1, [0, 0, 0]), False),
        (Entropy(threshold=ENTROPY + 1e-4), look(33, HALF), True),
        (Entropy(threshold=ENTROPY - 1e-4), look(33, HALF), False),
        (Entropy(threshold=1.0), look(1, [0, 0, 0]), False),  # of the prior: 1.0297
        (Entropy(threshold=1.1), look(1, [0, 0, 0]), True),
        (Entropy(threshold=0.1), look(2, [1, 0, 0]), False),  # one visit is no decision
        (Gap(threshold=0.5), look(9, [5, 2, 1], [0.4, -0.2, -0.3]), True),
        (Gap(threshold=0.5), look(9, [5, 2, 1], [0.4, 0.0, -0.3]), False),
        (Gap(threshold=0.5), look(9, [8, 0, 0], [0.9, 0.0, 0.0]), False),  # nothing to compare
        (Gap(threshold=0.0), look(9, [5, 2, 1], [0.1, 0.3, 0.0]), False),  # another looks better
        (Stable(growth=4), look(16, [9, 4, 2], before=[4, 2, 1], since=4), True),
        (Stable(growth=4), look(15, [9, 4, 1], before=[4, 2, 1], since=4), False),
        (KldGain(threshold=DIVERGENCE / 25 + 1e-5), look(33, HALF, before=[4, 2, 1]), True),
        (KldGain(threshold=DIVERGENCE / 25 - 1e-5), look(33, HALF, before=[4, 2, 1]), False),
        (KldGain(threshold=9), look(1, [0, 0, 0]), False),
        (ByPly(power=1), look(16, HALF, filled=0.75), True),
        (ByPly(power=1), look(15, HALF, filled=0.75), False),
        (ByPly(power=2), look(4, HALF, filled=0.75), True),
        # logistic(1.0297 - 0.0297 + 0.2·2 - 0.5·2.8) = logistic(0) = 1/2 of a threshold of 1
        (
            Predicted(bias=-0.02966, lead=2, value=-2.8, threshold=1),
            look(32, HALF, filled=0.5),
            True,
        ),
        (
            Predicted(bias=-0.02966, lead=2, value=-2.8, threshold=1),
            look(31, HALF, filled=0.5),
            False,
        ),
    ],
)
def test_a_rule_stops_where_it_says(rule, at, stops):
    assert rule.stops(at).tolist() == [stops]


def test_a_look_remembers_since_when_the_move_is_the_same():
    first = look(8, [4, 2, 1])
    second = first.after(look(16, [5, 9, 1]).found, 16)
    third = second.after(look(24, [5, 17, 1]).found, 24)
    assert [int(at.since[0]) for at in (first, second, third)] == [8, 16, 16]
    assert (int(third.nodes), int(third.nodes_before)) == (24, 16)
    np.testing.assert_allclose(third.policy_before, [[5 / 15, 9 / 15, 1 / 15]])


def test_searches_are_looked_at_at_powers_of_two_and_sixteenths():
    assert looks(1) == (1,)
    assert looks(10) == tuple(range(1, 11))
    assert looks(64) == (1, 2, *range(4, 65, 4))


@pytest.fixture(scope="module")
def traced(hex_world):
    """Positions, what adaptive play finds in them, and the trace of their searches."""
    world = hex_world(4)
    states = world.states(world.random_games(count=POSITIONS, seed=4))
    key = jax.random.key(0)

    @jax.jit
    def trace(states):
        config = SearchConfig(nodes=NODES, rule=Puct())
        args = world.game, world.evaluate, config, world.params, states, key
        return search_trace(*args, looks(NODES)), share_filled(world.game, states)

    def play(rule):
        strategy = Adaptive(nodes=NODES, stop=rule)
        decide = jax.jit(
            lambda s: strategy.decide(world.game, world.evaluate, world.params, s, key)
        )
        return jax.tree.map(np.asarray, decide(states))

    return trace(states), play


@pytest.mark.parametrize("rule", [Settled(), KldGain(threshold=2e-3)], ids=["settled", "kld"])
def test_play_stops_where_the_trace_says(traced, rule):
    (trace, filled), play = traced
    found, _ = play(rule)
    (stop,) = stopped_at([rule], trace, looks(NODES), filled)
    np.testing.assert_array_equal(found.evaluations, np.array(looks(NODES))[stop])
    assert len(set(stop.tolist())) > 2
    rows = np.arange(POSITIONS)
    for field in ("action", "visits", "q"):
        np.testing.assert_array_equal(getattr(found, field), getattr(trace, field)[stop, rows])


@settings(deadline=None, max_examples=100)
@given(
    visits=st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(any),
    left=st.integers(0, 60),
    data=st.data(),
)
def test_no_more_visits_change_a_settled_move_and_some_change_any_other(visits, left, data):
    """Whatever moves the evaluations that are left visit; and where the rule does not stop, some
    would change the answer or make it a tie, so that no rule can stop earlier and be safe."""
    nodes = 1 + sum(visits)
    first = look(nodes, visits, cap=nodes + left, prior=[0.25] * 4)
    best = int(np.argmax(visits))
    more = data.draw(st.lists(st.integers(0, 3), min_size=left, max_size=left))
    end = np.array(visits) + np.bincount(np.array(more, int), minlength=4)
    rival = np.array(visits)
    rival[np.argsort([-np.inf if move == best else n for move, n in enumerate(visits)])[-1]] += left
    if Settled().stops(first)[0]:
        assert end.argmax() == best
    else:
        assert rival.max() > rival[best] or (rival == rival.max()).sum() > 1


def test_settled_never_changes_a_move(traced):
    """In searches: an evaluation more is a visit more, which the proof asks for, so that the move
    is that of the whole search in every position of the set; and it does stop early."""
    (trace, filled), _ = traced
    assert (trace.visits.sum(-1) == np.array(looks(NODES))[:, None] - 1).all()
    stop, hasty = stopped_at([Settled(), Stable(growth=2)], trace, looks(NODES), filled)
    np.testing.assert_array_equal(trace.action[stop, np.arange(POSITIONS)], trace.action[-1])
    assert (stop < len(trace.action) - 1).mean() > 0.5
    # Another rule that stops as early does change moves.
    assert (trace.action[hasty, np.arange(POSITIONS)] != trace.action[-1]).any()


@pytest.mark.parametrize("name", STOPPING.names)
def test_a_rule_is_read_back_from_a_players_options(name):
    strategy = Adaptive(nodes=32, stop=STOPPING[name]())
    options = strategy.options()
    assert options == {"strategy": "adaptive", "nodes": 32} | (
        {"stop": name} if name != "settled" else {}
    )
    assert STRATEGIES.parse(options) == strategy
