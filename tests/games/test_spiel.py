from __future__ import annotations

import sys

import pytest

import games
from games import Hex, InputError, play
from games.spiel import from_spiel_action, spiel_actions, spiel_game, to_spiel_state


@pytest.mark.parametrize("size", [2, 5, 19])
def test_the_game_there_has_our_size_and_no_swap(size):
    theirs = spiel_game(Hex(size))
    assert theirs.observation_tensor_shape()[1:] == [size, size]
    assert theirs.num_distinct_actions() == size**2


def test_actions_have_the_names_there_that_they_have_here():
    game = Hex(5)
    state = spiel_game(game).new_initial_state()
    for action, name in ((0, "a1"), (7, "c2"), (24, "e5")):
        theirs = spiel_actions(game, state)[action]
        assert state.action_to_string(theirs).endswith(name)
        assert from_spiel_action(game, theirs) == action


def test_a_stone_that_moves_is_carried_over_whoever_moves_it():
    """a5b4 and d1c2 there, where rows are counted from below; then a capture."""
    game = games.make("breakthrough", 54)
    state = to_spiel_state(game, "a1r d5l b2r")
    assert str(state).splitlines()[:5] == ["5.bbb", "4....", "3..b.", "2..w.", "1www."]
    state = to_spiel_state(game, "a1r d5l b2r b5s c3l")
    assert str(state).splitlines()[:5] == ["5.bbb", "4....", "3....", "2.bw.", "1w.w."]


def test_a_position_is_carried_over_move_by_move():
    state = to_spiel_state(Hex(3), "b1 a1 b2 a2")
    assert str(state).split() == ["o", "x", ".", "o", "x", ".", ".", ".", "."]
    assert state.current_player() == 0
    assert to_spiel_state(Hex(3), "b1 a1 b2 a2 b3").is_terminal()


@pytest.mark.parametrize("moves", ["b2 b2", "b1 a1 b2 a2 b3 c3", "a1 d4", "9"])
def test_what_we_refuse_is_refused_in_the_same_words(moves):
    with pytest.raises(InputError) as ours:
        play(Hex(3), moves)
    with pytest.raises(InputError) as theirs:
        to_spiel_state(Hex(3), moves)
    assert str(theirs.value) == str(ours.value)


def test_without_openspiel_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspiel", None)
    with pytest.raises(InputError, match=r"pip install 'hexlaw\[games\]'"):
        spiel_game(Hex(5))


def test_a_game_unknown_there_is_refused():
    class Shogi(Hex):
        name = "shogi"  # type: ignore[assignment]

    with pytest.raises(InputError, match="shogi has no OpenSpiel counterpart"):
        spiel_game(Shogi(5))
