"""One compiled program serves every run of its shape, and its settings do what they say."""

from __future__ import annotations

import logging

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from training.program import Metrics, TrainState, compile_program, settings_of, shape_of

ALIKE = {
    "seed": 1,
    "learning_rate": 1e-4,
    "opening_plies": 0,
    "temperature_plies": 9,
    "augment": False,
    "samples": 400,
    "snapshots": 3,
}
UNLIKE = {
    "boardsize": 4,
    "network": {"width": 8},
    "search": {"nodes": 8},
    "lanes": 4,
    "window": 16,
    "batch_size": 8,
    "replay_ratio": 4,
}


@pytest.mark.parametrize(("key", "value"), ALIKE.items())
def test_runs_share_a_program_whatever_does_not_change_its_shape(tiny, key, value):
    assert compile_program(shape_of(tiny(**{key: value}))) is compile_program(shape_of(tiny()))


@pytest.mark.parametrize(("key", "value"), UNLIKE.items())
def test_what_changes_an_array_or_the_search_asks_for_another_program(tiny, key, value):
    assert shape_of(tiny(**{key: value})) != shape_of(tiny())


def iterate(config, iterations: int = 1) -> tuple[TrainState, Metrics]:
    """State and metrics after the first iterations of a run, on the host."""
    start, run = compile_program(shape_of(config))
    settings = settings_of(config)
    state = start(settings, jnp.uint32(config.seed))
    for _ in range(iterations - 1):
        state, _ = run(settings, state)
    state, metrics = run(settings, state)
    return state._replace(key=jax.random.key_data(state.key)), metrics


def weights(config) -> np.ndarray:
    state, _ = iterate(config)
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(state.learner.params)])


def test_a_second_run_of_the_same_shape_compiles_nothing(tiny, caplog):
    iterate(tiny(augment=False))
    with jax.log_compiles(), caplog.at_level(logging.DEBUG, logger="jax"):
        iterate(tiny(seed=2, learning_rate=1e-4, opening_plies=1, augment=False))
    compiled = [record.message for record in caplog.records if "ompil" in record.message]
    assert compiled == []


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tiny):
    first, again, other = weights(tiny()), weights(tiny()), weights(tiny(seed=2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("key", "value"), [("learning_rate", 1e-4), ("opening_plies", 0), ("augment", False)]
)
def test_every_setting_reaches_the_learner(tiny, key, value):
    assert not np.array_equal(weights(tiny()), weights(tiny(**{key: value})))


def test_the_learning_rate_bounds_how_far_a_step_goes(tiny):
    """Each of the two steps of Adam moves a weight by at most about the learning rate
    (Kingma and Ba 2015, section 2.1)."""
    config = tiny(learning_rate=1e-3)
    start, _ = compile_program(shape_of(config))
    fresh = start(settings_of(config), jnp.uint32(config.seed)).learner.params
    before = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(fresh)])
    moved = np.abs(weights(config) - before)
    assert 5e-4 < moved.max() < 2.1e-3
    assert np.mean(moved > 0) > 0.5


def test_the_window_holds_the_latest_moves_of_every_lane(tiny):
    """Three iterations of two moves: slots 0 to 5 of 8 are written, and follow each other."""
    state, _ = iterate(tiny(), iterations=3)
    window = state.window
    assert (int(window.cursor), int(window.filled)) == (6, 6)
    stones = np.sum(window.moves.planes, axis=(2, 3, 4))  # [W, B]
    ended = np.asarray(window.moves.ended)
    np.testing.assert_array_equal(stones[1:6], np.where(ended[:5], 0, stones[:5] + 1))
    np.testing.assert_array_equal(np.where(ended[5], 0, stones[5] + 1), state.lanes.ply)
    assert np.all(stones[6:] == 0)


def test_the_game_length_is_the_mean_of_the_games_that_ended(tiny):
    """Six moves are in the window; no game of 3×3 is shorter than five plies, so each lane has
    ended at most one and its length is the stones on the board before the last move, plus one."""
    state, metrics = iterate(tiny(), iterations=3)
    moves = state.window.moves
    ended = np.asarray(moves.ended)[4:6]
    stones = np.sum(moves.planes, axis=(2, 3, 4))[4:6]
    assert ended.any(), "else the seed shows nothing"
    assert float(metrics.game_length) == pytest.approx((stones[ended] + 1).mean())
