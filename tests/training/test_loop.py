"""Training from a configuration to stored snapshots, through stops, kills, damage and full disks.

The measure of every recovery is the same: the SHA-256 of each of the 21 snapshots is that of a run
which nothing disturbed.
"""

from __future__ import annotations

import errno
import gc
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import pytest
import safetensors.numpy
import sqlalchemy as sa
from sqlalchemy import event

import training.files
from games.errors import InputError
from training import boards
from training.compilation import compile_program
from training.files import Checkpoints, load_snapshot, save_snapshot, write_atomically
from training.ledger import Ledger
from training.loop import Progress, train, train_population
from training.metrics import Books, Tally
from training.program import init_state, settings_of, shape_of
from training.store import Metric, Run, Snapshot

ROOT = Path(__file__).parents[2]


def stop_after(iterations: int) -> Callable[[], bool]:
    """A `should_stop` that says yes for the first time after so many iterations."""
    asked = iter(range(1, 10**6))
    return lambda: next(asked) >= iterations


def run_row(lab) -> Run:
    with lab.store.session() as session:
        row = session.get_one(Run, lab.config.run_id)
        session.expunge(row)
        return row


def no_checkpoints_left(lab) -> bool:
    return not (lab.store.folder / "checkpoints" / lab.config.run_id).exists()


# What a whole run leaves.


def test_a_run_leaves_21_snapshots_when_they_are_due(trained):
    rows = trained.snapshots()
    assert [row.index for row in rows] == list(range(21))
    due = np.array(trained.config.snapshot_iterations) * 16
    np.testing.assert_array_equal([row.samples for row in rows], due)
    np.testing.assert_array_equal([row.learner_samples for row in rows], 2 * due)
    assert run_row(trained).status == "done"
    assert no_checkpoints_left(trained)


def test_the_untrained_network_is_kept_and_changes_nothing_after_it(trained, lab, tiny):
    """It is the network at its start, which has cost nothing; the run is the one without it, also
    where it was stopped in between."""
    config = tiny(untrained_snapshot=True)
    assert train(config, lab.store, should_stop=stop_after(5)) == "stopped"
    assert train(config, lab.store) == "done"
    mine = lab._replace(config=config)
    rows = mine.snapshots()
    weights, without = (
        [load_snapshot(own.store.folder / row.file, row.sha256)[0] for row in own.snapshots()]
        for own in (mine, trained)
    )
    jax.tree.map(np.testing.assert_array_equal, weights[1:], without)
    costs = ("samples", "learner_samples", "network_evaluations", "train_flops", "jones_flops")
    assert [getattr(rows[0], name) for name in costs] == [0] * 5
    assert (rows[0].seconds, rows[0].policy_loss) == (0, None)
    start = init_state(shape_of(config), settings_of([config]), jax.numpy.zeros(1, "uint32"))
    untrained = jax.tree.map(lambda leaf: leaf[0], start.learner.params)
    jax.tree.map(np.testing.assert_array_equal, weights[0], untrained)


def test_every_cost_rises_from_snapshot_to_snapshot(trained):
    rows = trained.snapshots()
    for name in ("seconds", "train_flops", "jones_flops", "network_evaluations"):
        costs = [getattr(row, name) for row in rows]
        assert costs[0] > 0, name
        assert np.all(np.diff(costs) > 0), name
    assert [row.network_evaluations for row in rows] == [4 * row.samples for row in rows]


def test_snapshots_load_back_and_are_the_ones_their_rows_describe(trained):
    loaded = []
    for row in trained.snapshots():
        params, config = load_snapshot(trained.store.folder / row.file, row.sha256)
        assert config == trained.config
        loaded.append(np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(params)]))
    assert np.all(np.isfinite(loaded))
    assert np.all(np.any(np.diff(loaded, axis=0) != 0, axis=1)), "every snapshot is another network"


def test_a_run_that_is_done_returns_at_once(trained, monkeypatch):
    monkeypatch.setattr(boards, "compile_program", None)  # nothing is compiled, let alone run
    assert train(trained.config, trained.store) == "done"


def test_progress_is_told_after_every_iteration(lab):
    told: list[Progress] = []
    train(lab.config, lab.store, report=told.append)
    assert [progress.iteration for progress in told] == list(range(1, 25))
    assert all(lab.config.run_id in progress.metrics for progress in told), "24 rows are under 100"
    assert {progress.iterations for progress in told} == {24}
    assert [progress.ledger.samples for progress in told] == [16 * k for k in range(1, 25)]


def metric_rows(lab) -> list[Metric]:
    with lab.store.session() as session:
        query = sa.select(Metric).where(Metric.run_id == lab.config.run_id)
        rows = list(session.scalars(query.order_by(Metric.iteration)))
        session.expunge_all()
    return rows


def test_metrics_are_stored_and_mean_what_they_say(trained):
    rows = metric_rows(trained)
    assert [row.iteration for row in rows] == list(range(1, 25))
    assert [row.samples for row in rows] == [16 * k for k in range(1, 25)]
    for row in rows:
        assert 0 <= row.policy_kl <= row.policy_loss
        assert 0 < row.policy_entropy <= np.log(9) + 1e-6
        assert row.samples_per_second > 0
        if row.game_length is not None:
            assert 5 <= row.game_length <= 9
            assert row.first_player_wins is not None
            assert 0 <= row.first_player_wins <= 1
    assert sum(row.game_length is not None for row in rows) > 12
    last = trained.snapshots()[-1]
    assert (last.policy_loss, last.value_loss) == (rows[-1].policy_loss, rows[-1].value_loss)


def test_seconds_are_split_and_utilisation_is_a_share(trained):
    for row in trained.snapshots():
        assert row.selfplay_seconds > 0
        assert row.learner_seconds > 0
        assert row.seconds == pytest.approx(row.selfplay_seconds + row.learner_seconds)
        assert row.other_seconds >= 0
        assert 0 < row.utilisation < 1


def test_averaging_changes_what_is_kept_and_nothing_of_what_is_learnt(lab, tiny, trained):
    """The tiny run averages; the same without it plays and learns the same, in other snapshots."""
    newest = lab._replace(config=tiny(averaging=0))
    train(newest.config, lab.store)
    for ours, theirs in zip(metric_rows(newest), metric_rows(trained), strict=True):
        assert (ours.policy_loss, ours.value_loss) == (theirs.policy_loss, theirs.value_loss)
    assert not set(newest.hashes()) & set(trained.hashes())


# Populations.


def test_every_member_of_a_population_has_the_rows_and_weights_of_a_run_of_its_own(
    lab, tiny, trained
):
    """Stopped once on the way."""
    configs = [tiny(), tiny(seed=1), tiny(seed=2, learning_rate=1e-2)]
    assert train_population(configs, lab.store, should_stop=stop_after(7)) == ["stopped"] * 3
    assert train_population(configs, lab.store) == ["done"] * 3
    assert train_population(configs, lab.store) == ["done"] * 3
    members = [lab._replace(config=config) for config in configs]
    for ours, theirs in zip(members[0].snapshots(), trained.snapshots(), strict=True):
        left, right = (
            load_snapshot(store.folder / row.file, row.sha256)[0]
            for store, row in ((lab.store, ours), (trained.store, theirs))
        )
        for a, b in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)
        assert ours.samples == theirs.samples
    assert len({tuple(member.hashes()) for member in members}) == 3
    assert [len(metric_rows(member)) for member in members] == [24] * 3
    assert [run_row(member).population for member in members] == [3] * 3
    assert not any((lab.store.folder / "checkpoints").iterdir())


def test_a_member_that_fails_does_not_stop_the_others(lab, tiny):
    configs = [tiny(), tiny(seed=1), tiny(seed=2, learning_rate=1e30)]
    assert train_population(configs, lab.store) == ["done", "done", "failed"]
    reason = run_row(lab._replace(config=configs[2])).reason
    assert reason is not None
    assert "no longer finite" in reason
    assert len(lab.snapshots()) == 21


def test_runs_that_cannot_share_a_program_are_refused(lab, tiny):
    other = tiny(batch_size=8, replay_ratio=1)
    complaint(other.run_id, lambda: train_population([tiny(), other], lab.store))
    complaint("twice", lambda: train_population([tiny(), tiny()], lab.store))
    complaint("3 devices", lambda: train(tiny(), lab.store, devices=3))
    search = {"nodes": 4, "rule": {"name": "regularised", "value_range": "jones"}}
    mixing = [tiny(search=search), tiny(search=search, seed=1)]
    complaint("value_range", lambda: train_population(mixing, lab.store))


# Stops, kills and damage: the run goes on and ends the same.


def test_stopped_runs_end_with_the_same_weights_as_an_uninterrupted_one(lab, trained):
    for iterations in (1, 9, 5):
        assert train(lab.config, lab.store, should_stop=stop_after(iterations)) == "stopped"
        assert run_row(lab).status == "running"
    told: list[Progress] = []
    assert train(lab.config, lab.store, report=told.append) == "done"
    assert told[0].iteration == 16
    assert lab.hashes() == trained.hashes()
    assert no_checkpoints_left(lab)


def test_a_stop_in_the_last_iteration_finds_the_run_done(lab):
    assert train(lab.config, lab.store, should_stop=stop_after(24)) == "done"


def test_snapshots_taken_again_after_an_abort_replace_themselves(lab, trained):
    """Nothing was checkpointed, so the run starts over and meets its own rows and files."""

    def abort(progress: Progress) -> None:
        if progress.iteration == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(lab.config, lab.store, report=abort)
    assert len(lab.snapshots()) == 6
    assert train(lab.config, lab.store) == "done"
    assert lab.hashes() == trained.hashes()


TRAIN_AND_TELL = """
import sys
from pathlib import Path
from training import loop
from training.config import TrainConfig
from training.store import Store

loop.SECONDS_BETWEEN_CHECKPOINTS = 0.0
config = TrainConfig.model_validate_json(sys.argv[1])
loop.train(config, Store(Path(sys.argv[2])), report=lambda progress: print(progress, flush=True))
"""


def test_kill_9_at_any_moment_changes_nothing(lab, trained):
    """Two kills at moments drawn with seed 17, in the middle of checkpoints as likely as not: one
    is written after every iteration and takes longer than the iteration does."""
    rng = random.Random(17)
    command = [sys.executable, "-c", TRAIN_AND_TELL, lab.config.model_dump_json()]
    for _ in range(2):
        with subprocess.Popen(
            [*command, str(lab.store.folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout is not None
            for _ in range(rng.randint(2, 6)):
                assert process.stdout.readline(), "it ended before it could be killed"
            time.sleep(rng.uniform(0, 0.3))
            process.kill()
        assert process.returncode == -signal.SIGKILL
    assert run_row(lab).status == "running"
    told: list[Progress] = []
    assert train(lab.config, lab.store, report=told.append) == "done"
    assert told[0].iteration > 1, "it went on from a checkpoint"
    assert lab.hashes() == trained.hashes()


def damaged(lab, steps: int) -> None:
    """Two checkpoints, after iterations 4 and 8, of which the newest `steps` are damaged."""
    train(lab.config, lab.store, should_stop=stop_after(4))
    train(lab.config, lab.store, should_stop=stop_after(4))
    folder = lab.store.folder / "checkpoints" / lab.config.run_id
    found = sorted(folder.iterdir(), key=lambda step: int(step.name))
    assert [step.name for step in found] == ["4", "8"]
    for step in found[len(found) - steps :]:
        for path in (step / "state" / "d").iterdir():
            path.write_bytes(path.read_bytes()[:-100])


@pytest.fixture
def unread_errors():
    """Orbax reads many arrays at once; where one fails, it never looks at the others' errors,
    which Python reports when it collects them."""
    yield
    gc.collect()


ignores_unread_errors = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)


@ignores_unread_errors
@pytest.mark.usefixtures("unread_errors")
@pytest.mark.parametrize(("steps", "goes_on_from"), [(1, 4), (2, 0)])
def test_damaged_checkpoints_fall_back_to_the_one_before(lab, trained, steps, goes_on_from):
    """And do not stand in the way of the checkpoint that is due at the same iteration again."""
    damaged(lab, steps)
    told: list[Progress] = []
    again = stop_after(8 - goes_on_from)
    assert train(lab.config, lab.store, report=told.append, should_stop=again) == "stopped"
    assert told[0].iteration == goes_on_from + 1
    assert train(lab.config, lab.store, report=told.append) == "done"
    assert [progress.iteration for progress in told] == list(range(goes_on_from + 1, 25))
    assert lab.hashes() == trained.hashes()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory, tiny):
    """A start state and a folder with two checkpoints of it, 1 and 2."""
    program = compile_program(shape_of(tiny()))
    state = program.start(settings_of([tiny()]), np.zeros(1, np.uint32))
    folder = tmp_path_factory.mktemp("checkpoints") / "run"
    checkpoints = Checkpoints(folder)
    for step in (1, 2):
        checkpoints.save(step, state, [Books(Ledger(samples=step), Tally())])
    checkpoints.close()
    return state, folder


def on_host(state) -> list[np.ndarray]:
    return [
        np.asarray(leaf)
        for leaf in jax.tree.leaves(state._replace(key=jax.random.key_data(state.key)))
    ]


@ignores_unread_errors
@pytest.mark.usefixtures("unread_errors")
@pytest.mark.parametrize("harm", ["delete", "cut", "flip"])
def test_a_checkpoint_damaged_anywhere_gives_the_right_state_or_the_one_before(
    checkpoint, tmp_path, harm
):
    """Each of its files is harmed in turn; orbax keeps checksums of what matters."""
    state, folder = checkpoint
    outcomes = set()
    for path in [path for path in (folder / "2").rglob("*") if path.stat().st_size]:
        if path.is_dir():
            continue
        copy = tmp_path / "copy"
        shutil.copytree(folder, copy)
        victim = copy / path.relative_to(folder)
        content = victim.read_bytes()
        if harm == "delete":
            victim.unlink()
        else:
            victim.write_bytes(
                content[: len(content) // 2] if harm == "cut" else content.swapcase()
            )
        found = Checkpoints(copy).latest(state)
        assert found is not None, victim
        step, loaded, (books,) = found
        assert books.ledger.samples == step, victim
        for ours, theirs in zip(on_host(loaded), on_host(state), strict=True):
            np.testing.assert_array_equal(ours, theirs, err_msg=str(victim))
        outcomes.add(step)
        shutil.rmtree(copy)
    assert outcomes == {1, 2}, "some files matter, others do not"


# Runs that fail, and bad input.


def test_a_run_whose_loss_explodes_fails_with_a_reason_and_keeps_its_snapshots(lab, tiny):
    lab = lab._replace(config=tiny(learning_rate=1e30))
    assert train(lab.config, lab.store) == "failed"
    row = run_row(lab)
    assert row.status == "failed"
    assert row.reason is not None
    assert "no longer finite" in row.reason
    assert "lower learning_rate" in row.reason
    for snapshot in lab.snapshots():
        params, _ = load_snapshot(lab.store.folder / snapshot.file, snapshot.sha256)
        for leaf in jax.tree.leaves(params):
            assert np.all(np.isfinite(leaf)), f"snapshot {snapshot.index}"


@pytest.mark.parametrize(
    ("symptom", "value", "reason"),
    [
        ("healthy", np.array([False]), "no longer finite"),
        ("policy_loss", np.array([51.0]), "diverged"),
    ],
)
def test_a_run_that_breaks_down_late_leaves_the_good_snapshots(
    lab, trained, monkeypatch, symptom, value, reason
):
    """In iteration 12, after snapshots that must be those of a healthy run."""
    program = compile_program(shape_of(lab.config))
    count = iter(range(1, 100))

    def sick(settings, state):
        state, learnt = program.learn(settings, state)
        return state, learnt._replace(**({symptom: value} if next(count) == 12 else {}))

    monkeypatch.setattr(boards, "compile_program", lambda shape: program._replace(learn=sick))
    assert train(lab.config, lab.store) == "failed"
    assert reason in (run_row(lab).reason or "")
    assert lab.hashes() == trained.hashes()[:11]
    # The same command does not go on as if nothing were wrong.
    assert train(lab.config, lab.store) == "failed"
    assert lab.hashes() == trained.hashes()[:11]


def complaint(culprit: Path | str, action: Callable[[], object]) -> str:
    """The one line with which an action refuses its input."""
    with pytest.raises(InputError) as caught:
        action()
    message = str(caught.value)
    assert "\n" not in message
    assert str(culprit) in message
    return message


@pytest.fixture
def snapshot(trained, tmp_path) -> Path:
    """A copy of the last snapshot."""
    return Path(shutil.copy(trained.store.folder / trained.snapshots()[-1].file, tmp_path))


def test_a_damaged_snapshot_is_named(snapshot, trained):
    sha256 = trained.hashes()[-1]
    content = snapshot.read_bytes()
    snapshot.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert "SHA-256" in complaint(snapshot, lambda: load_snapshot(snapshot, sha256))
    snapshot.write_bytes(content[: len(content) // 2])
    complaint(snapshot, lambda: load_snapshot(snapshot))


def test_foreign_and_missing_snapshots_are_named(tmp_path):
    foreign = tmp_path / "foreign.safetensors"
    foreign.write_bytes(safetensors.numpy.save({"w": np.zeros(3)}))
    assert "not a hexlaw snapshot" in complaint(foreign, lambda: load_snapshot(foreign))
    foreign.write_bytes(safetensors.numpy.save({"w": np.zeros(3)}, {"config": '{"lanes": 0}'}))
    assert "not a hexlaw snapshot" in complaint(foreign, lambda: load_snapshot(foreign))
    foreign.write_text("weights")
    assert "not a hexlaw snapshot" in complaint(foreign, lambda: load_snapshot(foreign))
    complaint(tmp_path / "none", lambda: load_snapshot(tmp_path / "none"))


def test_a_lab_that_holds_another_run_of_the_same_name_is_refused(lab):
    """As after a hash collision, or a change of what a configuration means."""
    train(lab.config, lab.store, should_stop=stop_after(1))
    with lab.store.session() as session:
        row = session.get_one(Run, lab.config.run_id)
        row.config = {**row.config, "lanes": 999}
    message = complaint(lab.store.path, lambda: train(lab.config, lab.store))
    assert lab.config.run_id in message


@pytest.mark.parametrize("folder", ["snapshots", "checkpoints"])
def test_a_file_in_the_place_of_a_folder_is_named(lab, folder):
    (lab.store.folder / folder).write_text("")
    complaint(
        lab.store.folder / folder,
        lambda: train(lab.config, lab.store, should_stop=stop_after(1)),
    )


def no_space(*_args, **_kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_stops_the_run_and_loses_nothing(lab, trained, monkeypatch):
    """It fills up after four snapshots; with room again the same call ends as if nothing was."""
    train(lab.config, lab.store, should_stop=stop_after(4))
    with monkeypatch.context() as patch:
        patch.setattr(training.files.os, "replace", no_space)
        message = complaint(lab.store.folder / "snapshots", lambda: train(lab.config, lab.store))
    assert "No space left on device" in message
    assert "free some space" in message
    assert lab.hashes() == trained.hashes()[:4]
    files = sorted(path.name for path in (lab.store.folder / "snapshots").rglob("*.*"))
    assert files == [f"{k:02d}.safetensors" for k in range(4)], "no half-written file is left"
    assert train(lab.config, lab.store) == "done"
    assert lab.hashes() == trained.hashes()


def test_a_full_disk_is_named_when_a_checkpoint_cannot_be_written(lab, trained, monkeypatch):
    train(lab.config, lab.store, should_stop=stop_after(4))
    with monkeypatch.context() as patch:
        patch.setattr("orbax.checkpoint.v1.training.Checkpointer.save", no_space)
        message = complaint(
            lab.store.folder / "checkpoints",
            lambda: train(lab.config, lab.store, should_stop=stop_after(1)),
        )
    assert "No space left on device" in message
    assert train(lab.config, lab.store) == "done"
    assert lab.hashes() == trained.hashes()


def test_a_database_that_cannot_grow_is_named(lab, trained):
    """SQLite's own limit on pages stands in for the full disk."""
    train(lab.config, lab.store, should_stop=stop_after(2))

    def fill_up(connection, _record) -> None:
        connection.execute("PRAGMA max_page_count=1")  # the present size, since it cannot shrink

    event.listen(lab.store._engine, "connect", fill_up)
    lab.store._engine.dispose()
    complaint(lab.store.path, lambda: write_rows_until_full(lab))
    event.remove(lab.store._engine, "connect", fill_up)
    lab.store._engine.dispose()
    assert train(lab.config, lab.store) == "done"
    assert lab.hashes() == trained.hashes()


def write_rows_until_full(lab) -> None:
    for _ in range(100):
        with lab.store.session() as session:
            row = session.get_one(Run, lab.config.run_id)
            row.reason = (row.reason or "") + "x" * 4096


def test_writing_replaces_a_file_only_as_a_whole(tmp_path, monkeypatch):
    path = tmp_path / "plan.json"
    write_atomically(path, b"old")
    monkeypatch.setattr(Path, "write_bytes", no_space)
    complaint(path, lambda: write_atomically(path, b"new"))
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["plan.json"]


def test_a_snapshot_of_the_same_weights_is_the_same_file(tmp_path, trained):
    row: Snapshot = trained.snapshots()[0]
    params, config = load_snapshot(trained.store.folder / row.file)
    assert save_snapshot(tmp_path / "again", params, config) == row.sha256
