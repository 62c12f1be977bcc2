"""Runs that begin with another run's network: what they take over, count and refuse."""

from __future__ import annotations

import jax
import numpy as np
import pytest
import sqlalchemy as sa

from games.errors import InputError
from training.config import TrainConfig
from training.files import load_snapshot
from training.ledger import COSTS
from training.loop import train, train_population
from training.store import Snapshot, Store

SMALL = TrainConfig.model_validate(
    {
        "boardsize": 3,
        "network": "conv4x1",
        "search": {"nodes": 4},
        "lanes": 8,
        "moves": 2,
        "window": 8,
        "batch_size": 16,
        "replay_ratio": 1,
        "samples": 128,
        "first_snapshot": 32,
        "snapshots": 2,
        "untrained_snapshot": True,
    }
)
LARGE = SMALL.model_copy(update={"boardsize": 4})
COUNTED = [name for name in COSTS if name not in ("energy_joules",)]


def begun(with_run: TrainConfig, index: int, **changes) -> TrainConfig:
    fields = LARGE.model_dump() | {"begin": f"{with_run.run_id}#{index}"} | changes
    return TrainConfig.model_validate(fields)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    """A lab with the small run."""
    store = Store(tmp_path_factory.mktemp("lab"))
    assert train(SMALL, store) == "done"
    return store


def rows(store: Store, config: TrainConfig) -> list[Snapshot]:
    query = sa.select(Snapshot).where(Snapshot.run_id == config.run_id).order_by(Snapshot.index)
    with store.session() as session:
        found = list(session.scalars(query))
        session.expunge_all()
    return found


def weights(store: Store, row: Snapshot) -> list[np.ndarray]:
    return jax.tree.leaves(load_snapshot(store.folder / row.file, row.sha256)[0])


def equal(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_larger_board_begins_with_the_network_of_a_smaller_and_with_its_costs(store):
    config = begun(SMALL, 1)
    assert train(config, store) == "done"
    parent, mine = rows(store, SMALL)[1], rows(store, config)
    assert equal(weights(store, mine[0]), weights(store, parent)), "nothing is learnt yet"
    for name in COUNTED:
        assert getattr(mine[0], name) == pytest.approx(getattr(parent, name)), name

    assert train(LARGE, store) == "done"
    alone = rows(store, LARGE)
    for row, other in zip(mine[1:], alone[1:], strict=True):
        for name in ("samples", "network_evaluations", "learner_samples", "train_flops"):
            assert getattr(row, name) == getattr(parent, name) + getattr(other, name)
        assert row.jones_flops == parent.jones_flops + other.jones_flops
        assert row.seconds > parent.seconds
        assert not equal(weights(store, row), weights(store, other))


def test_costs_add_up_along_a_chain(store):
    first, last = begun(SMALL, 2), begun(begun(SMALL, 2), 2, seed=9)
    for config in (first, last):
        assert train(config, store) == "done"
    assert [row.samples for row in rows(store, last)] == [256, 288, 384]


def test_a_run_that_was_stopped_goes_on_with_what_it_began_with(store, tmp_path):
    config = begun(SMALL, 2, seed=5)
    asked = iter(range(100))
    assert train(config, store, should_stop=lambda: next(asked) >= 2) == "stopped"
    assert train(config, store) == "done"
    other = Store(tmp_path)
    assert [train(run, other) for run in (SMALL, config)] == ["done", "done"]
    for mine, undisturbed in zip(rows(store, config), rows(other, config), strict=True):
        assert mine.sha256 == undisturbed.sha256
        assert mine.train_flops == undisturbed.train_flops


def test_members_of_a_population_begin_each_with_their_own(store):
    fresh = LARGE.model_copy(update={"seed": 8})
    members = [fresh, begun(SMALL, 2, seed=7), begun(SMALL, 1, seed=7)]
    assert train_population(members, store) == ["done"] * 3
    firsts = [rows(store, config)[0] for config in members]
    assert [row.samples for row in firsts] == [0, 128, 32]
    parents = rows(store, SMALL)
    assert equal(weights(store, firsts[1]), weights(store, parents[2]))
    assert equal(weights(store, firsts[2]), weights(store, parents[1]))


@pytest.mark.parametrize(
    ("changes", "culprit"),
    [
        ({"begin": "hex3-conv4x1-s0-00000000#0"}, "no snapshot hex3-conv4x1-s0-00000000#0"),
        ({"begin": f"{SMALL.run_id}#9"}, "no snapshot"),
        ({"begin": f"{SMALL.run_id}#0", "network": "conv8x1"}, "conv4x1 .*do not fit conv8x1"),
        ({"begin": f"{SMALL.run_id}#0", "network": "4x1"}, "do not fit 4x1 for hex on 4×4"),
    ],
)
def test_what_cannot_be_begun_with_is_refused_by_name(store, changes, culprit):
    config = TrainConfig.model_validate(LARGE.model_dump() | changes)
    with pytest.raises(InputError, match=culprit):
        train(config, store)


def test_a_fully_connected_network_goes_on_on_its_own_board_only(store):
    fields = LARGE.model_dump() | {"network": "4x1"}
    first = TrainConfig.model_validate(fields)
    again = TrainConfig.model_validate(fields | {"begin": f"{first.run_id}#2", "seed": 1})
    assert [train(config, store) for config in (first, again)] == ["done", "done"]
    assert [row.samples for row in rows(store, again)] == [128, 160, 256]
    elsewhere = TrainConfig.model_validate(again.model_dump() | {"boardsize": 5})
    with pytest.raises(InputError, match="weights of a convolution fit every board of their game"):
        train(elsewhere, store)


@pytest.mark.parametrize("name", ["run", "run#", "#1", "run#-1", "a b#1", "run#1#2"])
def test_what_is_no_snapshots_name_is_refused(name):
    with pytest.raises(ValueError, match="begin"):
        TrainConfig(begin=name)
