"""The replay window: outcomes worked out by hand, and what the learner is shown."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from games.hex import Hex
from training.replay import (
    Batch,
    Targets,
    add_moves,
    empty_window,
    newest,
    outcomes,
    sample_batch,
)
from training.selfplay import Move

A = 9
SYMMETRIES = jax.tree.map(lambda turns: jnp.asarray(turns, jnp.int32), Hex(3).symmetries)
OUTCOME_ONLY = Targets(jnp.asarray(False), jnp.float32(0))
SIZE = 512

add = jax.jit(add_moves)
_outcomes = jax.jit(outcomes)
_sample = jax.jit(functools.partial(sample_batch, size=SIZE), static_argnames="every")
IDENTITY = jax.tree.map(lambda turns: jnp.broadcast_to(turns[:1], turns.shape), SYMMETRIES)


def look_up(window, targets=OUTCOME_ONLY) -> tuple[np.ndarray, np.ndarray]:
    """Targets of a window of one member [W, B], and whether they are known [W, B]."""
    outcome, known = _outcomes(window, targets)
    return np.asarray(outcome)[:, 0], np.asarray(known)[:, 0]


def draw(window, outcome, known, symmetries, seed, **which) -> Batch:
    """A batch of that member."""
    key = jax.random.key(seed)[None]
    turns = jax.tree.map(lambda leaf: leaf[None], symmetries)
    batch = _sample(window, outcome[:, None], known[:, None], turns, key=key, **which)
    return jax.tree.map(lambda leaf: np.asarray(leaf)[0], batch)


def moves_of(ended, reward=None, random=None, mark=0.0) -> Move:
    """Moves [T, B] as NumPy arrays; `policy[..., 0]` carries `mark` [T, B], and the mover wins
    where a game ends, unless `reward` says otherwise."""
    ended = np.asarray(ended, bool)
    T, B = ended.shape
    policy = np.zeros((T, B, A), np.float32)
    policy[..., 0] = mark
    fields: dict[str, Any] = {
        "planes": np.zeros((T, B, 2, 3, 3), bool),
        "legal": np.ones((T, B, A), bool),
        "policy": policy,
        "value": np.zeros((T, B), np.float32),
        "network_value": np.zeros((T, B), np.float32),
        "reward": np.asarray(ended if reward is None else reward, np.float32),
        "ended": ended,
        "random": np.asarray(np.zeros((T, B)) if random is None else random, bool),
    }
    return Move(**fields)


def window_of(moves: Move, length: int, block: int = 2):
    """A window of one member after all moves were written, `block` at a time."""
    moves = jax.tree.map(lambda leaf: leaf[:, None], moves)
    window = empty_window(jax.tree.map(lambda leaf: leaf[0], moves), length)
    for start in range(0, moves.ended.shape[0], block):
        part = jax.tree.map(lambda leaf, at=start: leaf[at : at + block], moves)
        window = add(window, part)
    return window


def column(values) -> np.ndarray:
    return np.array(values)[:, None]


def test_outcomes_alternate_from_the_end_of_each_game():
    """A game of three plies, one of two, and one that goes on."""
    moves = moves_of(column([0, 0, 1, 0, 1, 0]))
    outcome, known = look_up(window_of(moves, length=6))
    assert known[:, 0].tolist() == [True] * 5 + [False]
    assert outcome[:5, 0].tolist() == [1, -1, 1, -1, 1]


def test_a_mover_may_also_lose_or_draw_with_his_last_move():
    """Hex knows neither, other games do."""
    moves = moves_of(column([0, 1, 0, 1]), reward=column([0, -1, 0, 0]))
    outcome, known = look_up(window_of(moves, length=4))
    assert known.all()
    assert outcome[:, 0].tolist() == [1, -1, 0, 0]


def test_outcomes_follow_time_where_the_ring_wraps():
    """Plies 0 to 5 through a ring of four: slots hold plies 4, 5, 2, 3 and the game ends at 4."""
    moves = moves_of(column([0, 0, 0, 0, 1, 0]))
    outcome, known = look_up(window_of(moves, length=4))
    assert known[:, 0].tolist() == [True, False, True, True]
    assert outcome[[0, 2, 3], 0].tolist() == [1, 1, -1]


def test_random_moves_have_no_outcome_but_pass_on_that_of_the_game():
    moves = moves_of(column([0, 0, 0, 1]), random=column([1, 0, 1, 0]))
    outcome, known = look_up(window_of(moves, length=4))
    assert known[:, 0].tolist() == [False, True, False, True]
    assert outcome[[1, 3], 0].tolist() == [1, 1]


def test_the_newest_value_stands_in_for_an_outcome_where_that_is_asked_for():
    """Jones's targets; the game of plies 0 and 1 has its own, the next goes on at ply 4."""
    moves = moves_of(column([0, 1, 0, 0, 0]))._replace(
        network_value=column([9, 9, 9, 9, 0.25]).astype(np.float32)
    )
    targets = OUTCOME_ONLY._replace(bootstraps=jnp.asarray(True))
    outcome, known = look_up(window_of(moves, length=5, block=5), targets)
    assert known.all()
    assert outcome[:, 0].tolist() == [-1, 1, 0.25, -0.25, 0.25]


def test_the_search_has_its_share_in_the_target():
    moves = moves_of(column([0, 1]))._replace(value=column([0.5, 0.5]).astype(np.float32))
    targets = OUTCOME_ONLY._replace(search_share=jnp.float32(0.25))
    outcome, _ = look_up(window_of(moves, length=2), targets)
    np.testing.assert_allclose(outcome[:, 0], [-0.75 + 0.125, 0.75 + 0.125])


def test_the_search_alone_is_the_target_where_there_is_no_outcome():
    """A random move, the last move of its game, and a game that goes on."""
    moves = moves_of(column([0, 1, 0]), random=column([1, 0, 0]))
    moves = moves._replace(value=column([0.5, -0.5, 0.75]).astype(np.float32))
    targets = OUTCOME_ONLY._replace(search_share=jnp.float32(0.25))
    outcome, known = look_up(window_of(moves, length=3, block=3), targets)
    assert known.all()
    np.testing.assert_allclose(outcome[:, 0], [0.5, 0.75 - 0.125, 0.75])


def test_lanes_do_not_mix():
    moves = moves_of([[0, 1], [1, 0], [0, 0], [0, 1]])
    outcome, known = look_up(window_of(moves, length=4))
    assert known.T.tolist() == [[True, True, False, False], [True, True, True, True]]
    assert outcome[:2, 0].tolist() == [-1, 1]
    assert outcome[:, 1].tolist() == [1, 1, -1, 1]


def test_outcomes_agree_with_looking_forward_through_time():
    """Random games of 8 lanes, seed 11, through a ring of 12 that wraps twice and a half."""
    rng = np.random.default_rng(11)
    T, B, length = 30, 8, 12
    ended = rng.random((T, B)) < 0.2
    reward = np.where(ended, rng.choice([-1, 0, 1], (T, B)), 0)
    random = rng.random((T, B)) < 0.3
    outcome, known = look_up(window_of(moves_of(ended, reward, random), length))
    seen = 0
    for ply in range(T - length, T):
        for lane in range(B):
            slot, ends = ply % length, np.flatnonzero(ended[ply:, lane])
            assert bool(known[slot, lane]) == bool(len(ends) and not random[ply, lane])
            if known[slot, lane]:
                distance = int(ends[0])
                expected = reward[ply + distance, lane] * (1 if distance % 2 == 0 else -1)
                assert outcome[slot, lane] == expected
                seen += 1
    assert seen > 40


@pytest.mark.parametrize(("written", "oldest"), [(2, 0), (4, 0), (6, 0), (8, 2), (10, 4)])
def test_only_written_slots_are_drawn_and_all_of_them(written, oldest):
    """Each of 512 draws misses one of at most 12 positions with probability 11/12: e^-44."""
    marks = 1 + np.arange(written * 2).reshape(written, 2)  # 0 is what an empty slot holds
    moves = moves_of(np.zeros((written, 2)), mark=marks)
    window = window_of(moves, length=6)
    outcome, known = look_up(window)
    batch = draw(window, outcome, known, IDENTITY, seed=0)
    assert set(np.asarray(batch.policy[:, 0]).tolist()) == set(marks[oldest:].ravel().tolist())


@pytest.mark.parametrize(
    ("written", "recent", "every", "drawn"),
    [
        (6, 2, 1, [4, 5]),
        (8, 4, 1, [4, 5, 6, 7]),  # the ring has wrapped
        (10, 4, 2, [6, 8]),  # the first of every two
        (4, 4, 2, [0, 2]),
        (10, 6, 2, [4, 6, 8]),
    ],
)
def test_the_newest_moves_alone_and_the_first_of_each_few_are_drawn(written, recent, every, drawn):
    """Each of 512 draws misses one of at most 8 positions with probability 7/8: e^-68."""
    marks = 1 + np.arange(written * 2).reshape(written, 2)
    window = window_of(moves_of(np.zeros((written, 2)), mark=marks), length=6)
    which = {"recent": jnp.array([recent], jnp.int32), "every": every}
    batch = draw(window, *look_up(window), IDENTITY, seed=0, **which)
    assert set(batch.policy[:, 0].tolist()) == set(marks[drawn].ravel().tolist())


@pytest.mark.parametrize(
    ("share", "so_far", "expected"),
    [(1.0, 2, 2), (1.0, 20, 6), (0.1, 2, 2), (0.1, 20, 2), (0.25, 20, 6), (0.19, 20, 4)],
)
def test_the_newest_share_of_a_run_in_whole_iterations_of_two_moves(share, so_far, expected):
    written = moves_of(np.zeros((so_far, 1)))
    moves = jnp.array([share * so_far], jnp.float32)
    assert newest(window_of(written, length=6), moves, 2).tolist() == [expected]


class Position(NamedTuple):
    """Hex in plain Python."""

    owner: tuple[int, ...]  # [A], -1 where empty
    to_move: int


@pytest.fixture(scope="module")
def solver(oracle):
    joined = oracle("hex_oracle").joined

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


def exact(solver, planes: np.ndarray) -> tuple[float, np.ndarray]:
    """Value for the mover, who joins top and bottom, and which moves keep it [A]."""
    mine, theirs = planes.reshape(2, A)
    position = Position(tuple(np.where(mine, 0, np.where(theirs, 1, -1)).tolist()), 0)
    best = np.zeros(A, np.float32)
    for action, value in solver.action_values(position).items():
        best[action] = value == solver.value(position)
    return solver.value(position), best


def test_labels_of_the_exact_solver_stay_exact_in_every_symmetry(solver):
    """Planes, legal moves, policy and outcome of a position move together, and both the position
    and its rotation are shown; seed 13, 16 positions, 512 draws."""
    rng = np.random.default_rng(13)
    planes = []
    while len(planes) < 16:
        stones = rng.permutation(A)[: rng.integers(3, 6)]  # nobody joins two edges with three
        board = np.zeros((2, A), bool)
        board[0, stones[::2]], board[1, stones[1::2]] = True, True
        planes.append(board.reshape(2, 3, 3))
    labels = [exact(solver, board) for board in planes]
    shown = np.array(planes).reshape(4, 4, 2, 3, 3)
    moves = moves_of(np.ones((4, 4)), reward=np.reshape([v for v, _ in labels], (4, 4)))._replace(
        planes=shown,
        legal=~shown.any(axis=2).reshape(4, 4, A),
        policy=np.reshape([best for _, best in labels], (4, 4, A)),
    )
    window = window_of(moves, length=4)
    batch = draw(window, *look_up(window), SYMMETRIES, seed=13)
    boards = {board.tobytes() for board in planes}
    turned = {board[:, ::-1, ::-1].tobytes() for board in planes}
    drawn = [board.tobytes() for board in np.asarray(batch.planes)]
    assert set(drawn) == boards | turned
    assert 0.4 < np.mean([board in boards - turned for board in drawn]) < 0.6
    batch = jax.device_get(batch)
    truth = {board.tobytes(): exact(solver, board) for board in batch.planes}
    for board, outcome, policy in zip(batch.planes, batch.outcome, batch.policy, strict=True):
        value, best = truth[board.tobytes()]
        assert outcome == value
        np.testing.assert_array_equal(policy, best)
    np.testing.assert_array_equal(batch.legal, ~batch.planes.any(axis=1).reshape(SIZE, A))


def test_identities_leave_every_position_as_it_was():
    moves = moves_of(np.zeros((4, 4)))
    moves.planes[:, :, 0, 0, 1] = True
    window = window_of(moves, length=4)
    identity = jax.tree.map(lambda turns: jnp.broadcast_to(turns[:1], turns.shape), SYMMETRIES)
    batch = draw(window, *look_up(window), identity, seed=0)
    assert np.all(np.asarray(batch.planes) == np.asarray(moves.planes[0, 0]))
