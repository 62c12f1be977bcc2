"""The training loop: from a configuration to snapshots in the store.

A run can be stopped or killed at any time; the same call goes on from the last checkpoint and ends
with the same weights as if nothing had happened, because everything a run is made of (network,
moments, window, games in progress, key, ledger) is in the checkpoint.
"""

from __future__ import annotations

import dataclasses
import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import jax
import jax.numpy as jnp
import sqlalchemy as sa

from games.errors import InputError
from training.config import TrainConfig
from training.files import Checkpoints, save_snapshot
from training.ledger import Ledger
from training.networks import parameter_count
from training.program import Metrics, TrainState, compile_program, settings_of, shape_of
from training.provenance import code_version, command_line, device_name
from training.store import Run, Snapshot, Store

SECONDS_BETWEEN_CHECKPOINTS = 20.0  # a checkpoint takes 0.2 s; a kill loses at most this much

Status = Literal["done", "stopped", "failed"]


@dataclasses.dataclass(frozen=True)
class Progress:
    """Where a run stands."""

    run_id: str
    iteration: int
    iterations: int
    ledger: Ledger


def train(
    config: TrainConfig,
    store: Store,
    *,
    report: Callable[[Progress], None] = lambda progress: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Status:
    """Train to the end of the configuration, going on where an earlier call stopped.

    Args:
        config: the run.
        store: where snapshots and rows go.
        report: called after every iteration.
        should_stop: asked after every iteration; if it says yes, the run is saved and left.

    Returns:
        `"done"`; `"stopped"` if it was asked to stop; `"failed"` if the loss was no longer finite
        (the last good snapshot is kept, the reason stands in the store).

    Raises:
        InputError: if something cannot be written, or the store holds another run of this name.
    """
    if _enter(config, store):
        return "done"
    start, run = compile_program(shape_of(config))
    settings = settings_of(config)
    state: TrainState = start(settings, jnp.uint32(config.seed))
    checkpoints = Checkpoints(store.folder / "checkpoints" / config.run_id)
    iteration, ledger = 0, Ledger()
    if resumed := checkpoints.latest(state):
        iteration, state, ledger = resumed

    snapshot_at = {when: index for index, when in enumerate(config.snapshot_iterations)}
    iterations = config.snapshot_iterations[-1]
    saved = time.monotonic()
    try:
        while iteration < iterations:
            began = time.perf_counter()
            state, metrics = jax.block_until_ready(run(settings, state))
            iteration += 1
            ledger = _add_iteration(config, ledger, time.perf_counter() - began)
            if not math.isfinite(float(metrics.policy_loss + metrics.value_loss)):
                _leave(config, store, "failed", f"the loss was not finite at {ledger}")
                return "failed"
            if iteration in snapshot_at:
                _take_snapshot(config, store, snapshot_at[iteration], state, ledger, metrics)
            report(Progress(config.run_id, iteration, iterations, ledger))
            stop = should_stop() and iteration < iterations
            if stop or time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
                checkpoints.save(iteration, state, ledger)
                saved = time.monotonic()
            if stop:
                return "stopped"
    finally:
        checkpoints.close()
    _leave(config, store, "done", None)
    shutil.rmtree(checkpoints.folder, ignore_errors=True)
    return "done"


def _add_iteration(config: TrainConfig, ledger: Ledger, seconds: float) -> Ledger:
    return Ledger(
        samples=ledger.samples + config.samples_per_iteration,
        learner_samples=ledger.learner_samples + config.learner_steps * config.batch_size,
        seconds=ledger.seconds + seconds,
    )


def _enter(config: TrainConfig, store: Store) -> bool:
    """Write the run's row if it is new; says whether the run is done already."""
    stored_config = config.model_dump(mode="json")
    with store.session() as session:
        row = session.get(Run, config.run_id)
        if row is None:
            session.add(
                Run(
                    id=config.run_id,
                    game=config.game,
                    boardsize=config.boardsize,
                    width=config.network.width,
                    depth=config.network.depth,
                    parameters=parameter_count(config.rules, config.network),
                    seed=config.seed,
                    config=stored_config,
                    status="running",
                    device=device_name(),
                    commit=code_version(),
                    command=command_line(),
                )
            )
            return False
        if row.config != stored_config:
            raise InputError(
                f"{store.path} holds another run named {config.run_id}, made by another version "
                "of hexlaw; start a new lab with --lab DIR"
            )
        return row.status == "done"


def _leave(config: TrainConfig, store: Store, status: Status, reason: str | None) -> None:
    with store.session() as session:
        row = session.get_one(Run, config.run_id)
        row.status, row.reason = status, reason


def _take_snapshot(
    config: TrainConfig,
    store: Store,
    index: int,
    state: TrainState,
    ledger: Ledger,
    metrics: Metrics,
) -> None:
    """Write weights and row; a snapshot taken again after a kill replaces itself."""
    relative = Path("snapshots") / config.run_id / f"{index:02d}.safetensors"
    sha256 = save_snapshot(store.folder / relative, state.learner.params, config)
    length = float(metrics.game_length)
    values = {
        **ledger.costs(config.rules, config.network, config.search.nodes),
        "policy_loss": float(metrics.policy_loss),
        "value_loss": float(metrics.value_loss),
        "game_length": length if math.isfinite(length) else None,
        "file": relative.as_posix(),
        "sha256": sha256,
    }
    with store.session() as session:
        known = session.scalar(
            sa.select(Snapshot).where(Snapshot.run_id == config.run_id, Snapshot.index == index)
        )
        row = known or Snapshot(run_id=config.run_id, index=index)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)
