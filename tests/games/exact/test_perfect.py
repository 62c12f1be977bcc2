"""Perfect play never throws a win away, resists when lost, and can be weakened by degrees."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import games
from games.exact import tables
from games.exact.compiled import COMPILED
from games.exact.perfect import perfect_moves, winning_moves
from games.exact.registry import perfect_play
from games.hex import BLACK, WHITE, Hex, HexState
from games.protocol import State

SEED = 1952
GAMES_BY_SEARCH = 100 if COMPILED else 10


@functools.partial(jax.jit, static_argnums=0)
def advance(game: Hex, states: HexState, moves: jax.Array) -> HexState:
    return jax.vmap(game.step)(states, moves)


def play_games(game: Hex, count: int, skills: tuple[float, float], seed: int) -> np.ndarray:
    """Winners of games between players of the given skills, black's first."""
    rng = np.random.default_rng(seed)
    states = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (count, *leaf.shape)), game.init())
    for ply in range(game.max_plies):
        moves = perfect_play(game).choose(states, rng, skills[ply % 2])
        states = advance(game, states, jnp.asarray(moves, jnp.int32))
    return np.asarray(states.winner)


def positions(random_games, size: int) -> State:
    """All states of the random games as one batch [B, ...], finished ones included."""
    states = random_games("hex", size).states
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), states)


@pytest.mark.parametrize("opponent", [0.0, 0.7, 1.0])
def test_a_perfect_first_player_never_loses(opponent):
    """1,000 games from the empty 4×4 board."""
    assert np.all(play_games(Hex(4), 1000, (1.0, opponent), SEED) == BLACK)


def test_a_perfect_first_player_never_loses_by_search_either():
    assert np.all(play_games(Hex(5), GAMES_BY_SEARCH, (1.0, 0.0), SEED) == BLACK)


def test_skill_is_a_ladder():
    """White against a random black on 4×4: each step adds wins, by more than the noise.

    400 games give a share within 0.025 of the truth (one standard deviation at most).
    """
    shares = [
        np.mean(play_games(Hex(4), 400, (0.0, skill), SEED) == WHITE) for skill in (0, 0.3, 0.6, 1)
    ]
    assert np.all(np.diff(shares) > 0.07)


def test_no_skill_is_uniform():
    """9,000 first moves on 3×3: 1,000 a cell, standard deviation 30; five of them allowed."""
    count = 9000
    states = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (count, *leaf.shape)), Hex(3).init())
    moves = perfect_play(Hex(3)).choose(states, np.random.default_rng(SEED), skill=0)
    assert np.all(np.abs(np.bincount(moves, minlength=9) - 1000) < 150)


def test_table_and_solver_choose_alike(random_games, monkeypatch):
    """In won, lost and finished positions of random 4×4 games."""
    states = positions(random_games, 4)
    by_table = perfect_moves(Hex(4), states)
    lost = by_table.any(1) & ~winning_moves(Hex(4), states).any(1)
    assert 20 < lost.sum() < lost.size - 20
    monkeypatch.setattr(tables, "SHA256", {})  # no board has a table
    assert np.array_equal(perfect_moves(Hex(4), states), by_table)


def test_a_lost_side_leaves_the_fewest_winning_replies(random_games, oracle):
    """Every lost position of random 3×3 games, the replies counted by alpha-beta."""
    record = random_games("hex", 3)
    states, live = positions(random_games, 3), ~record.terminal.reshape(-1)
    chosen = perfect_moves(Hex(3), states)
    lost = live & ~winning_moves(Hex(3), states).any(1)
    assert lost.sum() >= 10
    stones = np.stack(Hex(3).stones(states), axis=1)  # [B, 2, A]
    for position in np.flatnonzero(lost):
        mover = int(states.to_move[position])
        replies = {}
        for move in np.flatnonzero(states.labels[position] == 0).tolist():
            after = stones[position].copy()
            after[mover, move] = True
            cells = [set(np.flatnonzero(side).tolist()) for side in after]
            replies[move] = len(oracle("alpha_beta").winning_moves(*cells, 1 - mover, 3))
        fewest = min(replies.values())
        expected = [move for move, count in replies.items() if count == fewest]
        assert np.flatnonzero(chosen[position]).tolist() == expected


def test_choices_are_legal_and_repeatable(random_games):
    record, states = random_games("hex", 4), positions(random_games, 4)
    live, legal = ~record.terminal.reshape(-1), record.legal.reshape(-1, 16)
    for skill in (0.0, 0.5, 1.0):
        moves = perfect_play(Hex(4)).choose(states, np.random.default_rng(SEED), skill)
        assert legal[live, moves[live]].all()
        assert np.all(moves[~live] == 0)
        assert np.array_equal(
            moves, perfect_play(Hex(4)).choose(states, np.random.default_rng(SEED), skill)
        )


def test_equal_moves_are_drawn_from():
    """All four winning openings of 4×4 are played, each about 250 times in 1,000."""
    states = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (1000, *leaf.shape)), Hex(4).init())
    moves = perfect_play(Hex(4)).choose(states, np.random.default_rng(SEED))
    cells, counts = np.unique(moves, return_counts=True)
    assert cells.tolist() == [3, 6, 9, 12]
    assert np.all(np.abs(counts - 250) < 70)  # five standard deviations


@pytest.mark.parametrize(
    ("size", "skill", "culprit"),
    [(7, 1.0, "up to 6×6, not size 7"), (9, 1.0, "size 9"), (3, 1.5, "got 1.5"), (3, -1, "got -1")],
)
def test_bad_input_is_refused_by_name(size, skill, culprit):
    states = jax.tree.map(lambda leaf: np.asarray(leaf)[None], Hex(size).init())
    with pytest.raises(games.InputError, match=culprit):
        perfect_play(Hex(size)).choose(states, np.random.default_rng(SEED), skill)
