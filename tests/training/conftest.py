"""One tiny run that many tests look at, and the means to start others like it.

All runs here have one shape, so that they share one compiled program: it costs seconds, a run of
it tenths of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from training.config import TrainConfig
from training.loop import train
from training.store import Snapshot, Store

TINY = TrainConfig.model_validate(
    {
        "boardsize": 3,
        "network": {"width": 4, "depth": 1},
        "search": {"nodes": 4, "noise_fraction": 0.25},
        "lanes": 8,
        "moves": 2,
        "window": 8,
        "batch_size": 16,
        "replay_ratio": 2,
        "averaging": 0.5,
        "samples": 24 * 16,
        "first_snapshot": 16,
    }
)


class Lab(NamedTuple):
    """A finished run and where it is stored."""

    config: TrainConfig
    store: Store

    def snapshots(self) -> list[Snapshot]:
        """The run's rows in order."""
        query = sa.select(Snapshot).where(Snapshot.run_id == self.config.run_id)
        with self.store.session() as session:
            rows = list(session.scalars(query.order_by(Snapshot.index)))
            session.expunge_all()
        return rows

    def hashes(self) -> list[str]:
        """SHA-256 of each snapshot."""
        return [row.sha256 for row in self.snapshots()]


@pytest.fixture(scope="session")
def tiny() -> Callable[..., TrainConfig]:
    """The configuration of a tiny run, with fields changed: `tiny(seed=1)`."""

    def configure(**changes) -> TrainConfig:
        return TrainConfig.model_validate(TINY.model_dump() | changes)

    return configure


@pytest.fixture
def lab(tmp_path: Path, tiny) -> Lab:
    """A fresh lab for the tiny run, nothing trained yet."""
    return Lab(tiny(), Store(tmp_path / "lab"))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny) -> Lab:
    """The tiny run, trained to the end without a break. Read only."""
    lab = Lab(tiny(), Store(tmp_path_factory.mktemp("trained")))
    assert train(lab.config, lab.store) == "done"
    return lab
