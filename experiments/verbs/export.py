"""`hexlaw export`: a lab as a folder of a few megabytes, to keep, mail or commit; as a site whose
agents play in the browser (`--site`); or for a hub of models (`--hub`).

By itself it writes

README.md    what was run, when, with which commit, and how to use the rest
tables/      every row that the report needs, as Parquet; games only as many as `lab/` holds
lab/         a small lab of the agents on each recipe's frontier, with their weights: it can be
             served, played against and go into tournaments like any other

Label sets and what studies keep in files stay in the lab; the README says so where there are any.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console

import games
from analysis.figures.wording import without_folders
from analysis.tables.rows import LabRows, load_lab, write_parquet
from experiments.arena.strength import league_points, on_frontier
from experiments.players.agents import open_lab
from experiments.verb import Outcome, VerbConfig
from experiments.web.hub import write_hub
from experiments.web.site import write_site
from games.errors import InputError
from training.files import write_atomically
from training.labels import finished_sets
from training.store import (
    STORED_MARKER,
    Agent,
    BlunderRate,
    Match,
    Run,
    Snapshot,
    Store,
    Table,
    Trace,
)
from training.store import Game as GameRow

TOP_AGENTS = 12  # of each board, whose league games are kept
ROWS_AT_ONCE = 5_000
MARKER = """This lab is kept as it was written: hexlaw looks at it and plays from it, but stores
nothing here. To go on in it, copy the folder and delete this file in the copy.
"""


class ExportConfig(VerbConfig, frozen=True):
    """Export a lab as small tables, and the agents on its frontiers as a lab of their own."""

    lab: Path = Path("runs/laptop")
    """The lab; its league must have been played."""
    out: Path = Path("reference_run")
    """Folder to write; it must not be there yet, or be empty."""
    site: Path | None = None
    """Write a site to this folder instead: leaderboard, charts, games, play without a server."""
    single_file: bool = False
    """With --site: all of it in index.html, to be mailed or opened by a double click."""
    title: str | None = None
    """With --site: what its pages are called; of itself "Hex agents: LAB"."""
    hub: Path | None = None
    """Write a folder for a hub of models instead: cards, weights, configurations, and tables."""
    agent: str | None = None
    """With --hub: only this snapshot, RUN#INDEX."""


def export(config: ExportConfig, console: Console) -> Outcome:
    """Write README.md, tables/ and lab/, or what else is asked for.

    Raises:
        InputError: if there is no such lab, it has no league, a snapshot is missing or damaged, or
            the folder cannot be written or is not empty.
    """
    store = open_lab(config.lab)
    if config.single_file and config.site is None:
        raise InputError("--single-file goes with --site DIR")
    if config.title is not None and config.site is None:
        raise InputError("--title goes with --site DIR")
    if config.agent is not None and config.hub is None:
        raise InputError("--agent goes with --hub DIR")
    if config.site is not None and config.hub is not None:
        raise InputError("--site and --hub are two exports; ask for one of them")
    if config.hub is not None:
        return _hub(store, config.hub, config.agent, console)
    if config.site is not None:
        return _site(store, config, config.site, console)
    return _stored_run(store, config, console)


def _site(store: Store, config: ExportConfig, folder: Path, console: Console) -> Outcome:
    """The lab's agents in a page."""
    _refuse_full(folder, "--site")
    agents = write_site(store, folder, single_file=config.single_file, title=config.title)
    size = _bytes(folder)
    console.print(
        f"{folder}: {agents} agents play without a server, {size / 1e6:.1f} MB; open "
        f"{folder / 'index.html'} in a browser, or put the folder on any web space"
    )
    return Outcome({"out": str(folder), "agents": agents, "bytes": size})


def _hub(store: Store, folder: Path, agent: str | None, console: Console) -> Outcome:
    """The lab, or an agent of it, as hubs of models have them."""
    _refuse_full(folder, "--hub")
    agents = write_hub(store, folder, agent)
    size = _bytes(folder)
    console.print(f"{folder}: {agents} agents with cards and weights, {size / 1e6:.1f} MB")
    return Outcome({"out": str(folder), "agents": agents, "bytes": size})


def _refuse_full(folder: Path, flag: str) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there already; choose another {flag}")


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _stored_run(store: Store, config: ExportConfig, console: Console) -> Outcome:
    """The lab as tables and a small lab."""
    out = config.out
    _refuse_full(out, "--out")
    rows = load_lab(store)
    rows.runs["command"] = rows.runs["command"].map(without_folders)
    if not (rows.matches["stage"] == "league").any():
        raise InputError(f"{config.lab} has no league yet; `hexlaw reproduce` plays it")
    snapshots, top = _frontier(store, rows)
    small = Store(out / "lab")
    played = _small_lab(store, small, snapshots, top)
    small.close()
    write_atomically(small.folder / STORED_MARKER, MARKER.encode())
    wanted = rows.games["id"].isin(played) | rows.games["analysis"].notna()
    kept = rows.games[wanted].reset_index(drop=True)
    write_parquet(dataclasses.replace(rows, games=kept), out / "tables")
    sets = finished_sets(store)
    text = _readme(rows, len(snapshots), len(kept)) + _labels_left(sets)
    write_atomically(out / "README.md", text.encode())
    size = _bytes(out)
    if sets:
        console.print(f"label sets stay in {store.folder} ({len(sets)}); hexlaw merge carries them")
    console.print(
        f"{out}: {len(snapshots)} agents with weights, {len(kept)} games, {size / 1e6:.1f} MB"
    )
    return Outcome({"out": str(out), "agents": len(snapshots), "bytes": size})


def _labels_left(sets: Sequence[str]) -> str:
    """What the README says of label sets."""
    if not sets:
        return ""
    return f"""
Not here: the lab's label sets ({", ".join(sets)}). `hexlaw merge` carries them from lab to lab.
"""


def _frontier(store: Store, rows: LabRows) -> tuple[list[int], list[int]]:
    """Numbers of the snapshots on each recipe's frontier, and of each board's strongest agents
    among them."""
    league = rows.matches[rows.matches["stage"] == "league"]
    snapshot_of = rows.agents.set_index("id")["snapshot_id"]
    agents, top = [], []
    for name, size in rows.agents[["game", "boardsize"]].drop_duplicates().itertuples(index=False):
        if (league["boardsize"] == size).any():
            best = on_frontier(league_points(store, games.make(name, int(size))))
            agents += best["id"].tolist()
            top += best.sort_values("elo")["id"].tolist()[-TOP_AGENTS:]
    return sorted({int(snapshot_of[agent]) for agent in agents}), top


def _small_lab(
    store: Store, small: Store, snapshots: Sequence[int], top: Sequence[int]
) -> Sequence[int]:
    """Copy what concerns these snapshots, weights too; the numbers of the games that went along:
    those with an analysis, those against perfect play, and the league's between `top`."""
    runs = sa.select(Snapshot.run_id).where(Snapshot.id.in_(snapshots))
    agents = sa.or_(Agent.snapshot_id.in_(snapshots), Agent.snapshot_id.is_(None))
    here = sa.select(Agent.id).where(agents)
    between = sa.and_(Match.black_id.in_(here), Match.white_id.in_(here))
    matches = sa.select(Match.id).where(between)
    shown = matches.where(
        sa.or_(
            Match.stage == "perfect",
            sa.and_(Match.stage == "league", Match.black_id.in_(top), Match.white_id.in_(top)),
        )
    )
    analysed = sa.and_(GameRow.analysis.is_not(None), GameRow.match_id.in_(matches))
    of_games = sa.or_(analysed, GameRow.match_id.in_(shown))
    _copy(store, small, Run, Run.id.in_(runs))
    _copy(store, small, Snapshot, Snapshot.id.in_(snapshots))
    _copy(store, small, Agent, agents)
    _copy(store, small, Match, between)
    _copy(store, small, GameRow, of_games)
    _copy(store, small, BlunderRate, BlunderRate.agent_id.in_(here))
    _copy(store, small, Trace, Trace.snapshot_id.in_(snapshots))
    with small.session() as session:
        for run in session.scalars(sa.select(Run)):
            run.command = without_folders(run.command)
        for file in session.scalars(sa.select(Snapshot.file)):
            _copy_file(store.folder / file, small.folder / file)
        return session.scalars(sa.select(GameRow.id)).all()


def _copy(store: Store, small: Store, table: type[Table], where: sa.ColumnElement[bool]) -> None:
    columns = table.__table__.columns
    names, rows = store.frame_query(sa.select(*columns).where(where))
    with small.session() as session:
        for first in range(0, len(rows), ROWS_AT_ONCE):
            some = [
                dict(zip(names, row, strict=True)) for row in rows[first : first + ROWS_AT_ONCE]
            ]
            session.execute(sa.insert(table), some)


def _copy_file(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as error:
        raise InputError(f"cannot copy snapshot {source} to {target}: {error.strerror}") from error


def _readme(rows: LabRows, agents: int, kept_games: int) -> str:
    """What was run, from the rows."""
    spent = rows.snapshots.sort_values("samples").groupby("run_id").last()
    lines = []
    for (size, recipe), runs in rows.runs.groupby(["boardsize", "recipe"]):
        of_runs = spent.loc[spent.index.isin(runs["id"])]
        lines.append(
            f"| {size}×{size} | {recipe or '–'} | {len(runs)} | {runs['network'].nunique()} | "
            f"{runs['seed'].nunique()} | {of_runs['samples'].sum():.2g} | "
            f"{of_runs['train_flops'].sum():.2g} | {of_runs['seconds'].sum() / 3600:.2g} |"
        )
    stages = rows.matches.groupby("stage")["games"].sum()
    commits, devices, commands = (
        sorted(set(rows.runs[name])) for name in ("commit", "device", "command")
    )
    return f"""# A stored run

Written by `hexlaw export` from a lab of {len(rows.runs)} training runs.

| board | recipe | runs | networks | seeds | positions | training FLOPs | hours |
|---|---|---|---|---|---|---|---|
{chr(10).join(lines)}

- Positions, FLOPs and hours of training are sums over runs; hours leave compilation out and count
  each run's share of its program.
- Trained {rows.runs["created"].min()} to {rows.snapshots["created"].max()} (UTC).
- Commit: {", ".join(commits)}. Device: {", ".join(devices)}.
- Command: {"; ".join(f"`{command}`" for command in commands)}.
- Games played: {", ".join(f"{count:,} ({stage})" for stage, count in stages.items())}.

`tables/` holds every row, but of the games only {kept_games:,}. `lab/` holds the {agents} agents
on the frontier of each recipe and board, with their weights. `report`,
`rate`, `replay`, `list`, `play` and `serve` only look at it. A command that would store something
in it is refused: copy the folder and delete `{STORED_MARKER}` in the copy.

```sh
hexlaw report --from FOLDER --out report     # the report again, without training
hexlaw serve --lab FOLDER/lab                # look at its agents and games, and play
hexlaw play --size 5 --against FOLDER/lab/RUN#INDEX   # in the terminal
```
"""
