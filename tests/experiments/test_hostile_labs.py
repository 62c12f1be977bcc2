"""A stranger's lab runs no code when it is opened, and leads nobody to files outside it.

Everything in it is data: safetensors, SQLite, JSON and orbax's arrays. Each file is replaced by a
pickle that would leave a mark, the database holds SQL that would run, and its texts are made to
break whoever reads them. Whatever a command does with such a lab, it ends in order, and no mark is
left.
"""

from __future__ import annotations

import hashlib
import pickle
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.tables.rows import load_lab
from experiments.web.annotate import Annotator
from experiments.web.lab_view import LabView
from games.errors import InputError
from games.text.plain_json import from_json
from mcts import SearchConfig
from tests.experiments.verbs.test_merge import make_lab
from training.beginning import beginning_of
from training.config import TrainConfig
from training.files import Checkpoints
from training.program import TrainState
from training.store import Store

BAD_INPUT = 2
FILES = (
    "timings.json",
    "tensorboard/sent.json",
    "lab.pkl",
    "checkpoints/a/0.pkl",
    "checkpoints/a/7/_CHECKPOINT_METADATA",
    "checkpoints/a/7/metadata/metadata",
    "checkpoints/a/7/pytree/_METADATA",
    "checkpoints/a/7/pytree/manifest.ocdbt",
)
"""Names under which hexlaw and its libraries look for files, and two that ask for it."""


class Mark:
    """Unpickled, it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.write_text, (self.path, "code ran"))


@pytest.fixture
def lab(tmp_path) -> Path:
    return make_lab(tmp_path / "lab", "a", "b")


def poison(lab: Path, mark: Path) -> None:
    """Put pickles wherever a lab has files, described by the rows as if they were weights."""
    payload = pickle.dumps(Mark(mark))
    for name in FILES:
        (lab / name).parent.mkdir(parents=True, exist_ok=True)
        (lab / name).write_bytes(payload)
    for file in lab.rglob("*.safetensors"):
        file.write_bytes(payload)
    with sqlite3.connect(lab / "lab.sqlite") as database:
        database.execute("UPDATE snapshot SET sha256 = ?", (hashlib.sha256(payload).hexdigest(),))
    database.close()


def execute(lab: Path, *statements: str, values: tuple = ()) -> None:
    with sqlite3.connect(lab / "lab.sqlite") as database:
        for statement in statements:
            database.execute(statement, values)
    database.close()


def test_the_pickle_would_leave_its_mark(tmp_path):
    """Else the tests below could not fail."""
    pickle.loads(pickle.dumps(Mark(tmp_path / "mark")))
    assert (tmp_path / "mark").exists()


def test_pickles_in_place_of_files_are_never_run(lab, tmp_path, hexlaw, capsys):
    mark = tmp_path / "mark"
    poison(lab, mark)
    run = TrainConfig.model_validate({"boardsize": 3, "network": "1x1", "begin": "a#0"})
    with pytest.raises(InputError, match="is not a hexlaw snapshot"):
        beginning_of(Store(lab), run)
    checkpoints = Checkpoints(lab / "checkpoints" / "a")
    nothing: Any = np.zeros(1)  # whatever is asked for, the file is none of ours
    assert checkpoints.latest(TrainState(nothing, nothing, nothing, nothing)) is None
    checkpoints.close()
    assert hexlaw("merge", lab, "--into", tmp_path / "all") == 0  # as bytes
    assert hexlaw("report", "--from", lab, "--out", tmp_path / "report") == BAD_INPUT
    assert hexlaw("list", "--lab", lab) in (0, BAD_INPUT)
    assert hexlaw("play", "--against", "a#0", "--lab", lab, "--boardsize", 3) == BAD_INPUT
    assert hexlaw("reproduce", "--preset", "smoke", "--lab", lab, "--status") == BAD_INPUT
    assert "timings.json" in capsys.readouterr().err
    view = LabView(Store(lab, read_only=True))  # what hexlaw serve shows, and thinks with
    view.overview()
    with pytest.raises(InputError, match="is not a hexlaw snapshot"):
        Annotator(view).thinker("a#0", SearchConfig(nodes=1))
    assert not mark.exists()


def test_a_pickle_in_place_of_the_database_is_refused(lab, tmp_path, hexlaw, capsys):
    for file in lab.glob("lab.sqlite*"):
        file.unlink()
    (lab / "lab.sqlite").write_bytes(pickle.dumps(Mark(tmp_path / "mark")))
    assert hexlaw("merge", lab, "--into", tmp_path / "all") == BAD_INPUT
    assert "not a database" in capsys.readouterr().err
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER own AFTER UPDATE ON run BEGIN DELETE FROM snapshot; END",
        "CREATE VIEW own AS SELECT writefile('mark', 'code ran') FROM run",
        "CREATE VIEW own AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) "
        "SELECT i FROM n",
    ],
)
def test_a_database_with_sql_of_its_own_is_refused_read_or_written(lab, sql):
    execute(lab, sql)
    for read_only in (True, False):
        with pytest.raises(InputError, match=r"holds a (trigger|view) \('own'\).*do not trust"):
            Store(lab, read_only=read_only)


def test_functions_that_do_things_are_not_called_by_a_schema(lab):
    with Store(lab).session() as session:
        connection: Any = session.connection().connection.dbapi_connection
        assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)
        with pytest.raises(sqlite3.OperationalError, match="not authorized"):
            connection.execute("SELECT load_extension('anything')")


BOMBS = {
    "deep": "[" * 200_000,
    "deep and closed": "[" * 200_000 + "]" * 200_000,
    "long number": '{"seed": %s}' % ("9" * 10_000),
    "no JSON": "{",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_json_that_breaks_its_readers_is_refused_in_one_line(lab, tmp_path, hexlaw, capsys, text):
    execute(lab, "UPDATE run SET config = ?", values=(text,))
    assert hexlaw("merge", lab, "--into", tmp_path / "all") == BAD_INPUT
    assert hexlaw("report", "--from", lab, "--out", tmp_path / "report") == BAD_INPUT
    told = capsys.readouterr().err
    assert "JSON" in told
    assert told.count("\n") == 2
    assert len(told) < 1000
    with pytest.raises(InputError):
        load_lab(Store(lab, read_only=True))
    with pytest.raises(InputError):
        from_json(text)


@pytest.mark.parametrize("file", ["../secret", "/etc/hostname", "a/../../secret", "C:\\secret"])
def test_no_command_touches_a_file_outside_the_lab(lab, tmp_path, hexlaw, capsys, file):
    (tmp_path / "secret").write_text("mine")
    execute(lab, "UPDATE snapshot SET file = ?", values=(file,))
    assert hexlaw("merge", lab, "--into", tmp_path / "all") == BAD_INPUT
    assert hexlaw("export", "--lab", lab, "--out", tmp_path / "out") == BAD_INPUT
    assert hexlaw("play", "--against", "a#0", "--lab", lab, "--boardsize", 3) == BAD_INPUT
    assert capsys.readouterr().err.count("outside its lab") >= 2
    copies = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "secret"]
    assert all(path.read_bytes() != b"mine" for path in copies)
