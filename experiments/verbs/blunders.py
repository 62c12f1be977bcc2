"""`hexlaw blunders`: how often agents throw a won position away, counted against perfect play.

An agent, a snapshot with a play-time search, is judged on two sets of positions: the fixed set of
its board, which is the same for all, and positions of its snapshot's own stored games, where it was
to move. Its search picks a move and a value in each; perfect play says which moves win.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import pydantic
import sqlalchemy as sa
from rich.console import Console
from rich.table import Column, Table

import games
from analysis.tables.blunder_rates import FIXED, blunder_points
from analysis.tables.rows import load_lab
from experiments.arena.judging_tasks import GAMES_EACH, blunder_tasks
from experiments.machine.parallel import Task, default_workers, work_off
from experiments.machine.progress import stage
from experiments.players.agents import (
    open_lab,
    resolve,
)
from experiments.players.specs import NetworkSpec, PlayerSpec, parse_player
from experiments.verb import InterruptedByUserError, Outcome, VerbConfig
from games.errors import InputError
from games.exact.registry import judged_set
from games.protocol import Game
from training.store import BlunderRate, Leases, Run, Store

NodeCount = Annotated[int, pydantic.Field(ge=1, le=4096)]


class BlundersConfig(VerbConfig, frozen=True):
    """Count how often agents throw won positions away, where perfect play is known."""

    lab: Path = Path("runs/laptop")
    """The lab whose snapshots are judged; rows are written to its store."""
    agents: tuple[str, ...] = ()
    """Snapshots by name: RUN#3, RUN#-1 (the last), RUN#* (all); * and ? stand for anything in RUN,
    and a search may follow, @nodes=16. All snapshots if unset."""
    nodes: tuple[NodeCount, ...] = pydantic.Field((1, 64), min_length=1)
    """Network evaluations a move where a name holds none; 1 is the raw policy."""
    games: int = pydantic.Field(GAMES_EACH, ge=0)
    """Stored games of each snapshot to judge, spread evenly over all of them."""
    workers: int | None = pydantic.Field(default=None, ge=1)
    """Processes at work side by side; one a core if unset, one in all on a GPU."""


def run(config: BlundersConfig, console: Console) -> Outcome:
    """Judge what is not judged yet, and show the rows of the agents asked for.

    Raises:
        InputError: if there is no such lab or snapshot, or it is damaged.
        InterruptedByUserError: if Ctrl-C stopped it; the same command goes on.
    """
    store = open_lab(config.lab, read_only=False)
    workers = config.workers or default_workers()
    wanted = _wanted(store, config)

    def left() -> list[Task]:
        return [
            task
            for rules, specs in wanted.items()
            for task in blunder_tasks(store, rules, dict.fromkeys(specs, config.games))
        ]

    with Leases(store, workers) as leases:
        if not work_off(left, workers, leases, lambda tasks: stage(console, "Blunders", tasks)):
            raise InterruptedByUserError
    points = blunder_points(load_lab(store))
    points = points[points["spec"].isin({spec.text for specs in wanted.values() for spec in specs})]
    points = points.sort_values(["boardsize", "parameters", "run_id", "index", "nodes", "source"])
    _show(points, console)
    return Outcome({"lab": str(config.lab), "blunder_rates": _as_json(points)})


def _wanted(store: Store, config: BlundersConfig) -> dict[Game, list[PlayerSpec]]:
    """The agents to judge, by board.

    Raises:
        InputError: if a name fits no snapshot of a board that can be judged.
    """
    query = sa.select(Run.game, Run.boardsize).distinct().order_by(Run.game, Run.boardsize)
    boards = [games.make(*board) for board in store.frame_query(query)[1]]
    wanted: dict[Game, list[PlayerSpec]] = {
        rules: [] for rules in boards if judged_set(rules) is not None
    }
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
    strategy = spec.strategy
    if not strategy.has_budget or "nodes" in strategy.model_fields_set:
        return [spec]
    return [spec.model_copy(update={"strategy": strategy.with_nodes(n)}) for n in nodes]


def _show(points: pd.DataFrame, console: Console) -> None:
    agent = Column("agent", overflow="fold")
    table = Table(agent, "positions", "blunders", "games with one", "wrong value", box=None)
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
