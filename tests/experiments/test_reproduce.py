"""`hexlaw reproduce`: the whole path, its stops, and what is left to do the second time."""

from __future__ import annotations

import functools
import itertools
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from analysis.report import ReportPaths, write_report
from experiments import parallel, reporting, reproduce
from experiments.plan import load_plan
from training.store import Agent, BlunderRate, Game, Match, Run, Snapshot, Store

PLAN = load_plan("smoke")
AGENTS = {3: 2 * 3, 4: 1 * 3}  # networks times snapshots, by board


def command(folder: Path, *more: str) -> list[str]:
    lab = ["--lab", str(folder / "lab"), "--out", str(folder / "report")]
    return ["reproduce", "--preset", "smoke", *lab, "--workers", "1", *more]


@pytest.fixture(scope="module", autouse=True)
def few_resamples():
    """The bootstrap of the fits is half of the report's time, and its tests are elsewhere."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (reproduce, reporting):
            patch.setattr(module, "write_report", functools.partial(write_report, resamples=20))
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory, hexlaw) -> Path:
    """A folder with the lab and the report of the smoke preset, made without a break."""
    folder = tmp_path_factory.mktemp("smoke")
    assert hexlaw(*command(folder)) == 0
    return folder


def rows(folder: Path) -> dict[str, list[tuple]]:
    """What a lab holds, without what tells one day or machine from another."""
    queries = {
        "runs": sa.select(Run.id, Run.status),
        "snapshots": sa.select(Snapshot.run_id, Snapshot.index, Snapshot.sha256, Snapshot.samples),
        "agents": sa.select(Agent.snapshot_id, Agent.search_id, Agent.test_flops),
        "matches": sa.select(Match.tournament, Match.round, Match.games, Match.black_wins),
        "games": sa.select(Game.moves, Game.winner),
        "blunders": sa.select(Agent.spec, *BlunderRate.__table__.columns[2:]).join(Agent),
    }
    store = Store(folder / "lab")
    return {name: sorted(store.frame_query(query)[1]) for name, query in queries.items()}


@pytest.fixture
def no_report(monkeypatch) -> None:
    """The report takes seconds, and its tests are elsewhere."""
    written = ReportPaths(index=Path("index.html"), figures=[], tables=[])
    monkeypatch.setattr(reproduce, "write_report", lambda rows, folder: written)


def test_everything_is_trained_played_and_stored(finished):
    found = rows(finished)
    assert found["runs"] == sorted((run.run_id, "done") for run in PLAN.runs)
    assert len(found["snapshots"]) == sum(AGENTS.values())
    # Every snapshot plays with 8 nodes and is judged with 1 too, each board's best with 4 as well.
    assert len(found["agents"]) == 2 * sum(AGENTS.values()) + len(AGENTS)
    last = 2 * len(PLAN.runs) + len(AGENTS)  # in their own games, too
    assert len(found["blunders"]) == len(found["agents"]) + last
    ordered_pairs = sum(agents * (agents - 1) for agents in AGENTS.values())
    assert len(found["matches"]) == len(found["games"]) == ordered_pairs


def test_the_report_is_one_page_with_its_figures_and_rows_beside_it(finished):
    page = (finished / "report" / "index.html").read_text()
    assert "</html>" in page
    assert "http-equiv" not in page
    assert "<script src" not in page
    for suffix in ("svg", "png", "parquet", "csv"):
        assert list((finished / "report").rglob(f"*.{suffix}")), suffix


@pytest.mark.usefixtures("no_report")
def test_the_second_time_nothing_is_left_to_do(finished, hexlaw, capsys, monkeypatch):
    monkeypatch.setattr(reproduce, "run_tasks", None)
    before = rows(finished)
    assert hexlaw(*command(finished, "--json")) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["lab"] == str(finished / "lab")
    assert printed.err.count("done already") == 3
    assert rows(finished) == before


def interrupting(title: str, events: int) -> Callable[..., bool]:
    """`run_tasks` with a Ctrl-C in the tasks whose names hold `title`, after so many events."""

    def run_tasks(tasks, workers, listen) -> bool:
        count = itertools.count(1)

        def poke(event) -> None:
            if title in event.name and next(count) == events:
                os.kill(os.getpid(), signal.SIGINT)
            listen(event)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(parallel, "SECONDS_BETWEEN_REPORTS", 0.0)
            return parallel.run_tasks(tasks, workers, poke)

    return run_tasks


@pytest.mark.usefixtures("no_report")
def test_it_goes_on_after_a_stop_in_each_stage_and_ends_the_same(
    finished, tmp_path, hexlaw, monkeypatch, capsys
):
    """In the first run, in the last run, in the middle of a round of the arena, and of judging."""
    for title, events in (
        ("4×4 board, net", 5),
        ("3×3 board, net", 19),
        ("round", 4),
        ("judging", 2),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(reproduce, "run_tasks", interrupting(title, events))
            assert hexlaw(*command(tmp_path)) == 130, title
        assert "run the same command again" in capsys.readouterr().err
    assert hexlaw(*command(tmp_path)) == 0
    assert rows(tmp_path) == rows(finished)


def test_a_lab_of_another_plan_is_refused_by_name(finished, tmp_path, hexlaw, capsys):
    plan = tmp_path / "other.toml"
    text = (Path(reproduce.__file__).parent / "presets" / "smoke.toml").read_text()
    plan.write_text(text.replace("seeds = 1", "seeds = 2"))
    before = rows(finished)
    capsys.readouterr()
    assert hexlaw("reproduce", "--plan", plan, "--lab", finished / "lab") == 2
    message = capsys.readouterr().err
    assert str(finished / "lab") in message
    assert "its runs differ" in message
    assert rows(finished) == before


def test_the_report_can_be_written_again_from_its_rows_alone(finished, tmp_path, hexlaw):
    source = finished / "report" / "tables"
    assert hexlaw("report", "--source", source, "--out", tmp_path / "report") == 0
    assert (tmp_path / "report" / "index.html").exists()
    for table in source.glob("*.csv"):
        again = tmp_path / "report" / "tables" / table.name
        assert again.read_bytes() == table.read_bytes(), table.name


@pytest.mark.usefixtures("no_report")
def test_a_snapshot_that_went_missing_is_named_and_nothing_is_lost(
    finished, tmp_path, hexlaw, monkeypatch, capsys
):
    """Stopped before the arena, one file deleted, then put back."""
    with monkeypatch.context() as patch:
        patch.setattr(reproduce, "run_tasks", interrupting("round", 1))
        assert hexlaw(*command(tmp_path)) == 130
    victim = next((tmp_path / "lab" / "snapshots").rglob("01.safetensors"))
    content = victim.read_bytes()
    victim.unlink()
    capsys.readouterr()
    assert hexlaw(*command(tmp_path)) == 2
    assert str(victim) in capsys.readouterr().err
    victim.write_bytes(content)
    assert hexlaw(*command(tmp_path)) == 0
    assert rows(tmp_path) == rows(finished)
