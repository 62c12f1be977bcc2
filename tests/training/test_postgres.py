"""A lab's database on a PostgreSQL server: the same rows and refusals, no password anywhere."""

from __future__ import annotations

import itertools

import pytest
import sqlalchemy as sa

from games.errors import InputError
from training.store import (
    Agent,
    Leases,
    Match,
    Run,
    Store,
    StoreAwayError,
    add_missing,
    place_database,
    put,
)
from training.store.match_counts import stage_matches
from training.store.place import PLACE_NAME
from training.store.postgres import postgres_engine
from training.store.versions import SCHEMA_VERSION

names = (f"store{number}" for number in itertools.count())


@pytest.fixture
def address(postgres, own_settings) -> str:
    """Of an empty database."""
    return postgres.address(next(names))


@pytest.fixture
def store(address, tmp_path) -> Store:
    place_database(tmp_path / "lab", address)
    return Store(tmp_path / "lab")


RUN = {
    "game": "hex", "boardsize": 3, "network": "1x1", "width": 1, "depth": 1, "parameters": 2**40,
    "seed": 0, "config": {"b": 1, "a": [None, 0.1]}, "status": "running", "device": "cpu",
    "devices": 1, "commit": "none", "command": "test",
}  # fmt: skip


def write(store: Store) -> None:
    """Rows in every way in which rows are written."""
    with store.session() as session:
        add_missing(session, Run, [RUN | {"id": name} for name in ("b", "A", "a")])
        add_missing(session, Run, [RUN | {"id": "a", "width": 9}])  # there already
        put(session, Run, {"id": "b"}, RUN | {"status": "done"})
        agent = {"kind": "random", "game": "hex", "boardsize": 3, "search_id": ""}
        add_missing(session, Agent, [agent | {"spec": f"p{k}"} for k in range(2)])
        counts = {"games": 3, "distinct_games": 3, "black_wins": 2, "white_wins": 1}
        for number in range(2):
            session.add(Match(tournament="t", round=number, black_id=1, white_id=2, **counts))


def read(store: Store) -> list:
    with store.session() as session:
        runs = session.execute(sa.select(Run.id, Run.status, Run.width, Run.config, Run.parameters))
        return [
            sorted(tuple(row) for row in runs),
            session.scalars(sa.select(Run.id).order_by(Run.id)).all(),
            stage_matches(store).to_dict("records"),
        ]


def test_it_holds_what_a_file_holds(store, tmp_path):
    file = Store(tmp_path / "file")
    for one in (file, store):
        write(one)
    assert read(store) == read(file)
    assert read(store)[1] == ["A", "a", "b"]  # not as a language sorts
    assert read(Store(store.folder)) == read(file)
    only_read = Store(store.folder, read_only=True)
    assert read(only_read) == read(file)
    with pytest.raises(InputError, match="read-only"), only_read.session() as session:
        add_missing(session, Run, [RUN | {"id": "new"}])


def test_leases_are_the_same(store):
    with Leases(store) as one, Leases(Store(store.folder)) as other:
        one.list_anew()
        assert one.claim("task", ["a", "b"])
        assert not other.claim("other", ["b", "c"])
        assert other.standing("abc") == {"a": "held", "b": "held", "c": "free"}
        one.give_back(["a", "b"], finished=True)
        assert other.standing("a") == {"a": "finished"}


def test_a_later_version_and_foreign_tables_are_refused_and_an_earlier_one_is_completed(
    store,
):
    def opened_anew(**settings: bool) -> Store:
        postgres_engine.cache_clear()  # as another process would
        return Store(store.folder, **settings)

    def change(statement: str) -> None:
        with store.session() as session:
            session.execute(sa.text(statement))

    change(f"COMMENT ON TABLE run IS 'hexlaw schema {SCHEMA_VERSION + 1}'")
    with pytest.raises(InputError, match=r"later version of hexlaw .* install that version"):
        opened_anew()
    change("ALTER TABLE match DROP COLUMN draws")
    change("COMMENT ON TABLE run IS 'hexlaw schema 0'")
    with pytest.raises(InputError, match="earlier version"):
        opened_anew(read_only=True)
    write(opened_anew())
    assert stage_matches(store)["draws"].tolist() == [0]
    change("DROP SCHEMA public CASCADE")
    change("CREATE SCHEMA public")
    change("CREATE TABLE diary (day text)")
    with pytest.raises(InputError, match="database of something else"):
        opened_anew()


def test_a_password_is_refused_and_never_repeated(tmp_path, own_settings):
    for address in ("postgresql://me:hunter2@host/lab", "postgresql://host/lab?password=hunter2"):
        with pytest.raises(InputError, match=r"leave the password out.*pgpass") as refused:
            place_database(tmp_path, address)
        assert "hunter2" not in str(refused.value)
    with pytest.raises(InputError, match="a store is named by an address like") as refused:
        place_database(tmp_path, "postgres//me:hunter2@host")
    assert "hunter2" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_password_from_the_environment_is_written_nowhere(store, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    again = Store(store.folder)
    write(again)
    assert "hunter2" not in again.place
    files = [path for path in store.folder.rglob("*") if path.is_file()]
    assert files
    assert all(b"hunter2" not in path.read_bytes() for path in files)


def test_a_strangers_lab_makes_nobody_connect(store, tmp_path, own_settings):
    """Its folder names a database; this user has not."""
    lab = tmp_path / "strangers"
    lab.mkdir()
    (lab / PLACE_NAME).write_text("postgresql://them@127.0.0.1:1/bait\n")
    with pytest.raises(InputError, match=r"not been told to connect.*name postgresql://them@"):
        Store(lab)
    copied = tmp_path / "copied"
    copied.mkdir()
    (copied / PLACE_NAME).write_text((store.folder / PLACE_NAME).read_text())
    Store(copied)  # named before, with --store


def test_one_lab_has_one_database(store, tmp_path, address):
    with pytest.raises(InputError, match="has its database at"):
        place_database(store.folder, "postgresql://elsewhere/lab")
    Store(tmp_path / "file")
    with pytest.raises(InputError, match=r"has its database in lab\.sqlite"):
        place_database(tmp_path / "file", address)


def test_a_database_that_is_away_is_told_from_one_that_is_bad(own_settings, tmp_path):
    place_database(tmp_path, "postgresql://me@127.0.0.1:1/lab")
    with pytest.raises(StoreAwayError, match=r"postgresql://me@127.0.0.1:1/lab.*run the same comm"):
        Store(tmp_path)
