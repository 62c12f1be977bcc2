"""Regularised policy search: the equations by hand, and the search against
`tests/oracles/regularised.py`."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mcts import JONES, Regularised, SearchConfig
from mcts.rules.regularised import regularised_policy

solve = jax.jit(regularised_policy)


@pytest.mark.parametrize(
    ("multiplier", "prior", "q", "alpha", "policy"),
    [
        # ½/(α-1) + ½/α = 1  ⇔  α² - 2α + ½ = 0
        (1.0, [0.5, 0.5], [1.0, 0.0], 1.7071068, [0.7071068, 0.2928932]),
        # 0.4/α + 0.1/(α-1) = 1  ⇔  α² - 1.5α + 0.4 = 0
        (0.5, [0.8, 0.2], [0.0, 1.0], 1.1531129, [0.3468871, 0.6531129]),
        # Equal q: α = q + λ and π̄ = π
        (0.3, [0.7, 0.2, 0.1], [0.4, 0.4, 0.4], 0.7, [0.7, 0.2, 0.1]),
        # An action of no prior gets nothing, however good: 0.1/α = 1 among the others
        (0.1, [0.0, 1.0], [1.0, 0.0], 0.1, [0.0, 1.0]),
    ],
)
def test_the_policy_by_hand(multiplier, prior, q, alpha, policy):
    """Roots of the quadratic that Σ_a λπ(a)/(α - q(a)) = 1 becomes for two actions."""
    found = np.asarray(solve(multiplier, jnp.array(prior), jnp.array(q)))
    np.testing.assert_allclose(found, policy, atol=1e-6)
    live = np.array(prior) > 0
    implied = np.array(q)[live] + multiplier * np.array(prior)[live] / found[live]
    np.testing.assert_allclose(implied, alpha, atol=1e-5)


@pytest.mark.parametrize(
    ("rule", "visits", "legal", "tried", "cells", "multiplier"),
    [
        # 2 · √16 / (16 + 9) = 8 / 25
        (Regularised(c_puct=2.0), 16, 9, 4, 9, 0.32),
        # 1.25 · √63 / (63 + 25) = 1.25 · 7.937254 / 88
        (Regularised(c_puct=1.25), 63, 25, 5, 81, 0.11274508),
        # Jones: 63 visits and 20 of 25 cells untried are 83; 83 / (83 + 25) / 16
        (JONES.rule, 63, 25, 5, 25, 0.04803241),
        # On 9×9 it rises with search. A fresh node: 81 / 162 / 16
        (JONES.rule, 0, 81, 0, 81, 0.03125),
        # The root of 64 nodes, 20 actions tried: 63 + 61 are 124; 124 / 205 / 16
        (JONES.rule, 63, 81, 20, 81, 0.03780488),
        # The root of 512 nodes, 60 tried: 511 + 21 are 532; 532 / 613 / 16
        (JONES.rule, 511, 81, 60, 81, 0.05424144),
    ],
)
def test_the_multiplier_by_hand(rule, visits, legal, tried, cells, multiplier):
    found = rule.multiplier(jnp.int32(visits), jnp.int32(legal), jnp.int32(tried), cells)
    np.testing.assert_allclose(found, multiplier, rtol=1e-6)


def test_the_policy_is_solved_to_tolerance_wherever_alpha_lies(oracle):
    """1,000 policies of up to 81 actions, λ from 10^-4 to 10^2, priors down to 0: Σπ̄ is not too
    large, as a solver that stops on a signed error leaves it, nor too small."""
    rng = np.random.default_rng(0)
    prior = rng.dirichlet(np.full(81, 0.05), size=1000)
    prior = np.where(prior < 1e-6, 0, prior)
    q = rng.uniform(0, 1, size=(1000, 81)) * rng.integers(0, 2, size=(1000, 1))
    multiplier = 10 ** rng.uniform(-4, 2, size=1000)
    found = np.asarray(jax.jit(jax.vmap(regularised_policy))(multiplier, prior, q))
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=1e-5)
    for row in range(0, 1000, 10):
        single = [np.float32(array[row]).tolist() for array in (multiplier, prior, q)]
        _, expected = oracle("regularised").solve(*single)
        np.testing.assert_allclose(found[row], expected, atol=2e-5)


def test_the_policy_goes_from_the_prior_to_the_best_action_as_visits_grow():
    prior, q = jnp.array([0.9, 0.1]), jnp.array([0.0, 1.0])
    rule = Regularised()
    few, many = (
        solve(rule.multiplier(jnp.int32(n), jnp.int32(2), jnp.int32(2), 2), prior, q)
        for n in (1, 10**8)
    )
    assert few[1] < 0.9
    np.testing.assert_allclose(many, [0, 1], atol=1e-3)
    np.testing.assert_allclose(solve(1e4, prior, q), prior, atol=1e-3)


def variates(key, simulations, levels, batch):
    """What a search with this key draws: [simulations, levels, B], and for new actions [.., B]."""
    _, _, draw_key = jax.random.split(key, 3)
    uniform = functools.partial(jax.random.uniform, shape=(batch,))

    @jax.jit
    @jax.vmap
    def of_simulation(index):
        descend_key, action_key = jax.random.split(jax.random.fold_in(draw_key, index))
        keys = jax.vmap(jax.random.fold_in, (None, 0))(descend_key, jnp.arange(levels))
        return jax.vmap(uniform)(keys), uniform(action_key)

    followed, new = of_simulation(jnp.arange(simulations))
    return np.asarray(followed, np.float64), np.asarray(new, np.float64)


@pytest.fixture(scope="module")
def ask(oracle):
    """The oracle's search of all states, with the variates of ours."""

    def run(world, states, config, key, batch):
        rule = config.rule
        plain = oracle("regularised").Rule(
            rule.c_puct, rule.lambda_rule == "jones", rule.value_range == "jones",
            rule.unvisited_value,
        )  # fmt: skip
        followed, new = variates(key, config.nodes - 1, 64, batch)

        def uniform(tree, simulation, level):
            return new[simulation, tree] if level is None else followed[simulation, level, tree]

        return oracle("regularised").search(world, states, config.nodes, plain, uniform)

    return run


RULES = [
    Regularised(),
    Regularised(c_puct=0.5, unvisited_value="zero"),
    JONES.rule,
]


@pytest.mark.parametrize(("nodes", "rule"), [(64, RULES[0]), (16, RULES[1]), (64, RULES[2])])
def test_same_search_as_the_papers_on_planted_trees(
    search_cases, plain_planted, cases, ask, expect_same, nodes, rule
):
    """A variate within 1e-5 of another action may draw that one; six trees of seven are clear."""
    config = SearchConfig(nodes=nodes, rule=rule)
    key = jax.random.key(12)
    result = search_cases(config, key)
    batch = len(result.visits)
    result = cases.only(result, "random")
    roots = [(tree, 0) for tree in range(len(result.visits))]
    expected = ask(plain_planted(cases.game, cases.network), roots, config, key, batch)
    expect_same(result, expected, clear_share=0.8)
    best = result.policy.max(axis=-1)
    played = np.take_along_axis(result.policy, result.action[:, None], axis=-1)[:, 0]
    np.testing.assert_array_equal(played, best)


def test_same_search_as_the_papers_on_hex(search, plain_hex, hex_world, ask, expect_same):
    world = hex_world(4)
    games = world.random_games(count=64, seed=4)
    config, key = SearchConfig(nodes=64, rule=RULES[0]), jax.random.key(13)
    result = search(world.game, world.evaluate, config, world.params, world.states(games), key)
    positions = [world.position(moves) for moves in games]
    expect_same(result, ask(plain_hex(world), positions, config, key, 64), clear_share=0.8)


def test_only_jones_s_range_looks_across_the_batch(search, hex_world):
    """The empty 4×4 board is searched otherwise beside games that are nearly over, whose outcomes
    of ±1 stretch all values. With 6 nodes no search of the empty board meets an outcome itself."""
    world = hex_world(4)
    unsure = world.params | {"value": world.params["value"] / 8}
    late = [moves for moves in world.random_games(count=256, seed=4) if len(moves) > 8][:64]
    key = jax.random.key(14)
    for rule, looks in [(RULES[0], False), (JONES.rule, True)]:
        config = SearchConfig(nodes=6, rule=rule)
        alone, beside = (
            search(world.game, world.evaluate, config, unsure, world.states(games), key)
            for games in ([[]] * len(late), [[], *late[1:]])
        )
        assert (alone.policy[0] != beside.policy[0]).any() == looks
