"""Snapshots (safetensors) and resume checkpoints (orbax) on disk."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import flax.traverse_util
import jax
import numpy as np
import safetensors
import safetensors.numpy
from orbax.checkpoint import v1 as ocp

from games.errors import InputError
from training.config import TrainConfig
from training.ledger import Ledger
from training.metrics import Books, Tally
from training.networks import Params
from training.program import TrainState


def save_snapshot(path: Path, params: Params, config: TrainConfig) -> str:
    """Write weights, with the run's configuration in the metadata, whole or not at all.

    Returns:
        The file's SHA-256.
    """
    flat = flax.traverse_util.flatten_dict(jax.device_get(params), sep="/")
    tensors = {name: np.asarray(value) for name, value in flat.items()}
    # The configuration travels with the weights, so that a file alone can be played.
    payload = safetensors.numpy.save(tensors, {"config": config.model_dump_json()})
    write_atomically(path, payload)
    return hashlib.sha256(payload).hexdigest()


def refuse_to_replace(source: Path | None, *targets: Path) -> None:
    """Nothing, unless a file that is to be written is the one that was read.

    Raises:
        InputError: if it is.
    """
    for target in targets:
        if source is not None and source.exists() and target.exists() and target.samefile(source):
            raise InputError(f"{target} is the file that is read; choose another name to write to")


def write_atomically(path: Path, payload: bytes) -> None:
    """Write a file so that a reader, or a kill at any moment, sees all of it or none."""
    # In the same folder, because a rename between file systems is not atomic; by process, because
    # two may write the same file.
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(payload)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()  # what is half-written would fill a full disk for nothing
        raise InputError(
            f"cannot write {path}: {error.strerror}; free some space, check its permissions, or "
            "choose another folder"
        ) from error


def read_snapshot(path: Path, sha256: str | None = None) -> bytes:
    """A snapshot's file as it is.

    Raises:
        InputError: if it is missing, or not the one its row describes.
    """
    try:
        payload = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read snapshot {path}: {error.strerror}") from error
    # Before anything is parsed: what is damaged may still parse.
    if sha256 is not None and hashlib.sha256(payload).hexdigest() != sha256:
        raise InputError(
            f"snapshot {path} is not the one the store describes (its SHA-256 differs): it was "
            "damaged or replaced; restore it or train the run again in a new lab"
        )
    return payload


def load_snapshot(path: Path, sha256: str | None = None) -> tuple[Params, TrainConfig]:
    """Weights and the configuration of the run that made them.

    Raises:
        InputError: if the file is missing, damaged, foreign, or not the one its row describes.
    """
    payload = read_snapshot(path, sha256)
    try:
        tensors = safetensors.numpy.load(payload)
        with safetensors.safe_open(path, "numpy") as opened:
            metadata = opened.metadata() or {}
        if "config" not in metadata:
            raise ValueError("it does not say which run it is of")
        config = TrainConfig.model_validate_json(metadata["config"])
    except (safetensors.SafetensorError, ValueError) as error:
        raise InputError(
            f"{path} is not a hexlaw snapshot: {str(error).splitlines()[0]}"
        ) from error
    return flax.traverse_util.unflatten_dict(tensors, sep="/"), config


class Checkpoints:
    """The resume points of one run: the last two, each whole (orbax renames when finished)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self._checkpointer = ocp.training.Checkpointer(
                str(folder.absolute()),
                # orbax's own protocol does not admit its own policies to a type checker
                preservation_policy=ocp.training.preservation_policies.LatestN(2),  # pyright: ignore[reportArgumentType]
            )
        except OSError as error:
            raise self._unwritable(error) from error

    def save(self, iteration: int, state: TrainState, books: Sequence[Books]) -> None:
        """Keep `state` and the books of its boards as they are after `iteration` iterations.

        Raises:
            InputError: if it cannot be written.
        """
        try:
            # Books and arrays in one checkpoint: one without the other would count wrongly.
            own, *others = map(_as_json, books)
            kept: Any = own | ({"elsewhere": others} if others else {})
            self._checkpointer.save(iteration, _as_saved(state), custom_metadata=kept)
        except (OSError, ValueError) as error:
            raise self._unwritable(error) from error

    def latest(self, like: TrainState) -> tuple[int, TrainState, list[Books]] | None:
        """The newest readable checkpoint: iterations done, state, books; none if there is none.

        Unreadable ones are deleted: orbax would keep them in place of newer, whole ones.

        Args:
            like: a state of the same shapes (arrays or `jax.ShapeDtypeStruct`s).
        """
        for checkpoint in reversed(self._checkpointer.checkpoints):
            try:
                loaded = self._checkpointer.load(checkpoint.step, _as_saved(like))
                state = TrainState(**loaded)
                metadata: Any = self._checkpointer.checkpointables_metadata(checkpoint.step)
                kept = metadata.custom_metadata
                books = [_from_json(one) for one in (kept, *kept.get("elsewhere", []))]
            except (OSError, ValueError, KeyError, TypeError):
                self._checkpointer.delete(checkpoint.step)
                continue
            return checkpoint.step, state, books
        return None

    def close(self) -> None:
        """Finish what is being written."""
        self._checkpointer.close()

    def _unwritable(self, error: Exception) -> InputError:
        return InputError(
            f"cannot write a checkpoint to {self.folder}: {str(error).splitlines()[0]}; free some "
            "space or check its permissions; the run goes on from the previous one"
        )


def _as_json(books: Books) -> dict[str, Any]:
    return {name: dataclasses.asdict(book) for name, book in books._asdict().items()}


def _from_json(kept: dict[str, Any]) -> Books:
    return Books(Ledger(**kept["ledger"]), Tally(**kept["tally"]))


def _as_saved(state: TrainState) -> dict[str, Any]:
    """By name, as orbax keeps a named tuple; of one board as before there were others."""
    kept = state._asdict()
    if not state.elsewhere:
        del kept["elsewhere"]
    return kept
