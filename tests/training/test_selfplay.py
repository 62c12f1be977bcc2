"""Self-play: live boards, honest targets, frames that agree, openings of every length."""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from games.hex import Hex
from mcts import SearchConfig, SearchResult
from training.networks import Mlp, init_params, make_evaluate
from training.selfplay import (
    Lanes,
    Move,
    Schedule,
    choose_action,
    play_move,
    start_lanes,
)

S = 3
GAME = Hex(S)
NETWORK = Mlp(width=4, depth=1)
SEARCH = SearchConfig(nodes=8, noise_fraction=0.25)
B, T = 16, 30  # games of 3×3 last at most 9 plies, so every lane starts afresh three times


def schedule(openings: int, greedy_from: int) -> Schedule:
    return Schedule(jnp.int32(openings), jnp.int32(greedy_from))


class Record(NamedTuple):
    """T moves of B lanes, as NumPy arrays."""

    lanes: Lanes  # [T, B, ...] before each move
    moves: Move  # [T, B, ...]

    @property
    def owner(self) -> np.ndarray:
        """Who has a stone where before each move, 0, 1 or -1, board frame [T, B, A]."""
        black, white = (np.asarray(stones) for stones in GAME.stones(self.lanes.states))
        return np.where(black, 0, np.where(white, 1, -1))

    @property
    def action(self) -> np.ndarray:
        """The cell played, board frame [T - 1, B]; without meaning where the move ended a game."""
        return np.argmax(self.owner[1:] != self.owner[:-1], axis=-1)

    @property
    def goes_on(self) -> np.ndarray:
        """Moves after which the same game is still there, [T - 1, B]."""
        return ~np.asarray(self.moves.ended[:-1])


@jax.jit
def _play(params, schedule: Schedule, key: jax.Array) -> Record:
    start_key, play_key = jax.random.split(key)
    lanes = start_lanes(GAME, schedule, B, start_key)
    evaluate = make_evaluate(GAME, NETWORK)

    def move(lanes, key):
        after, move = play_move(GAME, evaluate, SEARCH, schedule, params, lanes, key)
        return after, Record(lanes, move)

    return jax.lax.scan(move, lanes, jax.random.split(play_key, T))[1]


@pytest.fixture(scope="module")
def record():
    """Self-play by openings and the ply from which the most visited move is played."""
    params = jax.jit(functools.partial(init_params, GAME, NETWORK))(jax.random.key(0))

    @functools.cache
    def play(openings: int, greedy_from: int) -> Record:
        key = jax.random.key(7)
        return jax.tree.map(np.asarray, _play(params, schedule(openings, greedy_from), key))

    return play


def board_frame(record: Record, per_action: np.ndarray) -> np.ndarray:
    """Mover's frame → board frame [T, B, A], by the rule of the docs: white's board transposed."""
    boards = per_action.reshape(T, B, S, S)
    white = np.asarray(record.lanes.states.to_move) == 1
    turned = np.where(white[..., None, None], boards.swapaxes(-1, -2), boards)
    return turned.reshape(T, B, S * S)


def test_every_search_starts_on_a_live_board_right_after_a_reset_too(record):
    """pgx PR 1315: the carried state was a fresh board that still counted as finished."""
    lanes = record(2, 4).lanes
    fresh = (lanes.ply == 0) & (np.arange(T)[:, None] > 0)
    assert fresh.sum() > 2 * B, "else no lane ever started again"
    assert np.all(lanes.states.labels[lanes.ply == 0] == 0)
    assert np.all(lanes.states.to_move[lanes.ply == 0] == 0)
    assert np.all(lanes.states.winner == -1)
    rows = jax.tree.map(lambda leaf: leaf.reshape(T * B, *leaf.shape[2:]), lanes.states)
    first_empty = np.argmax(rows.labels == 0, axis=-1)
    after = jax.jit(jax.vmap(GAME.step))(rows, first_empty)
    stones = [np.sum(np.asarray(labels) > 0, axis=-1) for labels in (rows.labels, after.labels)]
    np.testing.assert_array_equal(stones[1], stones[0] + 1)
    np.testing.assert_array_equal(stones[0], lanes.ply.reshape(-1))


def test_the_search_of_every_first_move_has_spent_its_nodes(record):
    policy = record(2, 4).moves.policy[record(2, 4).lanes.ply == 0]
    np.testing.assert_allclose(policy.sum(axis=-1), 1, atol=1e-6)


def test_opening_lengths_are_drawn_evenly_from_zero_to_the_maximum():
    """Seed 3; each of the 5 counts of 10,000 draws within four standard deviations."""
    draw = jax.jit(lambda key: start_lanes(GAME, schedule(4, 0), 10_000, key).opening_plies)
    counts = np.bincount(draw(jax.random.key(3)), minlength=5)
    assert len(counts) == 5
    assert np.all(np.abs(counts - 2_000) < 4 * np.sqrt(10_000 * 0.2 * 0.8))


def test_openings_are_drawn_anew_for_every_game_and_mark_their_moves_as_random(record):
    lanes, moves = record(3, 0)
    np.testing.assert_array_equal(moves.random, lanes.ply < lanes.opening_plies)
    assert set(lanes.opening_plies[lanes.ply == 0].tolist()) == {0, 1, 2, 3}
    same_game = record(3, 0).goes_on
    kept = lanes.opening_plies[1:] == lanes.opening_plies[:-1]
    assert np.all(kept[same_game])
    assert not np.all(kept[~same_game])


def test_without_openings_no_move_is_random(record):
    assert not record(0, 0).moves.random.any()


RULES_OWN = 1  # not the likeliest: a rule may play another move than its policy's first


def result_of(policy: np.ndarray) -> SearchResult:
    """A search result of which only policy and action are looked at."""
    shares, nothing = jnp.asarray(policy, jnp.float32), jnp.zeros(len(policy))
    action = jnp.full(len(policy), RULES_OWN, jnp.int32)
    unread = jnp.zeros_like(shares)
    return SearchResult(unread, shares, action, unread, unread, nothing, nothing, action)


def chosen(policy, *, legal, random: bool, greedy: bool) -> np.ndarray:
    """How often each action is played in 4,096 games, seed 5."""
    rows = 4096
    shares = np.tile(policy, (rows, 1))
    action = jax.jit(choose_action)(
        result_of(shares),
        jnp.tile(jnp.asarray(legal), (rows, 1)),
        jnp.full(rows, random),
        jnp.full(rows, greedy),
        jax.random.key(5),
    )
    return np.bincount(action, minlength=len(policy)) / rows


SHARES = np.array([0.5, 0.25, 0.25, 0, 0], np.float32)
LEGAL = np.array([True, True, True, True, False])
FOUR_SIGMA = 4 * np.sqrt(0.25 / 4096)


def test_random_moves_are_even_over_legal_cells_and_pay_no_heed_to_the_search():
    shares = chosen(SHARES, legal=LEGAL, random=True, greedy=True)
    np.testing.assert_allclose(shares, LEGAL / 4, atol=FOUR_SIGMA)
    assert shares[4] == 0


def test_sampled_moves_follow_the_visit_shares():
    shares = chosen(SHARES, legal=LEGAL, random=False, greedy=False)
    np.testing.assert_allclose(shares, SHARES, atol=FOUR_SIGMA)
    assert np.all(shares[3:] == 0)


def test_greedy_moves_are_the_search_rule_s_own():
    assert chosen(SHARES, legal=LEGAL, random=False, greedy=True)[RULES_OWN] == 1


def test_the_move_played_is_the_most_visited_from_the_ply_that_is_set(record):
    """Every other setting is left at random: what is played there need not be the maximum."""
    for greedy_from in (0, 3):
        games = record(0, greedy_from)
        policy = board_frame(games, games.moves.policy)[:-1]
        played = np.take_along_axis(policy, games.action[..., None], axis=-1)[..., 0]
        is_most_visited = played == policy.max(axis=-1)
        greedy = games.goes_on & (games.lanes.ply[:-1] >= greedy_from)
        assert np.all(is_most_visited[greedy])
        if greedy_from:
            assert not np.all(is_most_visited[games.goes_on & ~greedy])


@pytest.mark.parametrize("greedy_from", [0, 9])
def test_the_policy_target_is_the_visit_shares_whatever_move_was_played(record, greedy_from):
    """Not sharpened by temperature: whole visits, also where the most visited move was played."""
    policy = record(0, greedy_from).moves.policy
    visits = policy * (SEARCH.nodes - 1)
    np.testing.assert_allclose(visits, np.round(visits), atol=1e-5)
    np.testing.assert_allclose(policy.sum(axis=-1), 1, atol=1e-6)
    assert np.mean(policy.max(axis=-1) < 1) > 0.5, "more than one move is tried in most positions"


def test_planes_show_the_mover_his_own_stones_first_and_white_a_transposed_board(record):
    games = record(2, 4)
    to_move = np.asarray(games.lanes.states.to_move)
    assert 0.3 < np.mean(to_move) < 0.6, "both colours were looked at"
    for plane, owner in ((0, to_move), (1, 1 - to_move)):
        shown = board_frame(games, games.moves.planes[:, :, plane].reshape(T, B, -1))
        np.testing.assert_array_equal(shown, games.owner == owner[..., None])


def test_legal_moves_are_the_empty_cells_and_hold_the_whole_policy(record):
    moves = record(2, 4).moves
    empty = ~moves.planes.any(axis=2).reshape(T, B, -1)
    np.testing.assert_array_equal(moves.legal, empty)
    assert np.all(moves.policy[~moves.legal] == 0)


def test_who_ends_a_game_of_hex_has_won_it(record):
    games = record(2, 4)
    np.testing.assert_array_equal(games.moves.reward, games.moves.ended.astype(np.float32))
    lengths = games.lanes.ply[games.moves.ended] + 1
    assert np.all((lengths >= 2 * S - 1) & (lengths <= S * S))
    winners = games.lanes.states.to_move[games.moves.ended]
    assert set(winners.tolist()) == {0, 1}


def test_plies_and_colours_count_on_until_the_game_ends(record):
    lanes, moves = record(2, 4)
    np.testing.assert_array_equal(lanes.ply[1:], np.where(moves.ended, 0, lanes.ply + 1)[:-1])
    np.testing.assert_array_equal(lanes.states.to_move, lanes.ply % 2)
