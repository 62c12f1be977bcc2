"""From a player's name to the player: snapshots found in a lab, agents entered as its rows.

An *agent* is what plays in matches: a player on one board. Its row is made the first time it is
asked for; the same player again is the same row.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import orm

from experiments.machine.stored_run import with_stored_run
from experiments.players.anchors import LadderPlayer, PerfectPlayer, RandomPlayer
from experiments.players.engine import EnginePlayer
from experiments.players.mctsbot import MctsBotPlayer
from experiments.players.player import NetworkPlayer, Player
from experiments.players.specs import (
    GtpSpec,
    LadderSpec,
    MctsBotSpec,
    NetworkSpec,
    PerfectSpec,
    PlayerSpec,
    RandomSpec,
)
from games.errors import InputError
from games.protocol import Game
from games.text.numbers import side_by_side
from mcts import STRATEGIES, SearchConfig, Strategy, TwoNetworkStrategy
from training.files import load_snapshot
from training.ledger import calls_flops
from training.networks import NetworkConfig, Params, pad_params
from training.store import Agent, Run, Snapshot, Store, add_missing, is_lab


class SnapshotFile(NamedTuple):
    """Where a network's weights lie."""

    file: Path
    sha256: str | None


class AgentEntry(NamedTuple):
    """An agent of a lab: its number there and the player behind it."""

    id: int
    spec: PlayerSpec
    file: Path | None  # of the snapshot
    sha256: str | None
    second: SnapshotFile | None = None  # of its second network


def open_lab(folder: Path, *, read_only: bool = True) -> Store:
    """A lab that is there already; by default nothing is written to it.

    Raises:
        InputError: if there is none, or it is damaged or foreign.
    """
    folder = with_stored_run(folder)
    if not is_lab(folder):
        raise InputError(f"there is no lab in {folder}; name a folder that hexlaw made with --lab")
    return Store(folder, read_only=read_only)


def resolve(store: Store, game: Game, spec: PlayerSpec) -> list[PlayerSpec]:
    """The players that a name stands for: one, or many snapshots where it holds * or ?.

    Snapshots come back with their run's whole name, index counted from 0, and no lab.

    Raises:
        InputError: if no snapshot fits the name and the board.
    """
    if not isinstance(spec, NetworkSpec):
        return [spec]
    query = (
        sa.select(Run.id, Run.game, Run.boardsize, Snapshot.index)
        .join(Snapshot, Snapshot.run_id == Run.id)
        .order_by(Run.parameters, Run.id, Snapshot.index)
    )
    rows = store.frame_query(query)[1]
    named = [row for row in rows if fnmatch.fnmatchcase(row[0], spec.run)]
    here = [row for row in named if row[1:3] == (game.name, game.size)]
    if not here:
        where = store.folder
        if not named:
            known = f"its runs are {_some({row[0] for row in rows})}" if rows else "it has no runs"
            raise InputError(
                f"player {spec.text!r}: the lab {where} has no run {spec.run}; {known}"
            )
        raise InputError(
            f"player {spec.text!r}: {_some({row[0] for row in named})} plays {named[0][1]} on "
            f"{side_by_side(named[0][2])}, not {game.name} on {side_by_side(game.size)}"
        )
    by_run: dict[str, list[int]] = {}
    for run, _, _, index in here:
        by_run.setdefault(run, []).append(index)
    found = [
        spec.model_copy(update={"run": run, "index": index, "lab": None})
        for run, indices in by_run.items()
        for index in indices
        if spec.index in (None, index) or (spec.index == -1 and index == indices[-1])
    ]
    if not found:
        last = max(max(indices) for indices in by_run.values())
        raise InputError(f"player {spec.text!r}: there are snapshots 0 to {last} only")
    if (second := spec.second_spec) is None:
        return list(found)
    (other,) = resolve(store, game, second)
    assert isinstance(other, NetworkSpec)
    named = f"{other.run}#{other.index}"
    return [one.model_copy(update={"second": named}) for one in found]


def all_snapshots(
    store: Store, game: Game, strategy: Strategy, temperature: float
) -> list[PlayerSpec]:
    """Every snapshot on this board with the same strategy: small networks first, then by age."""
    query = (
        sa.select(Run.id, Snapshot.index)
        .join(Snapshot, Snapshot.run_id == Run.id)
        .where(Run.game == game.name, Run.boardsize == game.size)
        .order_by(Run.parameters, Run.id, Snapshot.index)
    )
    return [
        NetworkSpec(run=run, index=index, strategy=strategy, temperature=temperature)
        for run, index in store.frame_query(query)[1]
    ]


def enter_agents(store: Store, game: Game, specs: Sequence[PlayerSpec]) -> list[AgentEntry]:
    """The agents of these players, in this order; rows are made for those that are new.

    `specs` are resolved: one snapshot each.
    """
    with store.session() as session:
        return [_enter(session, store.folder, game, spec) for spec in specs]


def _enter(session: orm.Session, folder: Path, game: Game, spec: PlayerSpec) -> AgentEntry:
    snapshot, second = _snapshot_row(session, spec), _second_row(session, spec)
    known = _known(session, game, spec)
    if known is None:
        agent: dict[str, Any] = {
            "kind": spec.kind,
            "spec": spec.text,
            "game": game.name,
            "boardsize": game.size,
            "search_id": "",
        }
        if isinstance(spec, NetworkSpec) and snapshot is not None:
            row, run = snapshot
            agent |= {
                "snapshot_id": row.id,
                "search_id": play_id(spec.strategy, spec.temperature),
                "nodes": sum(spec.strategy.calls(game)),
                "search": spec.strategy.model_dump(mode="json"),
                "temperature": spec.temperature,
                "test_flops": _test_flops(game, spec.strategy, run, second and second[1]),
                "dependent_calls": spec.strategy.dependent_calls,
            }
        add_missing(session, Agent, [agent])  # another worker may be entering it, too
        known = _known(session, game, spec)
        assert known is not None
    if snapshot is None:
        return AgentEntry(known, spec, None, None)
    return _entry(known, spec, folder, snapshot[0], second and second[0])


def _entry(
    number: int, spec: PlayerSpec, folder: Path, first: Snapshot, second: Snapshot | None
) -> AgentEntry:
    other = second and SnapshotFile(folder / second.file, second.sha256)
    return AgentEntry(number, spec, folder / first.file, first.sha256, other)


def _test_flops(game: Game, strategy: Strategy, run: Run, second: Run | None) -> float:
    """FLOPs of a move at most, each network's evaluations as far as they are read."""
    network = NetworkConfig.parse(run.network)
    if second is None:
        return float(calls_flops(game, network, strategy.calls(game)))
    assert isinstance(strategy, TwoNetworkStrategy)
    own, others = strategy.calls_of_both(game)
    other = NetworkConfig.parse(second.network)
    return float(calls_flops(game, network, own) + calls_flops(game, other, others))


def _known(session: orm.Session, game: Game, spec: PlayerSpec) -> int | None:
    """Number of the agent that is this player, by what is stored of it, not by its digest: former
    versions made that otherwise, and their agents are to have no twins."""
    query = sa.select(Agent.id, Agent.search, Agent.temperature).where(
        Agent.game == game.name, Agent.boardsize == game.size, Agent.spec == spec.text
    )
    for number, search, temperature in session.execute(query):
        if not isinstance(spec, NetworkSpec):
            return number
        if temperature == spec.temperature and _strategy(search) == spec.strategy:
            return number
    return None


def _strategy(stored: Mapping[str, Any] | None) -> Strategy | None:
    """A strategy from an agent's row; none if it has none or this version does not know it."""
    try:
        return STRATEGIES.parse(stored)
    except ValueError:
        return None


def _snapshot_row(session: orm.Session, spec: PlayerSpec) -> tuple[Snapshot, Run] | None:
    if not isinstance(spec, NetworkSpec):
        return None
    query = (
        sa.select(Snapshot, Run)
        .join(Run, Snapshot.run_id == Run.id)
        .where(Run.id == spec.run, Snapshot.index == spec.index)
    )
    row = session.execute(query).one()
    return row[0], row[1]


def _second_row(session: orm.Session, spec: PlayerSpec) -> tuple[Snapshot, Run] | None:
    named = isinstance(spec, NetworkSpec) and spec.second_spec
    return _snapshot_row(session, named) if named else None


def play_id(strategy: Strategy, temperature: float) -> str:
    """Short name of how a network plays: the half of an agent that is not its snapshot."""
    name = STRATEGIES.name_of(strategy)
    other = "" if name == SearchConfig.strategy else f"{name}-"
    return f"{other}{strategy.digest()}-{temperature:g}"


def load_player(game: Game, agent: AgentEntry, *, lanes: int = 128) -> Player:
    """The player of an agent.

    Raises:
        InputError: if its snapshot is damaged, its solver does not reach the board, or its engine
            or library is not there.
    """
    spec = agent.spec
    if not isinstance(spec, NetworkSpec):
        return make_host_player(game, spec)
    assert agent.file is not None
    network, params = _load_network(game, spec.text, SnapshotFile(agent.file, agent.sha256))
    second = _load_network(game, f"{spec.second}", agent.second) if agent.second else None
    return NetworkPlayer(
        game, network, params, spec.strategy,
        lanes=lanes, temperature=spec.temperature, second=second,
    )  # fmt: skip


def _load_network(game: Game, name: str, snapshot: SnapshotFile) -> tuple[NetworkConfig, Params]:
    """A snapshot's network in the shape that it is compiled as."""
    params, run = load_snapshot(snapshot.file, snapshot.sha256)
    if (run.game, run.boardsize) != (game.name, game.size):
        raise InputError(
            f"player {name!r} plays {run.game} on {side_by_side(run.boardsize)}, not "
            f"{game.name} on {side_by_side(game.size)}"
        )
    roomier = run.network.roomier
    return roomier, pad_params(game, params, roomier)


def make_host_player(game: Game, spec: PlayerSpec) -> Player:
    """A player that needs no lab."""
    match spec:
        case RandomSpec():
            return RandomPlayer(game)
        case PerfectSpec():
            return PerfectPlayer(game)
        case LadderSpec():
            return LadderPlayer(game, spec.probability)
        case MctsBotSpec():
            return MctsBotPlayer(game, spec)
        case GtpSpec():
            return EnginePlayer(game, spec.command, seconds=spec.seconds)
    raise InputError(f"player {spec.text!r} is a snapshot; name the lab it lies in")


def find_player(
    spec: PlayerSpec, game: Game, lab: Path | None, *, lanes: int = 1
) -> tuple[Player, PlayerSpec]:
    """The one player of that name, with its whole name; nothing is written to a lab.

    A lab in the name goes before `lab`.

    Raises:
        InputError: if the name fits none or several, or the player cannot be made.
    """
    if not isinstance(spec, NetworkSpec):
        return make_host_player(game, spec), spec
    folder = Path(spec.lab) if spec.lab else lab
    if folder is None:
        raise InputError(f"player {spec.text!r}: name its lab, as in runs/laptop/{spec.text}")
    store = open_lab(folder)
    found = resolve(store, game, spec)
    if len(found) > 1:
        raise InputError(f"player {spec.text!r} stands for {len(found)} snapshots; name one")
    with store.session() as session:
        entry = _enter_nowhere(session, store.folder, found[0])
    return load_player(game, entry, lanes=lanes), found[0]


def _enter_nowhere(session: orm.Session, folder: Path, spec: PlayerSpec) -> AgentEntry:
    """The agent of a snapshot's player, without a row and a number of its own."""
    assert isinstance(spec, NetworkSpec)
    snapshot = _snapshot_row(session, spec)
    second = _second_row(session, spec)
    assert snapshot is not None
    return _entry(0, spec, folder, snapshot[0], second and second[0])


def _some(names: set[str], limit: int = 5) -> str:
    listed = sorted(names)
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more
