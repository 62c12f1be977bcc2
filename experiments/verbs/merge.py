"""`hexlaw merge`: labs made apart become one; the same row twice stays one row.

Rows are recognised by what they are, never by their numbers: a run by its name and configuration, a
snapshot by its run, place and SHA-256, an agent by its name and search, a match by its tournament,
round and players; a label set by its name. Where two labs say different things of the same, nothing
is written. What has no row stays behind, and that is said: checkpoints, label sets that are not
finished, and the files in which a study keeps its decisions.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa
import tyro
from rich.console import Console
from sqlalchemy import orm

from experiments.players.agents import open_lab
from experiments.verb import Outcome, VerbConfig
from games.errors import InputError
from training.files import write_atomically
from training.labels import copy_label_set, finished_sets, read_label_set
from training.store import (
    Agent,
    BlunderRate,
    Game,
    Match,
    Metric,
    Run,
    Snapshot,
    SolvedPosition,
    Store,
    Table,
    Trace,
)


class MergeConfig(VerbConfig, frozen=True):
    """Merge labs that were made apart into one."""

    labs: tyro.conf.Positional[tuple[Path, ...]]
    """The labs to copy from; they stay as they are."""
    into: Path
    """The lab to copy into; it is made if it is not there."""


class _Kind(NamedTuple):
    """A table: what tells its rows apart, where its numbers point, what may differ all the same."""

    table: type[Table]
    key: tuple[str, ...]
    points: dict[str, type[Table]]
    free: tuple[str, ...] = ()


_TIMES = (
    "seconds", "selfplay_seconds", "learner_seconds", "other_seconds", "utilisation",
    "energy_joules", "created",
)  # fmt: skip
_KINDS = (
    _Kind(
        Run, ("id",), {},
        ("status", "reason", "population", "device", "devices", "commit", "command", "created"),
    ),
    _Kind(Metric, ("run_id", "iteration"), {}, ("seconds", "samples_per_second")),
    _Kind(Snapshot, ("run_id", "index"), {}, _TIMES),
    _Kind(
        Agent, ("game", "boardsize", "spec", "search_id"), {"snapshot_id": Snapshot}
    ),
    _Kind(
        Match, ("tournament", "round", "black_id", "white_id"),
        {"black_id": Agent, "white_id": Agent},
    ),
    _Kind(Game, ("match_id", "index"), {"match_id": Match}, ("notes", "analysis")),
    _Kind(BlunderRate, ("agent_id", "source"), {"agent_id": Agent}),
    _Kind(
        Trace, ("snapshot_id", "search_id", "positions_id"), {"snapshot_id": Snapshot}
    ),
    _Kind(SolvedPosition, ("boardsize", "mine", "theirs"), {}, ("nodes",)),
)  # fmt: skip


def merge_labs(config: MergeConfig, console: Console) -> Outcome:
    """Copy what is new of every lab, in one transaction a lab, files before rows.

    Raises:
        InputError: if a lab is not there, or says another thing of a row than the one merged into;
            of that lab nothing is written.
    """
    if not config.labs:
        raise InputError("name the labs to merge, and --into the lab that they go into")
    into, added = Store(config.into), {}
    for lab in config.labs:
        if lab.resolve() == config.into.resolve():
            raise InputError(f"{lab} is the lab that is merged into; leave it out")
        source = open_lab(lab)
        with into.session() as session:
            counts = _merge(source, into, session)
        added[str(lab)] = counts
        told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        console.print(f"{lab}: {told or 'nothing'} new")
        if left := _left_behind(source):
            console.print(f"{lab}: stay there: {', '.join(left)}")
    return Outcome({"into": str(config.into), "added": added})


def _merge(source: Store, into: Store, session: orm.Session) -> dict[str, int]:
    numbers: dict[type[Table], dict[int, int]] = {}  # of a row there, by its number in the source
    sets = _new_label_sets(source, into)
    counts: dict[str, int] = {}
    for kind in _KINDS:
        columns = kind.table.__table__.columns
        names, rows = source.frame_query(sa.select(*columns))
        known = _known(session, kind)
        numbered = "id" not in kind.key and "id" in columns
        numbers[kind.table], new = {}, []
        for values in rows:
            row = dict(zip(names, values, strict=True))
            number = row.pop("id") if numbered else 0
            for name, table in kind.points.items():
                row[name] = None if row[name] is None else numbers[table][row[name]]
            key = tuple(row[name] for name in kind.key)
            if key in known:
                _compare(source, kind, row, known[key])
                if kind.table is Run and known[key]["status"] == "running":
                    end = {"status": row["status"], "reason": row["reason"]}
                    session.execute(sa.update(Run).where(Run.id == row["id"]).values(**end))
                numbers[kind.table][number] = known[key].get("id", 0)
            else:
                new.append((number, row))
        if kind.table is Snapshot:
            for _, row in new:
                _copy_weights(source.folder, into.folder, row)
        for number, row in new:
            added = sa.insert(kind.table).values(**row)
            if numbered:
                numbers[kind.table][number] = session.scalars(added.returning(columns["id"])).one()
            else:
                session.execute(added)
        counts[kind.table.__tablename__] = len(new)
    for name in sets:
        copy_label_set(source, name, into)
    return counts | {"label_set": len(sets)}


def _new_label_sets(source: Store, into: Store) -> list[str]:
    """The finished sets of the source that are not there; one that is has to be the same."""
    there = finished_sets(into)
    own = finished_sets(source)
    for name in set(own) & set(there):
        if read_label_set(source, name) != read_label_set(into, name):
            raise InputError(
                f"{source.folder}: its label set {name} is another one than that already there; "
                "nothing of this lab was merged"
            )
    return [name for name in own if name not in there]


def _left_behind(source: Store) -> list[str]:
    """What a lab's folder holds beside what was merged."""
    labels = {path.parent.name for path in (source.folder / "labels").glob("*/*.safetensors")}
    unfinished = sorted(labels - set(finished_sets(source)))
    folders = {"checkpoints": "checkpoints of runs", "decisions": "decisions of studies"}
    return [f"unfinished labels {name}" for name in unfinished] + [
        told for name, told in folders.items() if any((source.folder / name).glob("*"))
    ]


def _known(session: orm.Session, kind: _Kind) -> dict[tuple, dict[str, Any]]:
    """The rows that are there, by what tells them apart."""
    result = session.execute(sa.select(*kind.table.__table__.columns))
    rows = [dict(row._mapping) for row in result]
    return {tuple(row[name] for name in kind.key): row for row in rows}


def _compare(source: Store, kind: _Kind, row: dict[str, Any], there: dict[str, Any]) -> None:
    """Refuse a row that says another thing than the one that is there."""
    different = [
        name for name, value in row.items() if name not in kind.free and value != there[name]
    ]
    if different:
        what = ", ".join(f"{name} {row[name]}" for name in kind.key)
        raise InputError(
            f"{source.folder}: its {kind.table.__tablename__} of {what} is another one than that "
            f"already there ({', '.join(different)} differ); nothing of this lab was merged"
        )


def _copy_weights(source: Path, into: Path, row: dict[str, Any]) -> None:
    """Copy a snapshot's file, which is the one that its row describes."""
    file = Path(row["file"])
    try:
        payload = (source / file).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {source / file}: {error.strerror}") from error
    if hashlib.sha256(payload).hexdigest() != row["sha256"]:
        raise InputError(
            f"snapshot {source / file} is not the one its lab describes (its SHA-256 differs)"
        )
    write_atomically(into / file, payload)
