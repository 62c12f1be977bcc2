"""`hexlaw blunders`: how often agents throw a won position away, counted against perfect play.

An agent, a snapshot with a play-time search, is judged on two sets of positions: the fixed set of
its board, which is the same for all, and positions of its snapshot's own stored games, where it was
to move. Its search picks a move and a value in each; perfect play says which moves win.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pandas as pd
import pydantic
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from analysis.blunders import FIXED, GAMES, blunder_points
from analysis.rows import load_lab
from experiments.agents import (
    AgentEntry,
    enter_agents,
    load_player,
    open_lab,
    resolve,
)
from experiments.judging import Positions, fixed_set, games_id, judge, own_games, own_positions
from experiments.lock import alone_in
from experiments.parallel import Task, Worker, default_workers, run_tasks
from experiments.players import NetworkPlayer
from experiments.progress import stage
from experiments.solutions import StoredSolver
from experiments.specs import NetworkSpec, PlayerSpec, parse_player
from experiments.verb import InterruptedByUserError, Outcome, VerbConfig
from games.errors import InputError
from games.exact.positions import RECIPES
from games.hex import Hex
from training.store import BlunderRate, Run, Snapshot, Store

LANES = 64
GAMES_EACH = 32

Nodes = Annotated[int, pydantic.Field(ge=1, le=4096)]


class BlundersConfig(VerbConfig, frozen=True):
    """Count how often agents throw won positions away, against perfect play (3×3 to 6×6)."""

    lab: Path = Path("runs/laptop")
    """The lab whose snapshots are judged; rows are written to its store."""
    agents: tuple[str, ...] = ()
    """Snapshots by name: RUN#3, RUN#-1 (the last), RUN#* (all); * and ? stand for anything in RUN,
    and a search may follow, @nodes=16. All snapshots if unset."""
    nodes: tuple[Nodes, ...] = pydantic.Field((1, 64), min_length=1)
    """Network evaluations a move where a name holds none; 1 is the raw policy."""
    games: int = pydantic.Field(GAMES_EACH, ge=0)
    """Stored games of each snapshot to judge, spread evenly over all of them."""
    workers: int | None = pydantic.Field(default=None, ge=1)
    """Processes at work side by side; one a core if unset, one in all on a GPU."""


class Job(NamedTuple):
    """One agent to judge, and on what."""

    agent: AgentEntry
    nodes: int
    snapshot_id: int
    sources: tuple[str, ...]
    games: tuple[int, ...]  # numbers of its snapshot's stored games


def run(config: BlundersConfig, console: Console) -> Outcome:
    """Judge what is not judged yet, and show the rows of the agents asked for.

    Raises:
        InputError: if there is no such lab or snapshot, or it is damaged.
        InterruptedByUserError: if Ctrl-C stopped it; the same command goes on.
    """
    store = open_lab(config.lab)
    with alone_in(config.lab):
        wanted = _wanted(store, config)
        tasks = [
            task
            for rules, specs in wanted.items()
            for task in blunder_tasks(store, rules, dict.fromkeys(specs, config.games))
        ]
        if tasks:
            with stage(console, "Blunders", tasks) as listen:
                if not run_tasks(tasks, config.workers or default_workers(), listen):
                    raise InterruptedByUserError
    points = blunder_points(load_lab(store))
    points = points[points["spec"].isin({spec.text for specs in wanted.values() for spec in specs})]
    points = points.sort_values(["boardsize", "parameters", "run_id", "index", "nodes", "source"])
    _show(points, console)
    return Outcome({"lab": str(config.lab), "blunder_rates": _as_json(points)})


def _wanted(store: Store, config: BlundersConfig) -> dict[Hex, list[PlayerSpec]]:
    """The agents to judge, by board.

    Raises:
        InputError: if a name fits no snapshot of a board that can be judged.
    """
    query = sa.select(Run.boardsize).where(Run.game == "hex").distinct().order_by(Run.boardsize)
    sizes = [size for (size,) in store.frame_query(query)[1] if size in RECIPES]
    wanted: dict[Hex, list[PlayerSpec]] = {Hex(size): [] for size in sizes}
    for name in config.agents or ("*#*",):
        misfit: InputError | None = InputError(f"no board of {store.folder} can be judged")
        for spec in _with_nodes(parse_player(name), config.nodes):
            for rules in wanted:
                try:
                    wanted[rules] += resolve(store, rules, spec)
                    misfit = None
                except InputError as error:
                    misfit = misfit and error
        if misfit:
            raise misfit
    return wanted


def _with_nodes(spec: PlayerSpec, nodes: Sequence[int]) -> list[NetworkSpec]:
    if not isinstance(spec, NetworkSpec):
        raise InputError(f"player {spec.text!r} is no snapshot, so it has no blunder rate here")
    if "nodes" in spec.search.model_fields_set:
        return [spec]
    return [
        spec.model_copy(update={"search": spec.search.model_copy(update={"nodes": n})})
        for n in nodes
    ]


def blunder_tasks(
    store: Store,
    rules: Hex,
    wanted: Mapping[PlayerSpec, int],
    lanes: int = LANES,
) -> list[Task]:
    """One task for each network with agents whose rows are missing or out of date.

    Args:
        store: the lab.
        rules: Hex 3×3 to 6×6.
        wanted: the agents, one snapshot each, and how many stored games of it to judge at most.
        lanes: batch size of the searches; the arena's own saves their compilation.
    """
    query = sa.select(BlunderRate.agent_id, BlunderRate.source, BlunderRate.positions_id)
    done = {tuple(row) for row in store.frame_query(query)[1]}
    query = sa.select(Run.id, Snapshot.index, Snapshot.id, Run.parameters).join(Snapshot)
    snapshots = {(run, index): found for run, index, *found in store.frame_query(query)[1]}
    games = {limit: own_games(store, rules, limit) for limit in set(wanted.values())}
    by_network: dict[int, list[Job]] = {}  # runs of one network share its programs
    # Agents of one snapshot follow each other: they share its games.
    in_order = sorted(
        (spec for spec in wanted if isinstance(spec, NetworkSpec)),
        key=lambda spec: (spec.run, spec.index),
    )
    for agent, spec in zip(enter_agents(store, rules, in_order), in_order, strict=True):
        snapshot_id, parameters = snapshots[spec.run, spec.index]
        own = games[wanted[spec]].get(snapshot_id, ())
        ids = {FIXED: fixed_set(rules).id} | ({GAMES: games_id(own)} if own else {})
        sources = tuple(source for source in ids if (agent.id, source, ids[source]) not in done)
        if sources:
            by_network.setdefault(parameters, []).append(
                Job(agent, spec.search.nodes, snapshot_id, sources, own)
            )
    return [
        Task(
            f"{rules.size}×{rules.size} board, judging networks of {parameters:,} parameters",
            _judge_task,
            (store.folder, rules, tuple(jobs), lanes),
            work=float(sum(10 + job.nodes for job in jobs)),
        )
        for parameters, jobs in by_network.items()
    ]


def _judge_task(worker: Worker, lab: Path, rules: Hex, jobs: Sequence[Job], lanes: int) -> None:
    store = Store(lab)
    with StoredSolver(store, rules.size) as solver:

        @functools.lru_cache(maxsize=1)
        def of_games(snapshot_id: int, game_ids: tuple[int, ...]) -> Positions:
            return own_positions(store, rules, snapshot_id, game_ids, solver)

        for number, job in enumerate(jobs):
            if worker.should_stop():
                return
            player = load_player(rules, job.agent, lanes=lanes)
            assert isinstance(player, NetworkPlayer)
            rows = {}
            if FIXED in job.sources:
                rows[FIXED] = judge(player, fixed_set(rules))
            if GAMES in job.sources:
                rows[GAMES] = judge(player, of_games(job.snapshot_id, job.games))
            _write(store, job.agent.id, rows)
            worker.report((number + 1) / len(jobs))


def _write(store: Store, agent_id: int, rows: dict[str, dict[str, Any]]) -> None:
    with store.session() as session:
        for source, columns in rows.items():
            known = session.scalar(
                sa.select(BlunderRate).where(
                    BlunderRate.agent_id == agent_id, BlunderRate.source == source
                )
            )
            row = known or BlunderRate(agent_id=agent_id, source=source)
            for name, value in columns.items():
                setattr(row, name, value)
            session.add(row)


def _show(points: pd.DataFrame, console: Console) -> None:
    table = Table("agent", "positions", "blunders", "games with one", "wrong value", box=None)
    for point in points.to_dict("records"):
        table.add_row(
            point["spec"],
            "fixed set" if point["source"] == FIXED else "own games",
            _share(point["rate"], point["blunders_low"], point["blunders_high"]),
            _share(point["games_rate"], point["games_low"], point["games_high"]),
            _share(point["values_rate"], point["values_low"], point["values_high"]),
        )
    console.print(table)
    console.print("Shares in percent with 95 % intervals; see docs/exact.md.")


def _share(share: float, low: float, high: float) -> str:
    return "–" if pd.isna(share) else f"{100 * share:.1f} ({100 * low:.1f}–{100 * high:.1f})"


def _as_json(points: pd.DataFrame) -> list[dict[Any, Any]]:
    columns = [*BlunderRate.__table__.columns.keys(), "spec", "boardsize", "nodes"]
    columns += ["rate", "games_rate", "values_rate"]
    return [
        {name: None if pd.isna(value) else value for name, value in point.items()}
        for point in points[columns].to_dict("records")
    ]
