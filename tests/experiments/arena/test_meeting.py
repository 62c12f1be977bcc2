"""The arena: openings, games that follow the rules, and rounds that are stored whole."""

from __future__ import annotations

import collections
import functools
import itertools
import logging
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sqlalchemy as sa
from scipy.sparse.csgraph import connected_components
from sqlalchemy import exc

from experiments.arena import matches as arena_matches
from experiments.arena.matches import store_round, stored_rounds
from experiments.arena.meeting import ArenaConfig, Pairs, RoundResult, play_round
from experiments.arena.openings import draw_openings
from experiments.players import player
from experiments.players.move_keys import move_keys
from games.hex import Hex
from mcts import SearchConfig
from training.networks import Mlp, init_params
from training.store import Agent, Game, Match, Run, Snapshot, Store

GAME = Hex(3)
A = 9


class FirstCell:
    """Plays the first empty cell, or the last one."""

    def __init__(self, last: bool = False) -> None:
        self._last = last

    def act(self, states, keys) -> np.ndarray:
        empty = np.asarray(states.labels) == 0
        return A - 1 - np.argmax(empty[:, ::-1], axis=1) if self._last else np.argmax(empty, axis=1)


class Position(NamedTuple):
    """Hex in plain Python."""

    owner: tuple[int, ...]  # [A], -1 where empty
    to_move: int


@pytest.fixture(scope="module")
def joined(oracle):
    return oracle("hex_oracle").joined


@pytest.fixture(scope="module")
def minimax(oracle, joined):
    def step(position: Position, action: int) -> Position:
        owner = list(position.owner)
        owner[action] = position.to_move
        return Position(tuple(owner), 1 - position.to_move)

    def outcome(position: Position) -> float | None:
        winners = joined(position.owner, 3)
        return (1.0 if winners == [position.to_move] else -1.0) if winners else None

    return oracle("minimax").Minimax(
        legal=lambda position: [cell for cell in range(A) if position.owner[cell] < 0],
        step=step,
        outcome=outcome,
    )


class Perfect:
    """Plays by exhaustive minimax."""

    def __init__(self, minimax) -> None:
        self._minimax = minimax

    def act(self, states, keys) -> np.ndarray:
        black, white = (np.asarray(stones) for stones in GAME.stones(states))
        owner = np.where(black, 0, np.where(white, 1, -1))
        actions = []
        for cells, to_move in zip(owner.tolist(), states.to_move.tolist(), strict=True):
            values = self._minimax.action_values(Position(tuple(cells), to_move))
            actions.append(max(values, key=values.__getitem__))
        return np.array(actions)


# Openings.


def openings_of(starts, turns, plies, openings):
    return draw_openings(GAME, plies, np.array(starts), np.array(turns), openings)


def test_openings_are_different_cells_and_go_on_where_the_pair_stopped():
    drawn = openings_of([0, 7, 2**62], [0, 3, 3], plies=4, openings=50)
    assert drawn.shape == (3, 50, 4)
    assert np.all(np.diff(np.sort(drawn, axis=-1), axis=-1) > 0)
    assert drawn.min() == 0
    assert drawn.max() == A - 1
    later = openings_of([0, 7, 2**62], [10, 13, 13], plies=4, openings=40)
    np.testing.assert_array_equal(later, drawn[:, 10:])


@pytest.mark.parametrize("plies", [1, 2])
def test_a_pair_meets_every_opening_once_before_it_meets_one_again(plies):
    """9 openings of one ply, 72 of two."""
    every = set(itertools.permutations(range(A), plies))
    for pair in openings_of([5, 71, 2**62], [0, 0, 0], plies, len(every) + 9).tolist():
        first, again = pair[: len(every)], pair[len(every) :]
        assert {tuple(opening) for opening in first} == every
        assert again == first[: len(again)]


def test_pairs_start_with_different_openings():
    result = play_round(GAME, [FirstCell()] * 15, 0, ArenaConfig(opening_plies=2))
    assert result is not None
    assert len(np.unique(result.moves[:105, 0, :2], axis=0)) > 30


def test_openings_that_could_end_the_game_are_refused():
    """Three moves decide a game of 2×2, five one of 3×3."""
    ArenaConfig(opening_plies=4).check(GAME)
    ArenaConfig(opening_plies=2).check(Hex(2))
    with pytest.raises(ValueError, match=r"opening_plies: 3 can end a game on 2×2; at most 2"):
        ArenaConfig(opening_plies=3).check(Hex(2))


# Games.


def played(line: np.ndarray) -> list[int]:
    """The moves of a game, which -1 follows to the end of the line."""
    moves = line[line >= 0].tolist()
    assert line[: len(moves)].tolist() == moves
    return moves


def expect_games_by_the_rules(result: RoundResult, joined) -> None:
    """No illegal move, and the winner is whoever joins his edges with the last one."""
    lines = result.moves.reshape(-1, A)
    for line, winner in zip(lines, result.winner.reshape(-1), strict=True):
        owner = [-1] * A
        moves = played(line)
        for ply, cell in enumerate(moves):
            assert owner[cell] == -1, "the cell was taken"
            assert joined(owner, 3) == [], "the game was over"
            owner[cell] = ply % 2
        assert joined(owner, 3) == [winner]


def test_every_pair_plays_every_opening_with_both_colours(joined):
    config = ArenaConfig(opening_plies=2, openings=5)
    crowd = [FirstCell(), FirstCell(last=True), FirstCell(), FirstCell(last=True)]
    result = play_round(GAME, crowd, 3, config)
    assert result is not None
    pairs = list(zip(result.black.tolist(), result.white.tolist(), strict=True))
    assert sorted(pairs) == list(itertools.permutations(range(4), 2))
    openings = {pair: result.moves[m, :, :2].tolist() for m, pair in enumerate(pairs)}
    for black, white in pairs:
        assert openings[black, white] == openings[white, black]
    expect_games_by_the_rules(result, joined)


def test_scripted_players_play_the_game_that_can_be_foretold():
    """Black always takes the first empty cell, white the last: a1 c3 b1 b3 c1 a3, which joins
    left and right."""
    result = play_round(GAME, [FirstCell(), FirstCell(last=True)], 0, ArenaConfig(opening_plies=0))
    assert result is not None
    games = dict(zip(result.black.tolist(), result.moves[:, 0], strict=True))
    assert played(games[0]) == [0, 8, 1, 7, 2, 6]
    assert played(games[1]) == [8, 0, 7, 1, 6, 2]
    assert result.winner.tolist() == [[1], [1]]


def test_a_perfect_player_wins_whatever_the_opening_leaves_to_be_won(minimax, joined):
    """Over all 72 openings of two plies; the weak one wins none that it should not."""
    config = ArenaConfig(opening_plies=2, openings=72)
    result = play_round(GAME, [Perfect(minimax), FirstCell()], 0, config)
    assert result is not None
    expect_games_by_the_rules(result, joined)
    lost = 0
    for strong_is_white, lines, winners in zip(
        result.black, result.moves, result.winner, strict=True
    ):
        for line, winner in zip(lines, winners, strict=True):
            first, second = line[:2]
            owner = [-1] * A
            owner[first], owner[second] = 0, 1
            black_wins = minimax.value(Position(tuple(owner), 0)) > 0
            if black_wins != strong_is_white:
                assert winner == strong_is_white
            lost += winner != strong_is_white
    assert lost < 40, "the first empty cell is a weak move"


# Network players.

NETWORK = Mlp(width=4, depth=1)
SEARCH = SearchConfig(nodes=8)


@pytest.fixture(scope="module")
def weights():
    init = jax.jit(functools.partial(init_params, GAME, NETWORK))
    return [init(jax.random.key(seed)) for seed in range(4)]


def crowd_of(
    weights, lanes: int, temperature: float = 0.0, search: SearchConfig = SEARCH
) -> list[player.NetworkPlayer]:
    return [
        player.NetworkPlayer(GAME, NETWORK, params, search, lanes=lanes, temperature=temperature)
        for params in weights
    ]


def test_a_player_that_keeps_its_trees_plays_what_it_would_play_afresh(weights):
    """Two moves of eight games, more than its lanes; in the second, trees of the first are kept."""
    search = SEARCH.model_copy(update={"reuse": True})
    keeps, afresh = (
        crowd_of(weights[:1], lanes=4, search=chosen)[0] for chosen in (search, SEARCH)
    )
    states = jax.vmap(lambda first: GAME.step(GAME.init(), first))(jnp.arange(8))
    for ply in range(2):
        keys = move_keys(range(8), ply)
        thoughts = keeps.analyse(jax.device_get(states), keys)
        kept = np.asarray(thoughts.search.evaluations) < SEARCH.nodes
        assert kept.any() == (ply > 0)
        np.testing.assert_array_equal(thoughts.action, afresh.act(jax.device_get(states), keys))
        states = jax.vmap(GAME.step)(states, jnp.asarray(thoughts.action))


def test_a_round_compiles_one_search_for_all_players_of_a_shape(weights, caplog):
    player.compile_thinking.cache_clear()
    with jax.log_compiles(), caplog.at_level(logging.DEBUG, logger="jax"):
        play_round(GAME, crowd_of(weights, lanes=8), 0, ArenaConfig())
    started = [r.message for r in caplog.records if r.message.startswith("Compiling jit(choose)")]
    assert len(started) == 1


def test_a_round_is_deterministic_whatever_the_batch_size(weights, joined):
    config = ArenaConfig(openings=2)
    results = [play_round(GAME, crowd_of(weights, lanes), 1, config) for lanes in (8, 8, 3)]
    first, *others = results
    assert first is not None
    for other in others:
        assert other is not None
        np.testing.assert_array_equal(first.moves, other.moves)
        np.testing.assert_array_equal(first.winner, other.winner)
    expect_games_by_the_rules(first, joined)
    assert len(np.unique(first.moves.reshape(-1, A), axis=0)) > 6, "players and openings differ"


def test_sampled_games_differ_where_greedy_ones_repeat_and_come_back_with_the_seed(weights):
    """One pair, one opening, four rounds."""

    def games(sampled: bool, seed: int = 0) -> list[bytes]:
        config = ArenaConfig(opening_plies=0, seed=seed)
        crowd = crowd_of(weights[:2], 8, float(sampled))
        rounds = [play_round(GAME, crowd, k, config) for k in range(4)]
        return [r.moves[m].tobytes() for r in rounds if r is not None for m in range(2)]

    assert len(set(games(sampled=False))) <= 2
    assert len(set(games(sampled=True))) > 2
    assert games(sampled=True) == games(sampled=True)
    assert games(sampled=True) != games(sampled=True, seed=1)


def test_a_round_that_is_asked_to_stop_gives_nothing():
    asked = iter([False, False, True])
    crowd = [FirstCell(), FirstCell(last=True)]
    shares: list[float] = []
    result = play_round(
        GAME, crowd, 0, ArenaConfig(), report=shares.append, should_stop=lambda: next(asked)
    )
    assert result is None
    assert shares == [0, 0]


# The store.


@pytest.fixture
def store(tmp_path) -> Store:
    """A store with two agents, 1 and 2."""
    store = Store(tmp_path)
    counted = {
        column.name
        for column in Snapshot.__table__.columns
        if column.type.python_type in (int, float)
    }
    costs = dict.fromkeys(counted - {"id"}, 1)
    text = dict.fromkeys(("id", "game", "network", "device", "commit", "command"), "r")
    sizes = dict.fromkeys(("boardsize", "width", "depth", "parameters", "seed"), 1)
    rows = [
        Run(**text, **sizes, config={}),
        Snapshot(run_id="r", file="f", sha256="0", **costs),
        Agent(kind="random", spec="random", game="hex", boardsize=3, search_id=""),
        Agent(kind="perfect", spec="perfect", game="hex", boardsize=3, search_id=""),
    ]
    for row in rows:
        with store.session() as session:
            session.add(row)
    return store


PAIR_PLAYED = RoundResult(
    black=np.array([0, 1]),
    white=np.array([1, 0]),
    winner=np.array([[0, 0, 1], [1, 1, 1]]),
    moves=np.array(
        [
            [[0, 1, 3, 4, 6, -1], [0, 1, 3, 4, 6, -1], [8, 0, 7, 1, 6, 2]],
            [[8, 0, 7, 1, 6, 2], [7, 0, 8, 1, 6, 2], [6, 0, 8, 1, 7, 2]],
        ]
    ),
    seed=np.arange(6, dtype=np.uint64).reshape(2, 3),
    ending=np.full((2, 3), "board", object),
    notes={(1, 2): [{"ply": 3, "note": "it hung; restarted"}]},
)


def matches(store: Store) -> list[tuple]:
    columns = (Match.round, Match.black_id, Match.white_id, Match.games, Match.distinct_games)
    query = sa.select(*columns, Match.black_wins, Match.white_wins).order_by(Match.id)
    return store.frame_query(query)[1]


def test_a_round_is_stored_with_its_games_and_duplicates_are_counted(store):
    assert stored_rounds(store, "t") == set()
    store_round(store, "t", 2, [1, 2], PAIR_PLAYED, opening_plies=1)
    assert matches(store) == [(2, 1, 2, 3, 2, 1, 1), (2, 2, 1, 3, 3, 0, 3)]
    assert stored_rounds(store, "t") == {2}
    assert stored_rounds(store, "other") == set()
    _, games = store.frame_query(
        sa.select(Game.match_id, Game.index, Game.moves, Game.winner, Game.opening_plies)
    )
    assert [(match, index) for match, index, *_ in games] == list(
        itertools.product((1, 2), range(3))
    )
    assert np.frombuffer(games[0][2], "<u2").tolist() == [0, 1, 3, 4, 6]
    assert [winner for *_, winner, _ in games] == [0, 0, 1, 1, 1, 1]
    assert collections.Counter(plies for *_, plies in games) == {1: 6}


def test_a_round_is_stored_as_a_whole_or_not_at_all(store):
    """The second match names an agent that does not exist."""
    with pytest.raises(exc.IntegrityError):
        store_round(store, "t", 0, [1, 99], PAIR_PLAYED, 1)
    assert matches(store) == []
    assert stored_rounds(store, "t") == set()


def test_a_round_that_is_stored_stays_as_it_is_also_for_who_had_not_seen_it(store, monkeypatch):
    store_round(store, "t", 0, [1, 2], PAIR_PLAYED, 1)
    before = matches(store)
    store_round(store, "t", 0, [1, 2], PAIR_PLAYED, 1)
    assert matches(store) == before
    looked = iter([set(), {0}])  # another worker stores it between the look and the writing
    monkeypatch.setattr(arena_matches, "stored_rounds", lambda *_: next(looked))
    store_round(store, "t", 0, [1, 2], PAIR_PLAYED, 1)
    assert matches(store) == before


def test_more_rounds_are_the_same_tournament_and_anything_else_is_another():
    base = ArenaConfig()
    names = {
        config.tournament(game)
        for config in (
            base,
            ArenaConfig(seed=1),
            ArenaConfig(search=SEARCH),
            ArenaConfig(openings=2),
        )
        for game in (Hex(3), Hex(4))
    }
    assert len(names) == 8
    assert ArenaConfig(rounds=9).tournament(GAME) == base.tournament(GAME)
    assert base.tournament(GAME).startswith("hex3-")


@pytest.mark.parametrize(("players", "opponents"), [(5, 2), (6, 4), (12, 6), (13, 10), (40, 8)])
def test_drawn_opponents_are_equally_many_for_everybody_and_join_all(players, opponents):
    pairs = Pairs.drawn(players, opponents, seed=7, turn=3)
    met = np.zeros((players, players), int)
    met[pairs.first, pairs.second] += 1
    assert np.all(pairs.first < pairs.second)
    assert met.max() == 1
    assert np.all(met.sum(0) + met.sum(1) == opponents)
    assert connected_components(met, directed=False)[0] == 1
    assert set(pairs.turn) == {3}


def test_drawn_opponents_hang_on_the_seed_alone_and_change_with_it():
    draw = [Pairs.drawn(40, 8, seed=seed) for seed in (7, 7, 8)]
    assert np.array_equal(draw[0].second, draw[1].second)
    assert not np.array_equal(draw[0].second, draw[2].second)
    everybody = Pairs.drawn(6, 6, seed=7)
    assert len(everybody.first) == 15
