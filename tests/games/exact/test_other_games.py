"""Exact players of the other games against minimax by OpenSpiel's rules and published values."""

from __future__ import annotations

import random

import jax
import jax.numpy as jnp
import numpy as np
import pyspiel
import pytest

import games
from games.batches import ask, padded, random_play, states_after
from games.exact.registry import exact_play, judged_set, perfect_play, solve_position
from games.spiel import spiel_actions, spiel_game


def minimax(state: pyspiel.State, memory: dict[str, int]) -> int:
    """Value for the side to move, by going through all that can follow."""
    if state.is_terminal():
        return round(state.returns()[state.move_number() % 2])
    position = f"{state.current_player()} {state}"  # after a swap, stones do not tell whose turn
    if position not in memory:
        memory[position] = max(-minimax(state.child(a), memory) for a in state.legal_actions())
    return memory[position]


@pytest.mark.parametrize(
    ("name", "size", "plies"),
    [
        ("connect_four", 44, 7),
        ("connect_four", 45, 12),
        ("y", 4, 3),
        ("hex_swap", 3, 2),
        ("breakthrough", 43, 3),
        ("havannah", 3, 11),
    ],
)
def test_values_and_moves_are_those_of_minimax(name, size, plies):
    """Positions of random games after so many plies, of which some are won, drawn and lost."""
    game, chance, memory = games.make(name, size), random.Random(1), {}
    lines, values, keeping = [], [], []
    while len(lines) < 30:
        state, moves = spiel_game(game).new_initial_state(), []
        while not state.is_terminal() and len(moves) < plies:
            theirs_of = spiel_actions(game, state)
            moves.append(chance.choice(list(theirs_of)))
            state.apply_action(theirs_of[moves[-1]])
        if state.is_terminal():
            continue
        replies = {
            a: -minimax(state.child(theirs), memory)
            for a, theirs in spiel_actions(game, state).items()
        }
        lines.append(moves)
        values.append(max(replies.values()))
        kept = [a for a, value in replies.items() if value == values[-1] >= 0]
        keeping.append(np.isin(np.arange(game.num_actions), kept))
    verdicts = exact_play(game).judge(states_after(game, padded(game, lines)))
    np.testing.assert_array_equal(verdicts.value, values)
    np.testing.assert_array_equal(verdicts.keeping, keeping)
    assert {1, -1} <= set(values)


@pytest.mark.parametrize("size", [2, 3, 4])
def test_who_may_swap_wins_and_swaps_the_openings_that_win_without(size):
    """The pie rule's theorem; OpenSpiel plays on from each opening on the smallest boards."""
    game, plain = games.HexSwap(size), solve_position(games.Hex(size), "")
    assert solve_position(game, "").winner == 1
    assert plain.winning_moves is not None
    memory: dict[str, int] = {}
    for opening in range(size**2):
        found = solve_position(game, [opening])
        assert found.winner == 1
        assert found.winning_moves is not None
        assert (game.swap in found.winning_moves) == (opening in plain.winning_moves)
        if size < 4:
            theirs = spiel_game(game).new_initial_state().child(opening)
            keep = [a for a in theirs.legal_actions() if minimax(theirs.child(a), memory) < 0]
            assert list(found.winning_moves) == keep


@pytest.mark.parametrize(
    ("size", "winner"),
    [(44, -1), (45, -1), (46, 1), (47, -1), (54, -1), (55, -1), (64, -1), (74, -1)],
)
def test_grids_have_their_published_values(size, winner):
    """Tromp's table (tromp.github.io/c4): all drawn but four rows of six columns, which the second
    player wins."""
    assert solve_position(games.make("connect_four", size), "").winner == winner


def every_position(game):
    """The moves to one of each set of positions that look alike, by going through all games."""
    lines, met = [], set()
    open_lines = [()]
    while open_lines:
        line = open_lines.pop()
        state = spiel_game(game).new_initial_state()
        for move in line:
            state.apply_action(spiel_actions(game, state)[move])
        if not state.is_terminal() and str(state) not in met:
            met.add(str(state))
            lines.append(list(line))
            open_lines += [(*line, move) for move in spiel_actions(game, state)]
    return lines


def test_every_position_of_the_smallest_havannah_is_that_of_minimax():
    """By OpenSpiel's rules; any opening but the middle wins there."""
    game, memory, values = games.make("havannah", 2), {}, []
    lines = every_position(game)
    for line in lines:
        state = spiel_game(game).new_initial_state()
        for move in line:
            state.apply_action(spiel_actions(game, state)[move])
        values.append(minimax(state, memory))
    verdicts = exact_play(game).judge(states_after(game, padded(game, lines)))
    np.testing.assert_array_equal(verdicts.value, values)
    assert solve_position(game, "").winning_moves == (1, 2, 3, 5, 6, 7)


def test_who_begins_wins_havannah_of_side_3_in_the_corners():
    """A stone more never hurts, so white cannot win; nor, it turns out, draw."""
    game = games.make("havannah", 3)
    solution = solve_position(game, "")
    assert solution.winner == 0
    assert solution.winning_moves is not None
    assert [game.action_name(move) for move in solution.winning_moves] == [
        *("c1", "e1", "a3", "e3", "a5", "c5")
    ]


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_who_begins_wins_y_and_openings_are_symmetric(size):
    """By strategy stealing; winning openings come in the triangle's six turns."""
    game = games.make("y", size)
    solution = solve_position(game, "")
    assert solution.winner == 0
    assert solution.winning_moves is not None
    opening = np.isin(np.arange(game.num_actions), solution.winning_moves)
    for turn in game.symmetries.actions:
        np.testing.assert_array_equal(opening[turn], opening)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("y", 4),
        ("hex_swap", 4),
        ("breakthrough", 44),
        ("connect_four", 44),
        ("connect_four", 55),
        ("havannah", 3),
    ],
)
def test_judged_positions_are_live_and_can_be_got_wrong(name, size):
    game = games.make(name, size)
    judged = judged_set(game)
    assert judged is not None
    assert len(judged.verdicts.value) > 200
    legal, terminal = ask(game, judged.states, "legal", "terminal")
    assert not terminal.any()
    assert (judged.verdicts.value >= 0).all()
    assert ((judged.verdicts.keeping & legal).sum(1) < legal.sum(1)).all()
    assert judged.verdicts.keeping.any(1).all()
    again = exact_play(game).judge(judged.states)
    np.testing.assert_array_equal(again.keeping, judged.verdicts.keeping)


@pytest.mark.parametrize(("name", "size", "result"), [("y", 4, {0}), ("connect_four", 44, {-1})])
def test_perfect_players_keep_the_value_against_each_other(name, size, result):
    game, rng = games.make(name, size), np.random.default_rng(0)
    exact = perfect_play(game)
    states = jax.tree.map(lambda leaf: np.repeat(np.asarray(leaf)[None], 8, 0), game.init())
    for _ in range(game.max_plies):
        move = exact.choose(states, rng)
        states = jax.device_get(jax.vmap(game.step)(states, jnp.asarray(move, jnp.int32)))
    assert set(ask(game, states, "winner")[0].tolist()) == result


def test_a_search_that_meets_its_limit_says_so():
    game = games.make("connect_four", 67)
    solution = solve_position(game, "", max_nodes=1_000)
    assert (solution.winner, solution.winning_moves) == (None, None)
    assert solution.nodes <= 1_000
    with pytest.raises(games.InputError, match="out of reach"):
        solve_position(games.make("connect_four", 99), "")


def test_random_play_draws_every_legal_move_alike():
    states = jax.device_get(random_play(games.make("connect_four", 44), 4_000, jax.random.key(0)))
    first = np.asarray(states.stones[1, :, 0, 3])  # the bottom row after one move
    counts = np.array([(first == 1 << column).sum() for column in range(4)])
    assert counts.sum() == 4_000
    assert (abs(counts - 1_000) < 5 * np.sqrt(750)).all()
