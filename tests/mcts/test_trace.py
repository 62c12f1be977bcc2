"""A trace: what smaller searches would find is read off one large search, exactly."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import mcts
from games.batches import padded, states_after
from games.errors import InputError
from games.hex import Hex
from mcts import Gumbel, Puct, Regularised, SearchConfig
from training.devices import compiler_options

GAME = Hex(3)
STATES = states_after(GAME, padded(GAME, [[], [4], [0, 4], [2, 4, 6], [0, 1, 3, 4, 2, 5]]))


def sure_of_something(weights, states):
    """A network whose logits and values hang on every cell."""
    cells = jax.vmap(GAME.observe)(states).reshape(len(weights[1]), -1).astype(jnp.float32)
    return 3 * jnp.sin(cells @ weights[0]), jnp.tanh(jnp.sum(jnp.cos(cells @ weights[0]), -1) / 2)


WEIGHTS = (
    jnp.asarray(np.random.default_rng(1).normal(size=(18, 9)), jnp.float32),
    jnp.zeros(len(STATES.to_move)),
)


SEARCH = jax.jit(mcts.search, static_argnums=(0, 1, 2), compiler_options=compiler_options())
TRACE = jax.jit(mcts.search_trace, static_argnums=(0, 1, 2, 6), compiler_options=compiler_options())


def both(config, budgets):
    """What a trace found, and what searches of each budget find alone."""
    key = jax.random.key(3)
    trace = TRACE(GAME, sure_of_something, config, WEIGHTS, STATES, key, budgets)
    for place, nodes in enumerate(budgets):
        alone = SEARCH(GAME, sure_of_something, config.with_nodes(nodes), WEIGHTS, STATES, key)
        yield jax.tree.map(lambda stacked, place=place: stacked[place], trace), alone


def test_every_prefix_is_the_search_of_so_many_nodes_bit_for_bit():
    # A tree of more than 256 nodes lists children, which a smaller one does not.
    found = list(both(SearchConfig(rule=Puct(c_puct=2.0)), (1, 7, 270)))
    for ours, alone in found:
        for name, values in alone._asdict().items():
            np.testing.assert_array_equal(getattr(ours, name), values, err_msg=name)
    moves = {tuple(np.asarray(alone.action)) for _, alone in found}
    assert len(moves) > 1, "searches that all agree would show nothing"


def test_prefixes_of_a_rule_that_draws_are_the_same_but_for_rounding():
    for ours, alone in both(SearchConfig(rule=Regularised(), noise_fraction=0.25), (1, 20)):
        np.testing.assert_array_equal(ours.visits, alone.visits)
        np.testing.assert_array_equal(ours.action, alone.action)
        np.testing.assert_allclose(ours.policy, alone.policy, atol=2e-6)


@pytest.mark.parametrize(
    ("config", "budgets", "complaint"),
    [
        (SearchConfig(rule=Gumbel()), (1, 2), "rule gumbel: its halving depends on"),
        (SearchConfig(leaves=4), (1, 2), "leaves=4 evaluates leaves together"),
        (SearchConfig(), (1, 4, 4), r"must rise from 1 or more, got \[1, 4, 4\]"),
        (SearchConfig(), (), "must rise"),
    ],
)
def test_what_has_no_prefixes_is_refused_in_one_line(config, budgets, complaint):
    with pytest.raises(InputError, match=complaint):
        mcts.search_trace(
            GAME, sure_of_something, config, WEIGHTS, STATES, jax.random.key(0), budgets
        )
