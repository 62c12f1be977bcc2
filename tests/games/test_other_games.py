"""The other games against OpenSpiel, on thousands of random games, and against known facts."""

from __future__ import annotations

import itertools
import random

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import games
from games.batches import ask, padded, states_before
from games.spiel import spiel_actions, spiel_game

BOARDS = [
    *(("breakthrough", size) for size in (43, 54, 65, 88)),
    *(("havannah", size) for size in (2, 3, 4, 6)),
    *(("hex_swap", size) for size in (2, 3, 5, 12)),
    *(("y", size) for size in (2, 3, 4, 5, 6, 7, 9, 12, 19)),
    *(("connect_four", size) for size in (44, 45, 54, 55, 56, 67, 76, 88, 99)),
]


@pytest.mark.parametrize(("name", "size"), BOARDS)
def test_every_rule_agrees_with_openspiel_after_every_move(name, size):
    game = games.make(name, size)
    theirs, chance = spiel_game(game), random.Random(size)
    count = 2048 if game.max_plies < 50 else 256
    played, legal, ended, returns = [], [], [], []
    for _ in range(count):
        state, moves, could = theirs.new_initial_state(), [], []
        while not state.is_terminal():
            theirs_of = spiel_actions(game, state)
            could.append(list(theirs_of))
            moves.append(chance.choice(could[-1]))
            state.apply_action(theirs_of[moves[-1]])
        played.append(moves)
        legal.append(could)
        ended.append(len(moves))
        returns.append(state.returns()[0])
    states = states_before(game, padded(game, played))
    plies = len(jax.tree.leaves(states)[0])
    flat = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), states)
    told = ask(game, flat, "legal", "terminal", "winner", "to_move")
    ours, terminal, winner, to_move = (rule.reshape(plies, count, *rule.shape[1:]) for rule in told)
    expected = np.zeros_like(ours)
    for row, could in enumerate(legal):
        for ply, actions in enumerate(could):
            expected[ply, row, actions] = True
    np.testing.assert_array_equal(ours, expected)
    np.testing.assert_array_equal(terminal, np.arange(plies)[:, None] >= ended)
    np.testing.assert_array_equal(winner[-1], np.choose(np.array(returns, int) + 1, [1, -1, 0]))
    going_on = ~terminal
    alternating = np.broadcast_to(np.arange(plies)[:, None] % 2, to_move.shape)
    np.testing.assert_array_equal(to_move[going_on], alternating[going_on])
    assert game.max_plies < 4 or {1, -1} <= set(returns)  # black has won the smallest Y at once


@pytest.mark.parametrize(
    ("name", "size"), [("y", 5), ("connect_four", 56), ("breakthrough", 65), ("hex_swap", 5)]
)
def test_stones_lie_where_openspiel_draws_them(name, size):
    game, chance = games.make(name, size), random.Random(0)
    on_board = getattr(game, "on_board", np.ones(game.shape, bool))
    for _ in range(20):
        theirs, moves = spiel_game(game).new_initial_state(), []
        while not theirs.is_terminal():
            theirs_of = spiel_actions(game, theirs)
            moves.append(chance.choice(list(theirs_of)))
            theirs.apply_action(theirs_of[moves[-1]])
        owners = np.asarray(game.owners(games.play(game, moves)))[on_board.ravel()]
        letters = {"y": ".O@", "breakthrough": ".bw"}.get(name, ".xo")
        drawn = [letter for letter in str(theirs) if letter in letters][: on_board.sum()]
        assert drawn == [letters[owner + 1] for owner in owners]


@pytest.mark.parametrize(
    ("stones", "wins"),
    [
        ("d1 c2 b3 a4", True),  # a bridge of two corners, along a side
        ("d4 e3 f2 c4 b4 a5 e4 e5 e6 d7", False),  # two sides and what belongs to none
        ("d3 e3 e4 d5 c5 c4", True),  # a ring around d4
        ("d3 e3 e4 d5 c5 d4 c4", True),  # a ring around a stone of its own
        ("d3 e3 e4 d4 c4 c5", False),  # solid, and no cell with six around it
    ],
)
def test_what_wins_havannah(stones, wins):
    """Black's stones, white's far away or on the rim where they join nothing."""
    game = games.make("havannah", 4)
    black = stones.split()
    state = game.init()
    for k, name in enumerate(black):
        state = game.step(state, jnp.int32(game.parse_action(name)))
        last = k == len(black) - 1
        assert int(state.winner) == (0 if last and wins else -1), name
        state = state._replace(to_move=jnp.int8(0))  # white passes


def test_a_full_triangle_has_exactly_one_winner():
    """The theorem of Y, on all fillings of the triangle of side 3, by a flood fill."""
    game = games.Y(3)
    cells = np.flatnonzero(game.on_board)
    for owners in itertools.product((0, 1), repeat=len(cells)):
        winners = [
            player
            for player in (0, 1)
            if _touches_all_sides(
                {int(c) for c, o in zip(cells, owners, strict=True) if o == player}
            )
        ]
        assert len(winners) == 1


def _touches_all_sides(stones: set[int], size: int = 3) -> bool:
    """By flood fill over rows and columns."""
    left = set(stones)
    while left:
        queue, touched = [left.pop()], set()
        for cell in queue:
            r, c = divmod(cell, size)
            touched |= {k for k, at in enumerate((r == 0, c == 0, r + c == size - 1)) if at}
            near = {(r - 1, c), (r - 1, c + 1), (r, c - 1), (r, c + 1), (r + 1, c - 1), (r + 1, c)}
            found = {other for other in left if divmod(other, size) in near}
            left -= found
            queue += found
        if len(touched) == 3:
            return True
    return False


@pytest.mark.parametrize(
    ("moves", "winner"),
    [
        ("a b a b a b a", 0),  # upright
        ("a a b b c c d", 0),  # across
        ("a b b c c d c d d a d", 0),  # rising to the right
        ("d c c b b a b a a d a", 0),  # rising to the left
        ("a b a b a b c b", 1),
        ("a b a b a b", -1),
        ("g a g a g a b a", 1),  # nothing wraps from one side of the grid to the other
        ("e f g g e a f", -1),
    ],
)
def test_four_in_a_row_in_all_directions(moves, winner):
    assert int(games.play(games.make("connect_four", 67), moves).winner) == winner


@pytest.mark.parametrize("size", [0, 6, 43, 40, 50, 66.5, "67", 100])
def test_a_grid_is_two_digits(size):
    with pytest.raises(games.InputError, match=r"^connect_four: size must be rows and columns"):
        games.make("connect_four", size)


def test_connect_four_has_as_many_positions_as_are_published():
    """Positions that play can reach on the 4×4 grid, the empty one included, as Tromp counts them
    (OEIS A212693)."""
    game = games.make("connect_four", 44)
    layer = jax.tree.map(lambda leaf: np.asarray(leaf)[None], game.init())
    count = 0
    while len(layer.stones):
        count += len(layer.stones)
        at, column = np.nonzero(ask(game, layer, "legal")[0])
        before = jax.tree.map(lambda leaf, at=at: leaf[at], layer)
        after = jax.device_get(jax.vmap(game.step)(before, jnp.asarray(column, jnp.int32)))
        once = np.unique(after.stones, axis=0, return_index=True)[1]
        layer = jax.tree.map(lambda leaf, once=once: leaf[once], after)
    assert count == 161_029
