"""A lab's rows as pandas frames, from its store or from the files a report leaves beside itself.

Frames hold what the tables of `training.store` hold, with two conveniences: a snapshot carries the
columns of its run, an agent those of its snapshot, a match its board side, so that nobody has to
join before plotting; and `moves` is a list of actions instead of bytes. In files, columns that
hold JSON (`JSON_COLUMNS`) are JSON text and bits (`BIT_COLUMNS`) hexadecimal; in memory they are
dicts and lists, and bytes.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from games.errors import InputError
from games.text.plain_json import from_json, to_json
from training import store as tables

JSON_COLUMNS = {"config", "search", "analysis", "moves", "notes", "boards"}
JSON_OF_TRACES = {"search", "budgets", "policy_kl"}
"""Of traces, whose divergences are lists; in metrics the same name is a number."""
BIT_COLUMNS = {"blunders", "wrong_values", "winning_mass"}
"""Of traces; bytes in memory, hexadecimal text in files."""

_RUN_COLUMNS = [
    "id",
    "game",
    "boardsize",
    "network",
    "width",
    "depth",
    "parameters",
    "seed",
    "recipe",
]
# What columns hold in tables written before there were such.
_BEFORE = {
    "matches": {"draws": 0},
    "blunder_rates": {"entropy": None},
    "agents": {"dependent_calls": None},
    "snapshots": {"label_flops": 0.0, "teacher_flops": 0.0},
    "traces": {"policy_kl": None},
    "metrics": {"boards": None},
}
_NOT_ALWAYS = {"traces"}
"""Tables that rows written by earlier versions lack."""
_SNAPSHOT_COLUMNS = ["run_id", "index", "samples", "seconds", "train_flops", "jones_flops"]


@dataclasses.dataclass(frozen=True)
class LabRows:
    """One frame a table; see docs/data.md for the columns."""

    runs: pd.DataFrame
    metrics: pd.DataFrame
    snapshots: pd.DataFrame  # + game, boardsize, network, …, seed of the run
    agents: pd.DataFrame  # + those and run_id, index, samples, seconds, FLOPs of the snapshot
    matches: pd.DataFrame  # + boardsize
    games: pd.DataFrame
    blunder_rates: pd.DataFrame
    traces: pd.DataFrame = dataclasses.field(default_factory=lambda: _empty("traces"))

    def games_with(self, stage: str) -> list[str]:
        """Names of the games that have matches of a stage."""
        players = self.matches.loc[self.matches["stage"] == stage, "black_id"]
        return sorted(self.agents.loc[self.agents["id"].isin(players), "game"].unique())

    def of_game(self, game: str | None = None) -> LabRows:
        """The rows of one game: agents of different games never meet, and laws are of one.

        Args:
            game: its name; the only one there is if none is given.

        Raises:
            InputError: if there are several and none is given, or none of that name.
        """
        there = sorted({*self.runs["game"], *self.agents["game"]})
        if game is None and len(there) > 1:
            raise InputError(f"there are rows of {' and '.join(there)}; name one of these games")
        if game is not None and there and game not in there:
            raise InputError(f"there are no rows of {game}, only of {', '.join(there)}")
        if len(there) < 2:
            return self
        runs = self.runs[self.runs["game"] == game]
        agents = self.agents[self.agents["game"] == game]
        matches = self.matches[self.matches["black_id"].isin(agents["id"])]
        kept = {
            "runs": runs,
            "metrics": self.metrics[self.metrics["run_id"].isin(runs["id"])],
            "snapshots": self.snapshots[self.snapshots["game"] == game],
            "agents": agents,
            "matches": matches,
            "games": self.games[self.games["match_id"].isin(matches["id"])],
            "blunder_rates": self.blunder_rates[self.blunder_rates["agent_id"].isin(agents["id"])],
            "traces": self.traces[
                self.traces["snapshot_id"].isin(
                    self.snapshots["id"][self.snapshots["game"] == game]
                )
            ],
        }
        return LabRows(**{name: frame.reset_index(drop=True) for name, frame in kept.items()})


def load_lab(store: tables.Store) -> LabRows:
    """Every row of a lab.

    Raises:
        InputError: if the database is damaged.
    """

    def frame(table: type[tables.Table]) -> pd.DataFrame:
        # In the order in which they were written: a server's table has none of its own.
        order = ["created", "id"] if table is tables.Run else ["id"]
        columns, rows = store.frame_query(
            table.__table__.select().order_by(*(table.__table__.c[name] for name in order))
        )
        return pd.DataFrame(rows, columns=pd.Index(columns))

    runs = frame(tables.Run)
    of_run = runs[_RUN_COLUMNS].rename(columns={"id": "run_id"})
    snapshots = frame(tables.Snapshot).merge(of_run, on="run_id", how="left")
    # An agent without a network has a board, but neither snapshot nor run.
    of_network = of_run.columns.drop(["run_id", "game", "boardsize"])
    of_snapshot = snapshots[["id", *_SNAPSHOT_COLUMNS, *of_network]]
    agents = frame(tables.Agent).merge(
        of_snapshot.rename(columns={"id": "snapshot_id"}), on="snapshot_id", how="left"
    )
    of_black = agents[["id", "boardsize"]].rename(columns={"id": "black_id"})
    matches = frame(tables.Match).merge(of_black, on="black_id", how="left")
    games = frame(tables.Game)
    games["moves"] = [_moves(moves) for moves in games["moves"]]
    return LabRows(
        runs=runs,
        metrics=frame(tables.Metric),
        snapshots=snapshots,
        agents=agents,
        matches=matches,
        games=games,
        blunder_rates=frame(tables.BlunderRate),
        traces=frame(tables.Trace),
    )


def write_parquet(rows: LabRows, folder: Path) -> list[Path]:
    """Write `runs.parquet` … `traces.parquet`, which `read_parquet` reads back."""
    return [
        _written(folder / f"{name}.parquet", lambda path, frame=frame: frame.to_parquet(path))
        for name, frame in _as_text(rows).items()
    ]


def write_csv(rows: LabRows, folder: Path) -> list[Path]:
    """Write `runs.csv` … `traces.csv`, for spreadsheets and other languages."""
    return [
        _written(folder / f"{name}.csv", lambda path, frame=frame: frame.to_csv(path, index=False))
        for name, frame in _as_text(rows).items()
    ]


def read_parquet(folder: Path) -> LabRows:
    """Read what `write_parquet` wrote.

    Raises:
        InputError: if a file is missing, damaged, or lacks a column.
    """
    return LabRows(
        **{field.name: _read(folder, field.name) for field in dataclasses.fields(LabRows)}
    )


def _read(folder: Path, name: str) -> pd.DataFrame:
    path = folder / f"{name}.parquet"
    if name in _NOT_ALWAYS and not path.exists():
        return _empty(name)
    try:
        frame = pd.read_parquet(path)
    except FileNotFoundError as error:
        raise InputError(f"no {path.name} in {folder}; name a folder with exported rows") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is damaged ({error}); export the rows again") from error
    for column, value in _BEFORE.get(name, {}).items():
        if column not in frame:
            frame[column] = value
    missing = _expected_columns(name) - set(frame.columns)
    if missing:
        raise InputError(
            f"{path} lacks the columns {', '.join(sorted(missing))}; export the rows again"
        )
    for column in _json_columns(name) & set(frame.columns):
        frame[column] = _parsed(frame[column], path)
    if name == "traces":
        for column in BIT_COLUMNS:
            frame[column] = _unpacked(frame[column], path)
    return frame


def _moves(stored: object) -> list[int]:
    if not isinstance(stored, bytes) or len(stored) % 2:
        raise InputError(
            "a game's moves are not stored as hexlaw stores them; do not trust this lab"
        )
    return np.frombuffer(stored, "<u2").tolist()


def _empty(name: str) -> pd.DataFrame:
    return pd.DataFrame(columns=pd.Index(sorted(_expected_columns(name))))


def _expected_columns(name: str) -> set[str]:
    of_run = set(_RUN_COLUMNS) - {"id"}
    table, extra = {
        "runs": (tables.Run, set()),
        "metrics": (tables.Metric, set()),
        "snapshots": (tables.Snapshot, of_run),
        "agents": (tables.Agent, of_run | set(_SNAPSHOT_COLUMNS)),
        "matches": (tables.Match, {"boardsize"}),
        "games": (tables.Game, set()),
        "blunder_rates": (tables.BlunderRate, set()),
        "traces": (tables.Trace, set()),
    }[name]
    return {column.name for column in table.__table__.columns} | extra


def _json_columns(name: str) -> set[str]:
    return JSON_OF_TRACES if name == "traces" else JSON_COLUMNS


def _parsed(column: pd.Series, path: Path) -> pd.Series:
    try:
        values = [None if pd.isna(text) else from_json(text) for text in column]
    except ValueError as error:
        raise InputError(
            f"{path}: column {column.name!r} holds no JSON ({error}); export the rows again"
        ) from error
    return pd.Series(values, index=column.index, dtype=object)


def _unpacked(column: pd.Series, path: Path) -> pd.Series:
    try:
        return pd.Series([bytes.fromhex(text) for text in column], column.index, object)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{path}: column {column.name!r} holds no hexadecimal bits ({error}); export the rows "
            "again"
        ) from error


def _as_text(rows: LabRows) -> dict[str, pd.DataFrame]:
    """The frames with their JSON and bits written out."""
    frames = {}
    for field in dataclasses.fields(rows):
        frame = getattr(rows, field.name).copy()
        for column in _json_columns(field.name) & set(frame.columns):
            frame[column] = [None if value is None else to_json(value) for value in frame[column]]
        if field.name == "traces":
            for column in BIT_COLUMNS:
                frame[column] = [bits.hex() for bits in frame[column]]
        frames[field.name] = frame
    return frames


def _written(path: Path, write) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; choose another folder") from error
    return path
