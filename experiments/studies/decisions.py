"""Decisions of stored networks in judged positions, one by one, kept as files in a study's lab.

The networks are those of another lab, which is only read; the positions are a sample of play, or a
board's fixed set where none was drawn. A file holds what all networks of one shape did on a board.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import jax
import numpy as np
import pydantic
import sqlalchemy as sa

from experiments.arena.judging import fixed_set
from experiments.machine.parallel import Task
from experiments.players.agents import open_lab
from experiments.players.player import deciding
from games.config import FrozenModel
from games.errors import InputError
from games.exact.populations import population, subsample
from games.hex import Hex
from games.protocol import Game, State
from mcts import Puct, SearchConfig, SearchResult, Strategy, search_trace
from training.devices import compiler_options
from training.files import load_snapshot
from training.ledger import forward_flops
from training.networks import NetworkConfig, Params, make_evaluate, pad_params
from training.provenance import code_version, device_name
from training.store import Run, Snapshot

FOLDER = "decisions"


class PlayTimeConfig(FrozenModel, frozen=True):
    """Whose decisions: stored networks of Hex boards, in positions and in games of their own."""

    lab: str = "reference_run/lab"
    """Of the networks; only read."""
    labs: dict[int, str] = pydantic.Field(default={})
    """The same of boards whose networks lie elsewhere."""
    recipe: str = "efficient"
    networks: dict[int, tuple[str, ...]]
    """Shapes by board; the last snapshot of every seed."""
    positions: int = pydantic.Field(default=1000, ge=10)
    """Won positions of play, about."""
    games: dict[int, tuple[str, ...]]
    """Shapes by board that play games against themselves; none if empty."""
    openings: dict[int, int]
    """Of each network and arm by board, each with both colours."""

    @pydantic.model_validator(mode="after")
    def _check_boards(self) -> Self:
        if lacking := [board for board in self.games if board not in self.openings]:
            raise ValueError(f"openings: there are none for the board {lacking[0]}")
        return self

    def stored(self, board: int, network: str) -> list[StoredNetwork]:
        """The networks of a shape; see `stored_networks`."""
        lab = Path(self.labs.get(board, self.lab))
        return stored_networks(lab, Hex(board), network, self.recipe)


class StoredNetwork(NamedTuple):
    """The last snapshot of a run."""

    run: str
    shape: NetworkConfig  # as compiled: networks a little smaller are padded to it
    params: Params
    flops: float  # of one evaluation, by its own shape


def stored_networks(
    lab: Path, game: Game, network: str, recipe: str, runs: Container[str] | None = None
) -> list[StoredNetwork]:
    """The networks of one shape that a lab holds for a board, one a seed; of these `runs` only.

    Raises:
        InputError: if there is none.
    """
    store = open_lab(lab)
    query = (
        sa.select(Run.id, Snapshot.file, Snapshot.sha256)
        .join(Snapshot, Snapshot.run_id == Run.id)
        .where(
            Run.game == game.name, Run.boardsize == game.size, Run.network == network,
            Run.recipe == recipe,
        )
        .order_by(Run.seed, Run.id, Snapshot.index)
    )  # fmt: skip
    last = {
        run: (file, sha256)
        for run, file, sha256 in store.frame_query(query)[1]
        if runs is None or run in runs
    }
    if not last:
        raise InputError(
            f"the lab {lab} has no {network} of recipe {recipe} for {game.name} on "
            f"{game.size}×{game.size}"
        )
    found = []
    for run, (file, sha256) in last.items():
        params, config = load_snapshot(store.folder / file, sha256)
        shape = config.network.roomier
        params = pad_params(game, params, shape)
        found.append(StoredNetwork(run, shape, params, float(forward_flops(game, config.network))))
    return found


class WonPositions(NamedTuple):
    """Judged positions that are to be won."""

    states: State  # host arrays, [N, ...]
    keeping: np.ndarray  # bool [N, A], the moves that keep the win


@functools.lru_cache(maxsize=4)
def won_positions(game: Game, limit: int) -> WonPositions:
    """About `limit` positions that stand for those of play (`games.exact.populations`), drawn so
    that each counts alike; of a board without them, as many of the fixed set, spread evenly."""
    played = population(game) if isinstance(game, Hex) else None
    if played is not None:
        won = np.flatnonzero(played.winning.any(1))
        # Of a sample much smaller than the set, the weights that are left are nearly equal.
        won = won[subsample(played.weight[won], min(limit, len(won) // 2))[0]]
        states, keeping = played.states, played.winning
    else:
        _, states, verdicts, *_ = fixed_set(game)
        won, keeping = np.flatnonzero(verdicts.value > 0), verdicts.keeping
        if len(won) > limit:
            won = won[np.linspace(0, len(won) - 1, limit).round().astype(int)]
    return WonPositions(jax.tree.map(lambda leaf: leaf[won], states), keeping[won])


@functools.lru_cache(maxsize=4)
def compile_deciding(
    game: Game, network: NetworkConfig, strategy: Strategy, second: NetworkConfig | None = None
) -> Callable[[Params, State, jax.Array], tuple[jax.Array, jax.Array]]:
    """(params, states [N], keys [N]) → moves [N], and evaluations made for each [N]. With a
    `second` network, params are a pair."""
    think = deciding(game, network, strategy, second)
    strategy = strategy.for_evaluation()

    @functools.partial(jax.jit, compiler_options=compiler_options())
    def decide(params: Params, states: State, keys: jax.Array) -> tuple[jax.Array, jax.Array]:
        own = keys if strategy.draws else keys[0]
        found, _ = think(params, states, own, None)
        return found.action, found.evaluations

    return decide


@functools.lru_cache(maxsize=4)
def compile_trace(
    game: Game, network: NetworkConfig, budgets: tuple[int, ...], c_puct: float | None = None
) -> Callable[[Params, State], SearchResult]:
    """(params, states [N]) → what PUCT without noise finds with each budget, [K, N, ...]; with its
    default weight of the prior if none is given."""
    evaluate = make_evaluate(game, network)
    config = SearchConfig(rule=Puct() if c_puct is None else Puct(c_puct=c_puct))

    @functools.partial(jax.jit, compiler_options=compiler_options())
    def trace(params: Params, states: State) -> SearchResult:
        return search_trace(game, evaluate, config, params, states, jax.random.key(0), budgets)

    return trace


def blunders(keeping: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Whether each of the actions [..., N] throws its win away."""
    return ~keeping[np.arange(len(keeping)), actions]


def file_of(lab: Path, study: str, board: int, network: str, part: str = "") -> Path:
    """Where decisions of a shape of network lie, or a part of them."""
    return lab / FOLDER / f"{study}-{board}-{network}{part and '-'}{part}.npz"


def decision_tasks(
    lab: Path,
    study: str,
    config: FrozenModel,
    networks: Mapping[int, Sequence[str]],
    task: Callable[..., None],
    what: str,
    parts: Callable[[int], Sequence[str]] | None = None,
) -> list[Task]:
    """A task for each board and shape of network whose decisions are not written yet.

    Args:
        lab: the study's folder.
        study: its name, as of the files.
        config: what the tasks are told.
        networks: shapes by board.
        task: takes a worker, the folder, the configuration, the board, the shape and, if there are
            any, the part.
        what: the task in words, before the shape.
        parts: of a board's decisions, each a task and a file, so that little is lost when the
            study is stopped.
    """
    every = [
        (board, network, *part)
        for board, shapes in networks.items()
        for network in shapes
        for part in ([(own,) for own in parts(board)] if parts else [()])
    ]
    return [
        Task(
            f"{board}×{board} board, {what} {' '.join([network, *part])}", task,
            (lab, config, board, network, *part), work=1.0, place=(board, network),
        )
        for board, network, *part in every
        if not file_of(lab, study, board, network, *part).exists()
    ]  # fmt: skip


def write_decisions(path: Path, arrays: dict[str, Any]) -> None:
    """Write a file whole or not at all, with where it comes from."""
    arrays = {"commit": code_version(), "device": device_name(), **arrays}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part.npz")
    np.savez_compressed(unfinished, **arrays)
    unfinished.replace(path)


def read_decisions(paths: Sequence[Path]) -> list[dict[str, np.ndarray]]:
    """The files' arrays by name."""
    found = []
    for path in paths:
        with np.load(path, allow_pickle=False) as file:
            found.append({name: file[name] for name in file.files})
    return found


def stored_decisions(
    lab: Path,
    study: str,
    networks: Mapping[int, Sequence[str]],
    parts: Callable[[int], Sequence[str]],
) -> list[list[dict[str, np.ndarray]]]:
    """The files of all shapes of networks, in their order, each in its parts."""
    return [
        read_decisions([file_of(lab, study, board, network, part) for part in parts(board)])
        for board, shapes in networks.items()
        for network in shapes
    ]


def sources(labs: Sequence[str], files: Sequence[dict[str, np.ndarray]]) -> list[tuple[str, str]]:
    """What a page says of where decisions come from."""
    runs = sorted({str(run) for file in files for run in file["runs"]})
    told = {
        name: "; ".join(sorted({str(file[name]) for file in files}))
        for name in ("commit", "device")
    }
    return [*told.items(), ("networks of", ", ".join(labs)), ("runs", ", ".join(runs))]
