"""The rows and snapshots that a population in training leaves in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import jax
import pydantic

from games.errors import InputError
from training.config import TrainConfig
from training.devices import agree, is_first_process, measured_peak_flops
from training.files import save_snapshot
from training.ledger import Ledger, costs_of, utilisation
from training.networks import Params, parameter_count
from training.provenance import code_version, command_line, device_name
from training.store import Metric, Run, Snapshot, Store, add_missing, put

Status = Literal["running", "done", "failed"]
STATUSES: tuple[Status, ...] = ("running", "done", "failed")


class Records:
    """What the members of a population write; each is a run of its own.

    Everything is written so that writing it again after a kill replaces it. Where several
    processes share a run, only the first one writes.
    """

    def __init__(self, store: Store, devices: int) -> None:
        self._store = store
        self._devices = devices

    def enter(self, configs: Sequence[TrainConfig]) -> list[Status]:
        """Write the rows of runs that are new.

        Returns:
            How each run stands.

        Raises:
            InputError: if the store holds another run of one of the names.
        """
        known: list[Status] = ["running"] * len(configs)
        if is_first_process():
            with self._store.session() as session:
                known = [self._enter(session, config, len(configs)) for config in configs]
        # Every process must hear what the first one found, or some would train what is done.
        return [STATUSES[agree(STATUSES.index(status))] for status in known]

    def _enter(self, session: Any, config: TrainConfig, population: int) -> Status:
        stored_config = config.model_dump(mode="json")
        row = session.get(Run, config.run_id)
        if row is None:
            row = {
                "id": config.run_id,
                "game": config.game,
                "boardsize": config.boardsize,
                "network": config.network.name,
                "width": config.network.width,
                "depth": config.network.depth,
                "parameters": parameter_count(config.rules, config.network),
                "seed": config.seed,
                "recipe": config.recipe,
                "config": stored_config,
                "status": "running",
                "population": population,
                "device": device_name(),
                "devices": self._devices,
                "commit": code_version(),
                "command": command_line(),
            }
            add_missing(session, Run, [row])
            return "running"
        # A name is a digest of settings; another version may have meant something else by them.
        if not _same(row.config, config):
            raise InputError(
                f"{self._store.place} holds another run named {config.run_id}, made by another "
                "version of hexlaw; start a new lab in another folder"
            )
        return row.status

    def leave(self, configs: Sequence[TrainConfig], status: Status, reason: str | None) -> None:
        """Say that runs are over, and why if they failed."""
        with self._store.session() as session:
            for config in configs:
                row = session.get_one(Run, config.run_id)
                row.status, row.reason = status, reason

    def write_metrics(
        self, config: TrainConfig, iteration: int, ledger: Ledger, means: dict[str, Any]
    ) -> None:
        """The metrics since the row before."""
        values = {**means, "samples": ledger.samples, "seconds": ledger.seconds}
        key = {"run_id": config.run_id, "iteration": iteration}
        with self._store.session() as session:
            put(session, Metric, key, values)

    def take_snapshot(
        self,
        config: TrainConfig,
        index: int,
        params: Params,
        ledgers: Sequence[Ledger],
        means: dict[str, Any],
        spent: Mapping[str, float],
    ) -> None:
        """Write weights and row of one member; there are no means before its first iteration.

        `ledgers` are those of its boards, `spent` what the network that it began with had cost, by
        column.
        """
        relative = Path("snapshots") / config.run_id / f"{index:02d}.safetensors"
        # The file before its row: no row may name weights that are not there.
        sha256 = save_snapshot(self._store.folder / relative, jax.device_get(params), config)
        peak = self._devices * measured_peak_flops(config.network.products)
        costs = costs_of(config, ledgers)
        values = {
            **costs,
            "utilisation": utilisation(costs, peak),
            **{name: (costs[name] or 0) + before for name, before in spent.items() if before},
            **{name: means.get(name) for name in ("policy_loss", "value_loss", "game_length")},
            "file": relative.as_posix(),
            "sha256": sha256,
        }
        key = {"run_id": config.run_id, "index": index}
        with self._store.session() as session:
            put(session, Snapshot, key, values)


def _same(stored: dict[str, Any], config: TrainConfig) -> bool:
    """Whether a row's configuration is this one; what its version lacked is at its default."""
    try:
        return TrainConfig.model_validate(stored) == config
    except pydantic.ValidationError:
        return False
