"""The store: its documentation, its uniqueness, and what it refuses."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from games.errors import InputError
from training.store import (
    DATABASE_NAME,
    STORED_MARKER,
    Agent,
    Game,
    Match,
    Metric,
    Run,
    Snapshot,
    Store,
    Table,
)
from training.store.database import SCHEMA_VERSION

DOCUMENT = Path(__file__).parents[2] / "docs" / "data.md"


def described() -> str:
    """The tables of docs/data.md as they should read."""
    parts = []
    for table in Table.metadata.sorted_tables:
        parts.append(f"### {table.name}\n\n| column | type | meaning |\n|---|---|---|\n")
        for column in table.columns:
            kind = str(column.type).lower() + (", may be empty" if column.nullable else "")
            parts.append(f"| `{column.name}` | {kind} | {column.doc} |\n")
        parts.append("\n")
    return "".join(parts)


def test_the_documentation_describes_every_column_and_no_other():
    begin, end = "<!-- tables: begin -->\n\n", "<!-- tables: end -->"
    text = DOCUMENT.read_text()
    found = text.partition(begin)[2].partition(end)[0]
    assert found == described(), (
        f"{DOCUMENT.name} and the `doc=` of the tables differ; they should read\n\n" + described()
    )


def test_every_column_has_its_sentence():
    for table in Table.metadata.sorted_tables:
        for column in table.columns:
            assert column.doc, f"{table.name}.{column.name}"
            assert column.doc.endswith("."), f"{table.name}.{column.name}"


def run_row(name: str = "r") -> Run:
    return Run(
        id=name,
        game="hex",
        boardsize=3,
        network="1x1",
        width=1,
        depth=1,
        parameters=1,
        seed=0,
        config={},
        device="cpu",
        commit="none",
        command="test",
    )


def snapshot_row(index: int = 0) -> Snapshot:
    counts = dict.fromkeys(
        [
            "samples",
            "learner_samples",
            "network_evaluations",
            "selfplay_flops",
            "learner_flops",
            "train_flops",
            "jones_flops",
            "seconds",
            "selfplay_seconds",
            "learner_seconds",
            "other_seconds",
        ],
        1,
    )
    return Snapshot(run_id="r", index=index, file="f", sha256="0", **counts)


def metric_row(iteration: int = 1) -> Metric:
    means = dict.fromkeys(
        ["policy_loss", "value_loss", "policy_entropy", "policy_kl", "samples_per_second"], 1.0
    )
    return Metric(run_id="r", iteration=iteration, samples=1, seconds=1.0, **means)


def agent_row(search_id: str = "s") -> Agent:
    who = {"kind": "network", "spec": "r#0@nodes=1", "game": "hex", "boardsize": 3}
    return Agent(**who, snapshot_id=1, search_id=search_id, nodes=1, search={}, test_flops=1.0)


def match_row(round_index: int = 0) -> Match:
    counts = {"games": 1, "distinct_games": 1, "black_wins": 1, "white_wins": 0}
    return Match(tournament="t", round=round_index, black_id=1, white_id=2, **counts)


def game_row(index: int = 0) -> Game:
    return Game(match_id=1, index=index, opening_plies=0, moves=b"", winner=0, seed=0)


@pytest.fixture
def store(tmp_path) -> Store:
    """A store with one row in each table."""
    store = Store(tmp_path)
    rows = [run_row(), snapshot_row(), metric_row(), agent_row(), agent_row("t")]
    for row in [*rows, match_row(), game_row()]:
        with store.session() as session:
            session.add(row)
    return store


def count(store: Store) -> dict[str, int]:
    with store.session() as session:
        return {
            table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Table.metadata.sorted_tables
        }


@pytest.mark.parametrize("row", [run_row, snapshot_row, metric_row, agent_row, match_row, game_row])
def test_the_same_work_cannot_leave_two_rows(store, row):
    before = count(store)
    with pytest.raises(exc.IntegrityError, match="UNIQUE"), store.session() as session:
        session.add(row())
    assert count(store) == before


def test_a_row_must_belong_to_something(store):
    orphan = snapshot_row(7)
    orphan.run_id = "nobody"
    with pytest.raises(exc.IntegrityError, match="FOREIGN KEY"), store.session() as session:
        session.add(orphan)


def test_an_exception_takes_the_whole_transaction_back(store):
    before = count(store)

    def give_up() -> None:
        with store.session() as session:
            session.add(run_row("another"))
            session.flush()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        give_up()
    assert count(store) == before


def test_opening_a_store_again_keeps_its_rows(store):
    assert count(Store(store.folder)) == count(store)
    assert Store(store.folder).frame_query(sa.select(Run.id, Run.status)) == (
        ["id", "status"],
        [("r", "running")],
    )


def test_one_process_can_read_while_another_is_writing(store):
    """WAL mode: the report of a running lab."""
    other = Store(store.folder)
    with store.session() as session:
        session.add(run_row("half-written"))
        session.flush()
        assert count(other)["run"] == 1
    assert count(other)["run"] == 2


def complaint(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        Store(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert "folder" in message
    return message


def test_a_damaged_database_is_named_and_left_as_it_is(store):
    """The header survives, a page in the middle does not."""
    store._engine.dispose()
    for beside in store.folder.glob("*-wal"):
        beside.unlink()
    content = bytearray(store.path.read_bytes())
    content[4096 : 3 * 4096] = b"\xff" * 2 * 4096
    store.path.write_bytes(content)
    assert str(store.path) in complaint(store.folder)
    assert store.path.read_bytes()[: len(content)] == content


def test_a_file_that_is_no_database_is_named_and_left_as_it_is(tmp_path):
    (tmp_path / DATABASE_NAME).write_text("my diary\n" * 1000)
    assert str(tmp_path / DATABASE_NAME) in complaint(tmp_path)
    assert (tmp_path / DATABASE_NAME).read_text() == "my diary\n" * 1000


@pytest.mark.parametrize(
    ("name", "culprit"), [("game", "table 'game' lacks"), ("diary", "of something else")]
)
def test_a_database_with_foreign_tables_is_named_and_left_as_it_is(tmp_path, name, culprit):
    path = tmp_path / DATABASE_NAME
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE {name} (title TEXT, played TEXT)")
        connection.execute(f"INSERT INTO {name} VALUES ('chess', 'yesterday')")
    message = complaint(tmp_path)
    assert str(path) in message
    assert culprit in message
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
        rows = connection.execute(f"SELECT * FROM {name}").fetchall()
    assert tables == [(name,)]
    assert rows == [("chess", "yesterday")]


def test_tables_that_a_kill_left_uncreated_are_created_by_the_next_one(store):
    with contextlib.closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("DROP TABLE game")
    assert count(Store(store.folder))["match"] == 1
    assert count(Store(store.folder))["game"] == 0


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "lab").write_text("")
    assert str(tmp_path / "lab") in complaint(tmp_path / "lab")


def test_a_folder_in_the_place_of_the_database_is_named(tmp_path):
    (tmp_path / DATABASE_NAME).mkdir()
    assert str(tmp_path / DATABASE_NAME) in complaint(tmp_path)


def as_first_written(store: Store) -> Path:
    """Make of a lab what version 0 wrote: no draws, no entropies, no calls, no version."""
    store.close()
    with contextlib.closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("ALTER TABLE match DROP COLUMN draws")
        connection.execute("ALTER TABLE blunder_rate DROP COLUMN entropy")
        connection.execute("ALTER TABLE agent DROP COLUMN dependent_calls")
        connection.execute("PRAGMA user_version=0")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return store.folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def version(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


DRAWS = sa.select(Match.black_wins, Match.white_wins, Match.draws)


def test_a_lab_of_an_earlier_version_is_brought_to_this_one(store):
    before = count(store)
    folder = as_first_written(store)
    again = Store(folder)
    assert again.frame_query(DRAWS)[1] == [(1, 0, 0)]
    assert count(again) == before
    assert version(again.path) == SCHEMA_VERSION
    assert Store(folder).frame_query(DRAWS)[1] == [(1, 0, 0)]


def test_a_lab_that_is_only_read_stays_as_it_is_and_gets_no_files_beside_it(store):
    for folder in (store.folder, as_first_written(store)):
        store.close()
        before = contents(folder)
        only_read = Store(folder, read_only=True)
        assert only_read.frame_query(DRAWS)[1] == [(1, 0, 0)]
        assert count(only_read)["game"] == 1
        with pytest.raises(InputError, match="readonly"), only_read.session() as session:
            session.add(run_row("new"))
        assert contents(folder) == before


def test_a_table_that_an_unfinished_lab_lacks_is_empty_to_its_reader(store):
    store.close()
    with contextlib.closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("DROP TABLE game")
    before = contents(store.folder)
    assert count(Store(store.folder, read_only=True)) == {**count_before_drop(), "game": 0}
    assert contents(store.folder) == before


def count_before_drop() -> dict[str, int]:
    return {
        "run": 1, "solution": 0, "metric": 1, "snapshot": 1, "agent": 2, "blunder_rate": 0,
        "match": 1, "trace": 0, "job": 0, "lease": 0, "worker": 0,
    }  # fmt: skip


def test_a_reader_sees_what_a_writer_adds(store):
    only_read = Store(store.folder, read_only=True)
    assert count(only_read)["run"] == 1
    with store.session() as session:
        session.add(run_row("later"))
    assert count(only_read)["run"] == 2


@pytest.mark.parametrize("read_only", [False, True])
def test_a_lab_of_a_later_version_is_refused(store, read_only):
    store.close()
    with contextlib.closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    before = contents(store.folder)
    with pytest.raises(InputError, match=r"later version of hexlaw .* install that version"):
        Store(store.folder, read_only=read_only)
    assert contents(store.folder).keys() == before.keys()


def test_a_stored_lab_is_read_but_not_written(store):
    store.close()
    (store.folder / STORED_MARKER).write_text("kept")
    assert f"delete {STORED_MARKER}" in complaint(store.folder)
    assert count(Store(store.folder, read_only=True))["run"] == 1


def test_an_empty_file_beside_snapshots_is_no_new_lab(tmp_path):
    (tmp_path / DATABASE_NAME).touch()
    (tmp_path / "snapshots").mkdir()
    assert "is empty" in complaint(tmp_path)
    with pytest.raises(InputError, match="is empty"):
        Store(tmp_path, read_only=True)
    assert (tmp_path / DATABASE_NAME).stat().st_size == 0
