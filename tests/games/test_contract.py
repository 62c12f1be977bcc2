"""Every registered game, at every size it can be played, keeps the contract of `Game`."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import games

BOARDS = [(name, size) for name, sizes in games.SIZES.items() for size in sizes]


@pytest.fixture(params=BOARDS, ids=lambda board: f"{board[0]}-{board[1]}", scope="module")
def board(request):
    return request.param


@pytest.fixture(scope="module")
def game(board):
    return games.make(*board)


@pytest.fixture(scope="module")
def record(board, random_games):
    return random_games(*board)


def test_every_registered_game_has_sizes_and_refuses_those_around_them():
    assert games.SIZES.keys() == games.REGISTRY.keys()
    for name, sizes in games.SIZES.items():
        for size in (min(sizes) - 1, max(sizes) + 1):
            with pytest.raises(games.InputError, match=f"{name}: size must be .* got {size}"):
                games.make(name, size)


def test_an_unknown_game_is_refused_by_name():
    with pytest.raises(games.InputError, match="unknown game 'chess'; there is: hex"):
        games.make("chess", 8)


def test_a_game_knows_its_name_and_size(board, game):
    assert (game.name, game.size) == board
    assert game.num_actions == game.size**2


def test_shapes_and_types_are_those_of_the_protocol_and_never_change(game):
    state = jax.eval_shape(game.init)
    action = jax.ShapeDtypeStruct((), jnp.int32)
    assert jax.eval_shape(game.step, state, action) == state
    S, A = game.size, game.num_actions
    for rule, shape, dtype in (
        (game.legal, (A,), bool),
        (game.terminal, (), bool),
        (game.winner, (), jnp.int8),
        (game.to_move, (), jnp.int8),
        (game.observe, (2, S, S), bool),
    ):
        seen = jax.eval_shape(rule, state)
        assert (seen.shape, seen.dtype) == (shape, dtype), rule.__name__
    for dtype in (bool, jnp.float32):
        values = jax.ShapeDtypeStruct((A,), dtype)
        assert jax.eval_shape(game.to_mover_frame, state, values) == values
        assert jax.eval_shape(game.to_board_frame, state, values) == values


def test_equal_games_are_one_static_argument_of_jit(board, game):
    traces = []

    @functools.partial(jax.jit, static_argnums=0)
    def plies(some_game):
        traces.append(some_game)
        return some_game.max_plies

    assert plies(game) == plies(games.make(*board)) == game.max_plies
    assert len(traces) == 1


def test_games_start_with_black_on_an_empty_board(record):
    assert not record.terminal[0].any()
    assert (record.to_move[0] == 0).all()
    assert not record.planes[0].any()


def test_somebody_can_move_exactly_until_the_end(record):
    np.testing.assert_array_equal(record.legal.any(axis=-1), ~record.terminal)


def test_games_end_within_max_plies(game, record):
    assert record.terminal[game.max_plies].all()


def test_players_alternate_into_the_end(record):
    going_on = ~record.terminal[:-1]
    passed = record.to_move[1:] != record.to_move[:-1]
    np.testing.assert_array_equal(passed, going_on)


def test_nobody_has_won_before_the_end_and_a_result_stays(record):
    assert (record.winner[~record.terminal] == -1).all()
    assert np.isin(record.winner, (-1, 0, 1)).all()
    ended = record.terminal[:-1]
    np.testing.assert_array_equal(record.winner[1:][ended], record.winner[:-1][ended])


def test_illegal_actions_change_nothing_and_the_end_is_absorbing(record):
    assert record.refused.all()


def test_symmetries_are_permutations_and_the_first_is_the_identity(game):
    symmetries = np.asarray(game.symmetries)
    cells = np.arange(game.num_actions)
    np.testing.assert_array_equal(symmetries[0], cells)
    np.testing.assert_array_equal(np.sort(symmetries, axis=1), np.tile(cells, (len(symmetries), 1)))
    assert len(np.unique(symmetries, axis=0)) == len(symmetries)


def test_symmetries_keep_moves_outcomes_and_what_the_mover_sees(game, record):
    T, B, A = record.legal.shape
    planes = record.planes.reshape(T, B, 2, A)
    for k, symmetry in enumerate(np.asarray(game.symmetries)):
        np.testing.assert_array_equal(record.mapped_legal[:, k][:, :, symmetry], record.legal)
        np.testing.assert_array_equal(record.mapped_winner[:, k], record.winner)
        mapped_planes = record.mapped_planes[:, k].reshape(T, B, 2, A)
        np.testing.assert_array_equal(mapped_planes[..., symmetry], planes)


def test_frames_undo_each_other_and_agree_with_what_the_mover_sees(record):
    np.testing.assert_array_equal(record.legal_back, record.legal)
    occupied = record.planes.any(axis=2).reshape(record.legal.shape)
    assert not (record.legal_mover & occupied).any()


def test_a_move_adds_one_stone_of_the_mover(record):
    """After a move the mover is the opponent, whose stones are on the second plane."""
    mine, theirs = np.moveaxis(record.planes.sum(axis=(3, 4)), 2, 0)  # [T, B] each
    going_on = ~record.terminal[:-1]
    np.testing.assert_array_equal(theirs[1:][going_on], mine[:-1][going_on] + 1)
    np.testing.assert_array_equal(mine[1:][going_on], theirs[:-1][going_on])
