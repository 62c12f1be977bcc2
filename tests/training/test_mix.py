"""Runs that play several board sizes with the same weights: what is played, counted and resumed."""

from __future__ import annotations

import math
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sqlalchemy as sa
from orbax.checkpoint import v1 as ocp

import training.boards
from training import loop
from training.boards import Boards
from training.compilation import Program
from training.config import TrainConfig
from training.files import Checkpoints, load_snapshot
from training.ledger import Ledger
from training.loop import train
from training.metrics import Books, Tally, metrics_of
from training.program import TrainState
from training.replay import empty_window, newest
from training.store import Metric, Snapshot, Store
from training.turns import turns

MIXED = TrainConfig.model_validate(
    {
        "boardsize": 4,
        "mix": [[3, 0.25]],
        "network": "conv4x1",
        "search": {"nodes": 4},
        "lanes": 8,
        "moves": 2,
        "window": 8,
        "batch_size": 16,
        "replay_ratio": 1,
        "samples": 8 * 16,
        "first_snapshot": 32,
        "snapshots": 2,
        "untrained_snapshot": True,
    }
)
SIZES = (4, 3)


def mixed(**changes) -> TrainConfig:
    return TrainConfig.model_validate(MIXED.model_dump() | changes)


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Store:
    """A lab with the run, trained without a break."""
    store = Store(tmp_path_factory.mktemp("lab"))
    assert train(MIXED, store) == "done"
    return store


def rows(store: Store, table) -> list:
    with store.session() as session:
        found = list(session.scalars(sa.select(table).where(table.run_id == MIXED.run_id)))
        session.expunge_all()
    return found


def hashes(store: Store) -> list[str]:
    return [row.sha256 for row in rows(store, Snapshot)]


# Whose turn it is.


def test_turns_are_spread_by_their_shares():
    assert turns([0.5, 0.25, 0.25], 8) == [0, 1, 0, 2, 0, 1, 0, 2]
    assert turns([1.0], 3) == [0, 0, 0]


@pytest.mark.parametrize("seed", range(8))
def test_after_any_number_of_turns_each_has_had_its_share_to_within_one(seed):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(rng.integers(2, 7)))
    order = turns(shares.tolist(), 300)
    for k in range(1, 301):
        had = np.bincount(order[:k], minlength=len(shares))
        assert np.all(np.floor(shares * k - 1e-9) <= had), k
        assert np.all(had <= np.ceil(shares * k + 1e-9)), k


@pytest.mark.parametrize("shares", [(0.5, 0.25, 0.25), (1 / 3, 1 / 3, 1 / 3), (0.9, 0.07, 0.03)])
def test_a_window_that_grows_with_the_run_holds_what_its_own_board_has_played(shares):
    """With `window_share` 1 everything, although the share is of the moves on all boards."""
    window = empty_window({"ended": jnp.zeros(1)}, 4_000)  # pyright: ignore[reportArgumentType]
    had = [0] * len(shares)
    for k, board in enumerate(turns(shares, 120), start=1):
        had[board] += 1
        moves = jnp.array([shares[board] * 4 * k], jnp.float32)
        found = newest(window._replace(filled=jnp.int32(4 * had[board])), moves, 4)
        assert found[0] == 4 * had[board], (k, board)


# What is played and counted.


def test_turns_pass_the_network_on_and_leave_other_boards_alone(monkeypatch):
    """On three boards, of which each counts what its programs are shown; the learner counts all."""

    def plain(shape):
        """Programs of numbers: games and windows count turns, the key says which board is on."""
        size = shape.game.size

        def start(settings, seeds):
            parts = {"learner": 0, "lanes": size * 100, "window": size * 100, "key": "start"}
            return TrainState(**cast(Any, parts))

        def play(settings, state):
            assert (state.lanes // 100, state.elsewhere) == (size, ())
            return state._replace(lanes=state.lanes + 1, key=size), "played"

        def learn(settings, state):
            assert (state.lanes, state.key) == (state.window + 1, size), "of what was just played"
            return state._replace(learner=state.learner + 1, window=state.lanes), "learnt"

        return Program(start, play, learn)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(training.boards, "compile_program", plain)
    config = mixed(mix=[[3, 0.25], [5, 0.125]])
    boards = Boards([config])
    state = boards.start(np.zeros(1, np.uint32))
    for board in config.turns:
        state, _ = boards.play(board, state)
        state, _ = boards.learn(board, state)
    assert (state.learner, state.lanes, state.window) == (8, 405, 405)
    assert state.elsewhere == ((302, 302), (501, 501))


def test_every_board_is_played_in_its_stated_share_by_one_network(lab):
    """The windows hold what was played: eight iterations of two moves are 12 and 4 moves, of which
    the ring of 8 keeps the latest."""
    boards = Boards([MIXED])
    state = boards.start(np.zeros(1, np.uint32))
    for board in MIXED.turns:
        state, _ = boards.play(board, state)
        state, _ = boards.learn(board, state)
    windows = [state.window, *(games.window for games in state.elsewhere)]
    assert [int(window.filled) for window in windows] == [8, 4]
    assert [int(window.cursor) for window in windows] == [12 - 8, 4]
    for window, size in zip(windows, SIZES, strict=True):
        assert window.moves.planes.shape[-2:] == (size, size)
        stones = np.sum(window.moves.planes[:4, 0, :, :2], axis=(2, 3, 4))  # [W, B]
        ended = window.moves.ended[:3, 0]
        np.testing.assert_array_equal(stones[1:], np.where(ended, 0, stones[:-1] + 1))
    # Adam has taken all steps, one an iteration, whatever the board.
    assert state.learner.optimiser.count.tolist() == [8]
    last = rows(lab, Snapshot)[-1]
    kept = load_snapshot(lab.folder / last.file, last.sha256)[0]
    jax.tree.map(
        lambda ours, theirs: np.testing.assert_array_equal(ours[0], theirs),
        state.learner.average,
        kept,
    )


def multiply_adds(size: int) -> tuple[int, int]:
    """Of conv4x1 on Hex: seven cells of the planes to 4 channels (which the gradient of the input
    spares), seven of 4 channels to 4, and 4 to a logit, in every cell; 8 to the value."""
    see = size**2 * 7 * MIXED.rules.num_planes * 4
    rest = size**2 * (7 * 4 * 4 + 4) + 8
    return see + rest, 2 * see + 3 * rest


def test_the_ledger_counts_each_board_at_its_own_price(lab):
    """By hand: 96 and 32 positions, four evaluations each, learnt from once on average."""
    last = rows(lab, Snapshot)[-1]
    spent = dict(zip(SIZES, (96, 32), strict=True))
    assert (last.samples, last.learner_samples, last.network_evaluations) == (128, 128, 512)
    forward = sum(4 * count * 2 * multiply_adds(size)[0] for size, count in spent.items())
    gradient = sum(count * 2 * multiply_adds(size)[1] for size, count in spent.items())
    assert (last.selfplay_flops, last.learner_flops) == (forward, gradient)
    assert last.train_flops == forward + gradient
    # Weights and biases are the same on every board.
    parameters = (7 * MIXED.rules.num_planes + 1) * 4 + (7 * 4 + 1) * 4 + (4 + 1) + (8 + 1)
    assert last.jones_flops == 512 * parameters
    assert last.seconds == pytest.approx(last.selfplay_seconds + last.learner_seconds)


def test_metrics_tell_every_board_apart(lab):
    found = rows(lab, Metric)
    assert [row.iteration for row in found] == list(range(1, 9))
    for k, row in enumerate(found, start=1):
        own = row.boards[str(SIZES[MIXED.turns[k - 1]])]
        for name in ("policy_loss", "value_loss", "policy_kl", "game_length"):
            assert own[name] == getattr(row, name), "one iteration a row, on one board"
        assert sum(part["samples"] for part in row.boards.values()) == row.samples == 16 * k
    last = found[-1].boards
    assert {size: part["samples"] for size, part in last.items()} == {"4": 96, "3": 32}
    flops = sum(part["train_flops"] for part in last.values())
    assert flops == rows(lab, Snapshot)[-1].train_flops


def test_means_over_all_boards_are_those_of_all_iterations():
    """Three iterations on one board and one on the other, of two members; the second is told."""
    tallies = [
        Tally({"policy_loss": [0.0, 6.0], "iterations": [3.0, 3.0]}),
        Tally({"policy_loss": [0.0, 1.0], "iterations": [1.0, 1.0]}),
    ]
    books = [Books(Ledger(samples=3), tallies[0]), Books(Ledger(samples=1), tallies[1])]
    for one in tallies:
        rest = ("value_loss", "policy_entropy", "policy_kl", "residual_variance", "has_residual",
                "plies", "games", "first_player_wins", "samples", "seconds")  # fmt: skip
        one.totals |= {name: [0.0, 0.0] for name in rest}
    found = metrics_of(MIXED, books, 1)
    assert found["policy_loss"] == 7 / 4
    assert [part["policy_loss"] for part in found["boards"].values()] == [2.0, 1.0]


# Stopped and gone on.


def test_a_run_that_was_stopped_and_one_that_died_end_with_the_same_weights(
    lab, tmp_path, monkeypatch
):
    """Between turns of different boards, once with everything saved and once in the middle."""
    store = Store(tmp_path)
    asked = iter(range(100))
    assert train(MIXED, store, should_stop=lambda: next(asked) >= 2) == "stopped"
    monkeypatch.setattr(loop, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)

    def die(progress: loop.Progress) -> None:
        if progress.iteration == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(MIXED, store, report=die)
    told: list[loop.Progress] = []
    assert train(MIXED, store, report=told.append) == "done"
    assert told[0].iteration == 6
    assert hashes(store) == hashes(lab)
    ours, theirs = (rows(where, Metric)[-1].boards for where in (store, lab))
    for size, part in ours.items():
        assert part["train_flops"] == theirs[size]["train_flops"]
        assert part.get("policy_loss") == theirs[size].get("policy_loss")


def test_a_checkpoint_from_before_there_were_mixes_is_read(tmp_path):
    """Four named parts and the books of one board."""
    state = Boards([mixed(mix=[])]).start(np.zeros(1, np.uint32))
    books = Books(Ledger(samples=16), Tally({"games": [2.0]}))
    before = {name: part for name, part in state._asdict().items() if name != "elsewhere"}
    kept = {"ledger": vars(books.ledger), "tally": {"totals": books.tally.totals}}
    with ocp.training.Checkpointer(str(tmp_path / "run")) as checkpointer:
        checkpointer.save(1, before, custom_metadata=kept)
    found = Checkpoints(tmp_path / "run").latest(state)
    assert found is not None
    step, loaded, (own,) = found
    assert (step, own) == (1, books)
    jax.tree.map(np.testing.assert_array_equal, loaded.learner.params, state.learner.params)


# What is refused.


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"network": "4x1"}, "mix: weights of 4x1 fit only one board; take a convolution"),
        ({"mix": [[3, 0.5], [2, 0.5]]}, "mix: shares must .* not 0.5 [+] 0.5"),
        ({"mix": [[3, 1.5]]}, "mix: shares must .* not 1.5"),
        ({"mix": [[3, 0.0]]}, "mix: shares must be above 0"),
        ({"mix": [[3, math.nan]]}, "mix: shares must"),
        ({"mix": [[4, 0.5]]}, "mix: name each board besides the run's own 4 once, not 4"),
        ({"mix": [[3, 0.2], [3, 0.2]]}, "mix: name each board .* once, not 3, 3"),
        ({"mix": [[20, 0.5]]}, "mix: hex: size must be 2 to 19, got 20"),
        ({"mix": [[3, 0.01]]}, "mix: 8 iterations leave none to board 3"),
        ({"labels": ["some:8"]}, "mix and labels exclude each other"),
    ],
)
def test_what_is_no_mix_is_refused_by_name(changes, culprit):
    with pytest.raises(ValueError, match=culprit):
        mixed(**changes)


def test_a_mix_is_a_part_of_the_name_and_stands_in_words():
    assert mixed(mix=[]).run_id != MIXED.run_id != mixed(mix=[[3, 0.5]]).run_id
    assert MIXED.where == "4×4 (0.75), 3×3 (0.25)"
    assert mixed(mix=[]).where == "4×4"
