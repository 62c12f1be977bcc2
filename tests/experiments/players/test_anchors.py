"""Anchors in a tournament: a floor, a ceiling, and steps between them."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from experiments.arena.meeting import ArenaConfig, play_round
from experiments.players.anchors import LadderPlayer, PerfectPlayer, RandomPlayer
from experiments.players.move_keys import move_keys
from games.errors import InputError
from games.exact.hex_play import HexPlay
from games.exact.solver import Solver
from games.exact.tables import load_table
from games.hex import BLACK, Hex

GAME = Hex(3)


def empty_boards(game: Hex, count: int):
    return jax.tree.map(
        lambda leaf: np.broadcast_to(np.asarray(leaf), (count, *leaf.shape)), game.init()
    )


def test_anchors_rank_as_they_should():
    """All 72 openings of two plies with both colours: 144 games a pair. The steps are 24 wins and
    more apart, a standard deviation is 6 at most."""
    ladder = [RandomPlayer(GAME), LadderPlayer(GAME, 0.5), PerfectPlayer(GAME)]
    result = play_round(GAME, ladder, 0, ArenaConfig(opening_plies=2, openings=72))
    assert result is not None
    for line in result.moves.reshape(-1, 9):
        cells = line[line >= 0]
        assert len(set(cells.tolist())) == len(cells), "the cell was taken"
    wins = np.zeros((3, 3), int)
    for black, white, winners in zip(result.black, result.white, result.winner, strict=True):
        wins[black, white] += np.sum(winners == 0)
        wins[white, black] += np.sum(winners == 1)
    for weaker, stronger in ((0, 1), (1, 2), (0, 2)):
        assert wins[stronger, weaker] > wins[weaker, stronger] + 24
    # Whoever holds a won position after the opening and is perfect keeps it.
    perfect = 2
    for black, white, lines, winners in zip(
        result.black, result.white, result.moves, result.winner, strict=True
    ):
        for line, winner in zip(lines, winners, strict=True):
            black_wins = load_table(GAME).values[3 ** line[0] + 2 * 3 ** line[1]] == 1
            if perfect == (black if black_wins else white):
                assert winner == (0 if black_wins else 1)


@pytest.mark.parametrize("game", [Hex(2), Hex(9)], ids=["2×2", "9×9"])
def test_a_random_player_plays_everywhere_and_the_same_again_with_its_key(game):
    player, states = RandomPlayer(game), empty_boards(game, 700)
    keys = move_keys(range(700), 0)
    moves = player.act(states, keys)
    assert moves.shape == (700,)
    assert set(moves.tolist()) <= set(range(game.num_actions))
    assert len(set(moves.tolist())) > 0.9 * game.num_actions
    np.testing.assert_array_equal(moves, player.act(states, keys))
    assert np.any(moves != player.act(states, move_keys(range(700), 1)))


def test_beyond_the_tables_a_perfect_player_asks_the_solver_it_is_given():
    asked = []

    class Counting(Solver):
        def winning_moves(self, *position, **limits):
            asked.append(position)
            return super().winning_moves(*position, **limits)

    solver = Counting(5, memory_mb=4)
    move = PerfectPlayer(Hex(5), exact=HexPlay(Hex(5), solver)).act(
        empty_boards(Hex(5), 1), move_keys([0], 0)
    )
    assert len(asked) == 1
    black = np.arange(25) == move[0]
    assert Solver(5, memory_mb=4).solve(black, np.zeros(25, bool), 1).winner == BLACK


@pytest.mark.parametrize(
    ("make", "culprit"),
    [
        (lambda: PerfectPlayer(Hex(7)), "up to 6×6, not size 7"),
        (lambda: LadderPlayer(Hex(3), 1.5), "probability must be between 0 .* got 1.5"),
        (lambda: LadderPlayer(Hex(3), float("nan")), "probability"),
    ],
)
def test_bad_input_is_refused_by_name(make, culprit):
    with pytest.raises(InputError, match=culprit):
        make()
