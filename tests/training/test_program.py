"""One compiled program serves every run of its shape, and its settings do what they say."""

from __future__ import annotations

import logging
from typing import NamedTuple

import jax
import numpy as np
import pytest

from training.compilation import compile_program
from training.networks import pad_params, trim_params
from training.program import Learnt, Played, TrainState, settings_of, shape_of

ALIKE = {
    "seed": 1,
    "learning_rate": 1e-4,
    "opening_plies": 0,
    "temperature_plies": 9,
    "augment": False,
    "samples": 400,
    "snapshots": 3,
    "window_share": 0.5,
    "final_learning_rate": 0.1,
}
UNLIKE = {
    "boardsize": 4,
    "network": {"width": 8},
    "search": {"nodes": 8},
    "lanes": 4,
    "window": 16,
    "batch_size": 8,
    "replay_ratio": 4,
    "fast_nodes": 2,
}


@pytest.mark.parametrize(("key", "value"), ALIKE.items())
def test_runs_share_a_program_whatever_does_not_change_its_shape(tiny, key, value):
    assert compile_program(shape_of(tiny(**{key: value}))) is compile_program(shape_of(tiny()))


@pytest.mark.parametrize(("key", "value"), UNLIKE.items())
def test_what_changes_an_array_or_the_search_asks_for_another_program(tiny, key, value):
    also = {"full_every": 2} if key == "fast_nodes" else {}
    assert shape_of(tiny(**{key: value}, **also)) != shape_of(tiny())


class Done(NamedTuple):
    """A population after some iterations, on the host."""

    state: TrainState
    played: Played
    learnt: Learnt


def iterate(*configs, iterations: int = 1, devices: int = 1) -> Done:
    """The state after the first iterations, and what the last of them did."""
    program = compile_program(shape_of(configs[0], len(configs), devices))
    settings = settings_of(configs)
    state = program.start(settings, np.array([config.seed for config in configs], np.uint32))
    for _ in range(iterations):
        state, played = program.play(settings, state)
        state, learnt = program.learn(settings, state)
    return jax.device_get(Done(state._replace(key=jax.random.key_data(state.key)), played, learnt))


def weights(config) -> np.ndarray:
    params = iterate(config).state.learner.params
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(params)])


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
    ("key", "value"),
    [
        ("learning_rate", 1e-4), ("opening_plies", 0), ("augment", False),
        ("final_learning_rate", 0.1), ("fast_nodes", 2),
    ],
)  # fmt: skip
def test_every_setting_reaches_the_learner(tiny, key, value):
    also = {"full_every": 2} if key == "fast_nodes" else {}
    assert not np.array_equal(weights(tiny()), weights(tiny(**{key: value}, **also)))


def test_a_share_of_the_moves_reaches_the_learner(tiny):
    """After three iterations the newest third is one iteration, which others would not be."""
    everything, newest = (
        iterate(tiny(window_share=share), iterations=3).learnt.policy_loss for share in (1.0, 0.3)
    )
    assert not np.array_equal(everything, newest)


def test_moves_between_full_searches_have_fewer_nodes(tiny):
    """With n nodes PUCT's policy is a share of n - 1 visits."""
    config = tiny(search={"nodes": 8}, full_every=2, fast_nodes=4, moves=4, snapshots=4)
    policy = iterate(config, iterations=2).state.window.moves.policy[:, 0]
    for first, visits in ((0, 7), (1, 3)):
        counts = visits * policy[first::2]
        np.testing.assert_allclose(counts, np.round(counts), atol=1e-4)
    assert np.abs(3 * policy[::2] - np.round(3 * policy[::2])).max() > 0.1
    assert config.learner_steps * config.batch_size == config.replay_ratio * 16
    assert config.evaluations(64) == 32 * 8 + 32 * 4


def test_the_learning_rate_bounds_how_far_a_step_goes(tiny):
    """Each of the two steps of Adam moves a weight by at most about the learning rate
    (Kingma and Ba 2015, section 2.1)."""
    config = tiny(learning_rate=1e-3)
    program = compile_program(shape_of(config))
    seeds = np.array([config.seed], np.uint32)
    fresh = program.start(settings_of([config]), seeds).learner.params
    before = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(fresh)])
    moved = np.abs(weights(config) - before)
    assert 5e-4 < moved.max() < 2.1e-3
    assert np.mean(moved > 0) > 0.5


def test_the_window_holds_the_latest_moves_of_every_lane(tiny):
    """Three iterations of two moves: slots 0 to 5 of 8 are written, and follow each other."""
    state = iterate(tiny(), iterations=3).state
    window = state.window
    assert (int(window.cursor), int(window.filled)) == (6, 6)
    stones = np.sum(window.moves.planes[:, 0], axis=(2, 3, 4))  # [W, B]
    ended = window.moves.ended[:, 0]
    np.testing.assert_array_equal(stones[1:6], np.where(ended[:5], 0, stones[:5] + 1))
    np.testing.assert_array_equal(np.where(ended[5], 0, stones[5] + 1), state.lanes.ply[0])
    assert np.all(stones[6:] == 0)


def test_games_are_counted_where_they_end(tiny):
    """Six moves are in the window; no game of 3×3 is shorter than five plies, so each lane has
    ended at most one and its length is the stones on the board before the last move, plus one."""
    state, played, _ = iterate(tiny(), iterations=3)
    moves = state.window.moves
    ended = moves.ended[4:6, 0]
    lengths = np.sum(moves.planes[:, 0], axis=(2, 3, 4))[4:6][ended] + 1
    assert ended.any(), "else the seed shows nothing"
    assert played.games.tolist() == [len(lengths)]
    assert played.plies.tolist() == [lengths.sum()]
    # Black plays the odd moves, and who ends a game of Hex has won it.
    assert played.first_player_wins.tolist() == [np.sum(lengths % 2 == 1)]


MEMBERS = [
    {"seed": 3},
    {"seed": 4, "learning_rate": 1e-2, "augment": False},
    {"seed": 3, "opening_plies": 0, "temperature_plies": 9, "bootstrap": True},
]


def test_a_population_is_its_members_side_by_side(tiny):
    """Weights, games in progress and statistics of each are those it would have alone; a batched
    matrix product may round otherwise, by a few units in the last place."""
    together = iterate(*[tiny(**member) for member in MEMBERS], iterations=4)
    for number, member in enumerate(MEMBERS):
        alone = iterate(tiny(**member), iterations=4)
        theirs, ours = (
            jax.tree.map(lambda leaf, at=at: leaf[at], (done.state.learner, done.state.lanes))
            for done, at in ((together, number), (alone, 0))
        )
        for left, right in zip(jax.tree.leaves(theirs), jax.tree.leaves(ours), strict=True):
            np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-6)
        assert together.played.games[number] == alone.played.games[0]
        assert together.learnt.policy_loss[number] == pytest.approx(
            alone.learnt.policy_loss[0], rel=1e-5
        )


def test_a_member_that_breaks_down_keeps_its_network_and_disturbs_nobody(tiny):
    sick = iterate(tiny(learning_rate=1e30), tiny(seed=1), tiny(seed=2), iterations=2)
    assert sick.learnt.healthy.tolist() == [False, True, True]
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(sick.state.learner))
    well = iterate(tiny(), tiny(seed=1), tiny(seed=2), iterations=2)
    for left, right in zip(
        *(jax.tree.leaves(done.state.learner.params) for done in (sick, well)), strict=True
    ):
        np.testing.assert_array_equal(left[1:], right[1:])


def test_games_start_apart_where_lanes_are_mixed(tiny):
    """Without mixing every lane starts at ply 0."""
    config = tiny(mixing_moves=40)
    settings = settings_of([config])
    program = compile_program(shape_of(config))
    lanes = jax.device_get(program.start(settings, np.zeros(1, np.uint32)).lanes)
    assert len(set(lanes.ply[0].tolist())) > 2
    np.testing.assert_array_equal(lanes.ply, np.sum(lanes.states.labels > 0, axis=-1))
    assert np.all(lanes.states.winner < 0)


def test_networks_in_a_roomier_shape_share_programs_and_learn_the_same(tiny):
    """Two iterations: what was filled up stays zero, and what is left is as without it."""
    config = tiny(network="4x1", averaging=0.5)
    plain, roomy = shape_of(config), shape_of(config, roomy=True)
    other = compile_program(shape_of(tiny(network="2x2"), roomy=True))
    assert other.play is compile_program(roomy).play
    settings, seeds = settings_of([config]), np.array([config.seed], np.uint32)
    ends = []
    for shape in (plain, roomy):
        program = compile_program(shape)
        state = program.start(settings, seeds)
        for _ in range(2):
            state = program.learn(settings, program.play(settings, state)[0])[0]
        ends.append(jax.tree.map(lambda leaf: leaf[0], state.learner.params))
    alone, filled = ends
    trimmed = trim_params(config.rules, filled, config.network)
    for path, leaf in jax.tree_util.tree_leaves_with_path(trimmed):
        wanted = dict(jax.tree_util.tree_leaves_with_path(alone))[path]
        np.testing.assert_allclose(leaf, wanted, rtol=1e-3, atol=1e-4)
    again = pad_params(config.rules, trimmed, config.network.roomier)
    jax.tree.map(np.testing.assert_array_equal, again, filled)
