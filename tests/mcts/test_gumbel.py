"""Gumbel AlphaZero against the paper written anew (`tests/oracles/gumbel.py`) and against mctx."""

from __future__ import annotations

import importlib
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mcts import Gumbel, SearchConfig
from mcts.halving import halving_rounds

KEY = jax.random.key(11)


def gumbel_noise(key, shape):
    """The noise of a search with this key."""
    _, rule_key, _ = jax.random.split(key, 3)
    return np.asarray(jax.random.gumbel(rule_key, shape), np.float64)


@pytest.fixture(scope="module")
def ask(oracle):
    """The oracle's search of every state."""

    def run(world, states, config, noise):
        rule = config.rule
        plain = oracle("gumbel").Rule(rule.max_considered, rule.c_visit, rule.c_scale, rule.rescale)
        search = oracle("gumbel").search
        return [
            search(world, state, config.nodes, plain, (rule.noise_scale * row).tolist())
            for state, row in zip(states, noise, strict=True)
        ]

    return run


def expect_same_moves(result, expected):
    clear = np.array([tree.gap > 1e-5 for tree in expected])
    actions = np.array([tree.action for tree in expected])
    np.testing.assert_array_equal(result.action[clear], actions[clear])


@pytest.mark.parametrize(
    ("nodes", "rule"),
    [
        (2, Gumbel()),
        (5, Gumbel(max_considered=3)),
        (64, Gumbel()),
        (64, Gumbel(rescale=False, c_scale=1.0, c_visit=5.0, max_considered=3)),
    ],
)
def test_same_search_as_the_paper_on_planted_trees(
    search_cases, plain_planted, cases, ask, expect_same, nodes, rule
):
    config = SearchConfig(nodes=nodes, rule=rule)
    result = search_cases(config, KEY)
    noise = gumbel_noise(KEY, result.prior.shape)[cases.rows["random"]]
    result = cases.only(result, "random")
    roots = [(tree, 0) for tree in range(len(noise))]
    expected = ask(plain_planted(cases.game, cases.network), roots, config, noise)
    expect_same(result, expected)
    expect_same_moves(result, expected)


@pytest.mark.parametrize("size", [3, 5])
def test_same_search_as_the_paper_on_hex(search, plain_hex, hex_world, ask, expect_same, size):
    """From one legal action to 25, of which 16 are considered."""
    world = hex_world(size)
    games = world.random_games(count=64, seed=size)
    config = SearchConfig(nodes=64, rule=Gumbel())
    result = search(world.game, world.evaluate, config, world.params, world.states(games), KEY)
    positions = [world.position(moves) for moves in games]
    expected = ask(plain_hex(world), positions, config, gumbel_noise(KEY, (64, size**2)))
    expect_same(result, expected)
    expect_same_moves(result, expected)


@pytest.fixture(scope="module")
def mctx() -> Any:
    return importlib.import_module("mctx")


@pytest.fixture(scope="module")
def ask_mctx(mctx, planted, cases):
    """`mctx.gumbel_muzero_policy` on planted trees with our noise in place of its own."""

    game, network, _ = cases

    def run(nodes, **transform):
        noise = jnp.asarray(gumbel_noise(KEY, network.logits[:, 0].shape), jnp.float32)

        def recurrent(params, _key, action, states):
            over = jax.vmap(game.terminal)(states)
            mover = jax.vmap(game.to_move)(states)
            states = jax.vmap(game.step)(states, action)
            terminal = jax.vmap(game.terminal)(states)
            logits, value = planted.evaluate(params, states)
            winner = jax.vmap(game.winner)(states)
            won = jnp.where(winner < 0, 0.0, jnp.where(winner == mover, 1.0, -1.0))
            return mctx.RecurrentFnOutput(
                reward=jnp.where(terminal & ~over, won, 0.0),
                discount=jnp.where(terminal, 0.0, -1.0),
                prior_logits=jnp.where(jax.vmap(game.legal)(states), logits, -1e9),
                value=jnp.where(terminal, 0.0, value),
            ), states

        @jax.jit
        def policy(params, states, key):
            logits, value = planted.evaluate(params, states)
            standard = jax.numpy_dtype_promotion("standard")  # as mctx was written for
            with standard, pytest.MonkeyPatch.context() as patch:
                patch.setattr(jax.random, "gumbel", lambda *_, **__: noise)
                return mctx.gumbel_muzero_policy(
                    params,
                    key,
                    mctx.RootFnOutput(prior_logits=logits, value=value, embedding=states),
                    recurrent,
                    num_simulations=nodes - 1,
                    invalid_actions=~jax.vmap(game.legal)(states),
                    qtransform=lambda *args: mctx.qtransform_completed_by_mix_value(
                        *args, **transform
                    ),
                )

        return policy(network, game.roots(), jax.random.key(0))

    return run


def share_equal(cases, result, theirs):
    """How many random trees have the same visits, the same move and the same π' as mctx's."""
    visits = np.asarray(theirs.search_tree.summary().visit_counts)
    same = (result.visits == visits).all(axis=-1) & (result.action == np.asarray(theirs.action))
    near = np.abs(result.policy - np.asarray(theirs.action_weights)).max(axis=-1) < 1e-5
    return (same & near)[: cases.rows["random"].stop].mean()


def test_same_search_as_mctx(search_cases, cases, ask_mctx):
    """With a σ of constant scale the ranking cannot change within a round: mctx does the same.

    A tree may differ where two scores lie within rounding of each other.
    """
    rule = Gumbel(c_visit=1e5, c_scale=3e-5, rescale=False)
    result = search_cases(SearchConfig(nodes=64, rule=rule), KEY)
    theirs = ask_mctx(64, maxvisit_init=1e5, value_scale=3e-5, rescale_values=False)
    assert share_equal(cases, result, theirs) >= 0.99


def test_nearly_the_same_search_as_mctx_by_default(search_cases, cases, ask_mctx):
    """mctx ranks anew within a round and lets illegal actions into the range of q: a few trees
    in a hundred come out differently."""
    result = search_cases(SearchConfig(nodes=64, rule=Gumbel()), KEY)
    assert share_equal(cases, result, ask_mctx(64)) >= 0.8


@pytest.mark.parametrize("considered", [1, 2, 3, 5, 16])
@pytest.mark.parametrize("simulations", [1, 2, 7, 15, 63, 1023])
def test_rounds_are_those_of_mctx(considered, simulations):
    halving: Any = importlib.import_module("mctx._src.seq_halving")
    theirs = halving.get_sequence_of_considered_visits(considered, simulations)
    rounds = halving_rounds(considered, simulations)
    assert [r for r, k in enumerate(rounds) for _ in range(k)] == list(theirs)


def test_the_first_phase_of_64_nodes_by_hand():
    """63 simulations, 16 actions, 4 phases of about 16: 16·1, 8·1, 4·3, 2·7, and 13 are left."""
    assert halving_rounds(16, 63) == [16, 8, 4, 4, 4, *[2] * 7, *[2] * 6, 1]


@pytest.mark.parametrize("nodes", [2, 3, 16])
def test_few_nodes_improve_the_policy_s_exact_value(search, planted, nodes):
    """Where q is exact, the move played and π' are worth more than the prior, on average over the
    noise (the paper's Sections 3 and 4): 2,048 bandits of 16 arms, gains beyond 4 standard errors,
    and π' is no worse than the prior in any of them. With one simulation the move is still a draw
    from the prior, and only π' gains."""
    bandits, arms = 2048, 16
    rng = np.random.default_rng(3)
    legal = np.zeros((bandits, arms + 1, arms), bool)
    legal[:, 0] = True
    # An arm's end is worth -1, 0 or 1, which is what the search sees.
    winner = rng.integers(-1, 2, size=(bandits, arms + 1)).astype(np.int8)
    game = planted.PlantedTrees(4, np.zeros(bandits, np.int8), legal, winner)
    worth = np.where(winner[:, 1:] < 0, 0.0, np.where(winner[:, 1:] == 0, 1.0, -1.0))
    logits = rng.normal(size=legal.shape).astype(np.float32)
    prior = np.exp(logits[:, 0]) / np.exp(logits[:, 0]).sum(axis=-1, keepdims=True)
    expected = (prior * worth).sum(axis=-1)
    # The network's value of the root is exact, too, as the theorem assumes.
    value = np.repeat(expected[:, None], arms + 1, axis=1).astype(np.float32)
    network = planted.PlantedNetwork(logits, value)
    result = search(
        game,
        planted.evaluate,
        SearchConfig(nodes=nodes, rule=Gumbel()),
        network,
        game.roots(),
        KEY,
    )
    gain = np.take_along_axis(worth, result.action[:, None], axis=1)[:, 0] - expected
    error = gain.std() / np.sqrt(bandits)
    assert gain.mean() > (4 * error if nodes > 2 else -4 * error)
    improvement = (result.policy * worth).sum(axis=-1) - expected
    assert improvement.mean() > 4 * improvement.std() / np.sqrt(bandits)
    assert improvement.min() > -1e-5


def test_one_node_plays_a_draw_from_the_prior(search, hex_world):
    """argmax of g + log π; without noise the likeliest action."""
    world = hex_world(3)
    states = world.states([[]] * 4096)
    draws = search(
        world.game,
        world.evaluate,
        SearchConfig(nodes=1, rule=Gumbel()),
        world.params,
        states,
        KEY,
    )
    share = np.bincount(draws.action, minlength=9) / 4096
    np.testing.assert_allclose(share, draws.prior[0], atol=4 * 0.5 / 64)
    np.testing.assert_allclose(draws.policy, draws.prior, atol=1e-6)


@pytest.mark.parametrize(("size", "steps"), [(3, 64), (5, 20)])
def test_rounds_made_at_once_give_the_same_search_bit_for_bit(search, hex_world, size, steps):
    """Games with 1 to 9 actions, and with 15 to 25 of which 16 are considered, with noise.

    A game with one action makes 63 batches of evaluations after the root's, as ever; one with 16
    makes 19.
    """
    world, calls = hex_world(size), []
    games = [moves[:10] for moves in world.random_games(count=63, seed=size)]
    states = world.states([[], *games])

    def spy(params, states):
        jax.debug.callback(calls.append, states.winner.shape[0])
        return world.evaluate(params, states)

    one_by_one, at_once = (
        search(world.game, evaluate, SearchConfig(nodes=64, rule=rule), world.params, states, KEY)
        for evaluate, rule in [(world.evaluate, Gumbel()), (spy, Gumbel(parallel=True))]
    )
    jax.effects_barrier()
    for name, one, other in zip(one_by_one._fields, one_by_one, at_once, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=name)
    legal = (one_by_one.prior > 0).sum(axis=-1).tolist()
    rounds = max(len(halving_rounds(min(actions, 16), 63)) for actions in legal)
    assert len(calls) == 1 + rounds == steps
