"""Hex against OpenSpiel, against a flood fill in plain Python, and against facts of the board."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pyspiel
import pytest

import games
from games.hex import NOBODY, Hex, HexState

# Both label types (bytes up to 11×11) and both ends of the range besides what is asked for.
SPIEL_SIZES = [*range(2, 14), 19]


def owners(game: Hex, states: HexState) -> np.ndarray:
    """Who has a stone on each cell, 0, 1 or -1, [..., A]."""
    black, white = (np.asarray(stones) for stones in game.stones(states))
    return np.where(black, 0, np.where(white, 1, -1))


@pytest.mark.parametrize("size", SPIEL_SIZES)
def test_every_rule_agrees_with_openspiel_after_every_move(size, random_games):
    record = random_games("hex", size)
    drawn = np.array(["x", "o", "."])[owners(Hex(size), record.states)]  # [T, B, A]; -1 is "."
    theirs = pyspiel.load_game("hex", {"board_size": size})
    for b in range(record.actions.shape[1]):
        state = theirs.new_initial_state()
        moves = record.moves(b)
        for t, move in enumerate([*moves, None]):
            assert "".join(drawn[t, b]) == "".join(str(state).split())
            assert bool(record.terminal[t, b]) == state.is_terminal()
            assert np.flatnonzero(record.legal[t, b]).tolist() == state.legal_actions()
            if move is not None:
                assert record.to_move[t, b] == state.current_player()
                state.apply_action(move)
        winner = record.winner[len(moves), b]
        assert state.returns() == [1 - 2 * winner, 2 * winner - 1]


def test_both_colours_win_on_every_board_that_was_compared(random_games):
    """Else the comparison would have missed half of the rules: white has no win on some seeds."""
    for size in SPIEL_SIZES:
        assert set(random_games("hex", size).winner[-1].tolist()) == {0, 1}, size


@pytest.mark.parametrize("size", games.REGISTRY["hex"].sizes)
def test_every_filled_board_has_exactly_one_winner_and_it_is_ours(size, random_games, hex_oracle):
    """Whatever the players would add after the end, the result is what it was."""
    record = random_games("hex", size)
    rng = np.random.default_rng(size)
    final = owners(Hex(size), jax.tree.map(lambda leaf: leaf[-1], record.states))  # [B, A]
    filled = np.where(final == NOBODY, rng.integers(0, 2, final.shape), final)
    for board, winner in zip(filled.tolist(), record.winner[-1].tolist(), strict=True):
        assert hex_oracle.joined(board, size) == [winner]


@pytest.mark.parametrize("size", [3, 7, 11, 12])
def test_stones_share_a_label_exactly_if_they_are_joined_by_stones_or_an_edge(
    size, random_games, hex_oracle
):
    record = random_games("hex", size)
    stones = owners(Hex(size), record.states)
    for b in range(2):
        for t in range(len(record.moves(b))):
            labels = record.states.labels[t, b]
            by_label = {frozenset(np.flatnonzero(labels == x)) for x in set(labels[labels > 0])}
            expected: set[frozenset[int]] = set()
            for player in (0, 1):
                at_edge: dict[str, frozenset[int]] = {}
                for cells, reached in hex_oracle.groups(stones[t, b].tolist(), player, size):
                    assert len(reached) < 2, "nobody has won yet"
                    if reached:
                        (side,) = reached
                        at_edge[side] = at_edge.get(side, frozenset()) | cells
                    else:
                        expected.add(frozenset(cells))
                expected.update(at_edge.values())
            assert by_label == expected


@functools.partial(jax.jit, static_argnums=0)
def replay(game: Hex, start: HexState, actions: jax.Array) -> tuple[HexState, jax.Array]:
    """The states [T, ...] before each of `actions` [T], and what the mover sees of them."""

    def ply(state: HexState, action: jax.Array):
        return game.step(state, action), (state, game.observe(state))

    return jax.lax.scan(ply, start, actions)[1]


@pytest.mark.parametrize("size", [4, 11, 12])
def test_swapping_colours_and_transposing_the_board_changes_nothing_for_the_mover(
    size, random_games
):
    game, record = Hex(size), random_games("hex", size)
    white_first = game.init()._replace(to_move=jnp.int8(1))
    transpose = np.arange(size**2).reshape(size, size).T.reshape(-1)
    T = game.max_plies + 2
    for b in range(3):
        plies = len(record.moves(b))
        moves = np.resize(transpose[record.moves(b)], T)  # what follows the end is ignored
        states, planes = replay(game, white_first, moves)
        np.testing.assert_array_equal(planes, record.planes[:, b])
        np.testing.assert_array_equal(states.to_move, 1 - record.to_move[:, b])
        assert states.winner[plies] == 1 - record.winner[plies, b]
        swapped = owners(game, states)[:, transpose]
        mine = owners(game, jax.tree.map(lambda leaf, b=b: leaf[:, b], record.states))
        np.testing.assert_array_equal(swapped, np.where(mine == NOBODY, NOBODY, 1 - mine))


@pytest.mark.parametrize(
    ("moves", "winner"),
    [
        ("c1 a1 b2 a2 a3", 0),  # the short diagonal touches from cell to cell …
        ("a1 a2 b2 b1 c3", NOBODY),  # … the long one does not
        ("b1 a1 b2 c1 b3", 0),  # a column joins top and bottom
        ("a1 a2 a3 b2 b1 c2", 1),  # a row joins left and right
        ("a2 a1 b2 b1 c2", NOBODY),  # a row of black stones joins nothing of black's
        ("b2 c1 a1 a3", NOBODY),  # nor do two corners without the centre of white's diagonal
    ],
)
def test_adjacency_and_edges_are_those_of_openspiel_and_mohex(moves, winner):
    assert int(games.play(Hex(3), moves).winner) == winner


@pytest.mark.parametrize(
    ("size", "dtype"), [(2, np.uint8), (11, np.uint8), (12, np.uint16), (19, np.uint16)]
)
def test_labels_are_as_narrow_as_the_board_allows(size, dtype):
    assert Hex(size).init().labels.dtype == dtype


@pytest.mark.parametrize("size", [-1, 0, 1, 20, 100, 3.5, "5", None])
def test_sizes_outside_2_to_19_are_refused(size):
    with pytest.raises(games.InputError, match=rf"^hex: size must be 2 to 19, got {size!r}$"):
        Hex(size)
