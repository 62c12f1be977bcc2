"""The import hook of `conftest.py` is at work: wrong shapes and types are refused while tracing."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest

from games.batches import states_after
from games.hex import Hex
from mcts.noise import dirichlet
from mcts.reductions import draw_index, first_argmax
from mcts.rules.regularised import regularised_policy

REFUSED = jaxtyping.TypeCheckError


@pytest.mark.parametrize(
    "call",
    [
        lambda: first_argmax(jnp.zeros(3, jnp.int32)),  # integers have no bits of a float
        lambda: draw_index(jnp.ones((2, 3)), jnp.float32(0.5)),  # a row too many
        lambda: dirichlet(jax.random.key(0), 0.3, jnp.ones(4, bool)),  # no batch
        lambda: regularised_policy(jnp.float32(1), jnp.ones(4), jnp.ones(5)),  # two lengths
        lambda: jax.jit(first_argmax)(jnp.zeros(3, bool)),
        lambda: Hex(3).to_mover_frame(Hex(3).init(), jnp.zeros((2, 9))),  # two boards at once
        lambda: Hex(3).step(Hex(3).init(), jnp.float32(1)),  # an action is a whole number
        lambda: states_after(Hex(3), np.zeros(9, int)),  # one line, not many
    ],
)
def test_a_call_that_does_not_fit_its_signature_is_refused(call):
    with pytest.raises(REFUSED):
        call()


def test_what_fits_goes_through():
    index, best = first_argmax(jnp.array([[0.0, 2.0, 2.0]]))
    assert (index.tolist(), best.tolist()) == ([1], [2.0])
