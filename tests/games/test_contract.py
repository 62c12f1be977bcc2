"""Every registered game, at every size it can be played, keeps the contract of `Game`."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import games
from games.protocol import HEXAGONAL, SQUARE
from tests.toys import drop

TOY = drop.NAME  # registered by its import; it is a game like any other
SOME_SIZES = {
    "connect_four": {44, 49, 67, 94, 99},  # of 36: the smallest, flat, usual, tall, largest
    "breakthrough": {43, 65, 88},  # one row of stones, two, the largest
    "havannah": {2, 4, 10},
    "hex_swap": {2, 11, 12},  # both label types of Hex
}
BOARDS = [
    (name, size)
    for name, entry in games.REGISTRY.items()
    for size in entry.sizes
    if size in SOME_SIZES.get(name, entry.sizes)
]


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
    for name, entry in games.REGISTRY.items():
        for size in (min(entry.sizes) - 1, max(entry.sizes) + 1):
            with pytest.raises(games.InputError, match=f"{name}: size must be .* got {size}"):
                games.make(name, size)


def test_an_unknown_game_is_refused_by_name():
    with pytest.raises(games.InputError, match=r"unknown game 'chess'; there is: .*hex"):
        games.make("chess", 8)


def test_a_game_knows_its_name_and_size(board, game):
    assert (game.name, game.size) == board


def test_actions_have_names_of_their_own_that_are_read_back(game):
    names = [game.action_name(action) for action in range(game.num_actions)]
    assert len(set(names)) == game.num_actions
    assert [game.parse_action(name.upper()) for name in names] == list(range(game.num_actions))
    for refuse in (
        lambda: game.action_name(game.num_actions),
        lambda: game.action_name(-1),
        lambda: game.parse_action("?"),
    ):
        with pytest.raises(games.InputError):
            refuse()


def test_shapes_and_types_are_those_of_the_protocol_and_never_change(game):
    state = jax.eval_shape(game.init)
    action = jax.ShapeDtypeStruct((), jnp.int32)
    assert jax.eval_shape(game.step, state, action) == state
    A, cells = game.num_actions, game.shape[0] * game.shape[1]
    for rule, shape, dtype in (
        (game.legal, (A,), bool),
        (game.terminal, (), bool),
        (game.winner, (), jnp.int8),
        (game.to_move, (), jnp.int8),
        (game.observe, (game.num_planes, *game.shape), bool),
        (game.owners, (cells,), jnp.int8),
    ):
        seen = jax.eval_shape(rule, state)
        assert (seen.shape, seen.dtype) == (shape, dtype), rule.__name__
    for dtype in (bool, jnp.float32):
        values = jax.ShapeDtypeStruct((A,), dtype)
        assert jax.eval_shape(game.to_mover_frame, state, values) == values
        assert jax.eval_shape(game.to_board_frame, state, values) == values


def test_actions_lie_where_the_game_says(game):
    """On columns, or so many on each cell and some nowhere; a turn moves them with their cells."""
    rows, columns = game.shape
    cells, actions = game.symmetries
    if game.plays_columns:
        assert game.num_actions == columns
        assert not (cells.reshape(-1, rows, columns) % columns - actions[:, None]).any()
    else:
        each, nowhere = divmod(game.num_actions, rows * columns)
        assert each >= 1
        on_cells = actions[:, : game.num_actions - nowhere] // each
        np.testing.assert_array_equal(on_cells, np.repeat(cells, each, axis=1))


def test_a_turn_of_the_board_leaves_neighbours_together(game):
    assert game.neighbourhood in (HEXAGONAL, SQUARE)
    on_board = np.flatnonzero(getattr(game, "on_board", np.ones(game.shape, bool)))
    at = np.stack(np.divmod(np.arange(game.shape[0] * game.shape[1]), game.shape[1]))

    def together(cells):
        """Which of them are neighbours, [n, n]."""
        apart = at[:, cells][:, :, None] - at[:, cells][:, None]
        ways = np.array(game.neighbourhood)[:, :, None, None]
        return (apart == ways).all(axis=1).any(axis=0)

    for turn in game.symmetries.cells[:, on_board]:
        np.testing.assert_array_equal(together(turn), together(on_board))


def test_equal_games_are_one_static_argument_of_jit(board, game):
    traces = []

    @functools.partial(jax.jit, static_argnums=0)
    def plies(some_game):
        traces.append(some_game)
        return some_game.max_plies

    assert plies(game) == plies(games.make(*board)) == game.max_plies
    assert len(traces) == 1


def test_games_start_with_black_on_an_empty_board(game, record):
    assert not record.terminal[0].any()
    assert (record.to_move[0] == 0).all()
    mine, theirs = record.planes[0, 0, :2].sum(axis=(1, 2))
    assert (mine, theirs) == (0, 0) or (game.name == "breakthrough" and mine == theirs > 0)


def test_somebody_can_move_exactly_until_the_end(record):
    np.testing.assert_array_equal(record.legal.any(axis=-1), ~record.terminal)


def test_games_end_within_max_plies_and_not_before_min_plies(game, record):
    assert record.terminal[game.max_plies].all()
    assert not record.terminal[game.min_plies - 1].any()
    assert 0 < game.min_plies <= game.max_plies


def test_a_game_that_says_so_fills_cells(game, record):
    empty = record.owners == -1
    if game.fills_cells:
        going_on = ~record.terminal
        np.testing.assert_array_equal(record.legal[going_on], empty[going_on])
    else:
        assert record.legal.shape != empty.shape or (record.legal != empty).any()


def test_planes_show_the_stones_of_the_mover_and_of_its_opponent(record):
    """How many of each; where they lie is the game's own frame."""
    for plane, player in enumerate((record.to_move, 1 - record.to_move)):
        shown = record.planes[:, :, plane].sum(axis=(2, 3))
        np.testing.assert_array_equal(shown, (record.owners == player[..., None]).sum(axis=-1))


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
    counts = game.symmetries._replace(cells=game.shape[0] * game.shape[1], actions=game.num_actions)
    for turns, count in zip(game.symmetries, counts, strict=True):
        np.testing.assert_array_equal(turns[0], np.arange(count))
        np.testing.assert_array_equal(np.sort(turns), np.tile(np.arange(count), (len(turns), 1)))
    assert len(game.symmetries.cells) == len(game.symmetries.actions)
    assert len(np.unique(game.symmetries.cells, axis=0)) == len(game.symmetries.cells)


def test_symmetries_keep_moves_outcomes_and_what_the_mover_sees(game, record):
    flat = (*record.planes.shape[:3], -1)
    planes = record.planes.reshape(flat)
    for k, (cells, actions) in enumerate(zip(*game.symmetries, strict=True)):
        np.testing.assert_array_equal(record.mapped_legal[:, k][:, :, actions], record.legal)
        np.testing.assert_array_equal(record.mapped_winner[:, k], record.winner)
        mapped_planes = record.mapped_planes[:, k].reshape(flat)
        np.testing.assert_array_equal(mapped_planes[..., cells], planes)


def test_frames_undo_each_other_and_agree_with_what_the_mover_sees(game, record):
    np.testing.assert_array_equal(record.legal_back, record.legal)
    if game.fills_cells:
        occupied = record.planes[:, :, :2].any(axis=2).reshape(record.legal.shape)
        assert not (record.legal_mover & occupied).any()


STONES_GO = {"hex_swap", "breakthrough"}  # white takes black's stone over; stones are captured


def test_a_move_adds_one_stone_of_the_mover(game, record):
    """After a move the mover is the opponent, whose stones are on the second plane."""
    mine, theirs = np.moveaxis(record.planes[:, :, :2].sum(axis=(3, 4)), 2, 0)  # [T, B] each
    going_on = ~record.terminal[:-1]
    added = (theirs[1:] - mine[:-1])[going_on]
    taken = (theirs[:-1] - mine[1:])[going_on]
    if game.name in STONES_GO:
        assert np.isin(added, (0, 1)).all()
        assert np.isin(taken, (0, 1)).all()
    else:
        assert (added == 1).all()
        assert (taken == 0).all()
