"""`hexlaw reproduce`: the whole path, its stops, and what is left to do the second time."""

from __future__ import annotations

import collections
import functools
import itertools
import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from analysis.report.by_game import write_reports
from analysis.report.report import ReportPaths, write_report
from analysis.tables.rows import load_lab, read_parquet
from experiments.arena import strength
from experiments.machine import parallel
from experiments.reproduction import jones2021
from experiments.reproduction.plan import load_plan
from experiments.reproduction.stages.nodes import Nodes
from experiments.reproduction.stages.perfect import Perfect
from experiments.verbs import report
from games.hex import Hex
from training.files import load_snapshot
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
        patch.setattr(jones2021, "write_report", functools.partial(write_report, resamples=20))
        patch.setattr(report, "write_reports", functools.partial(write_reports, resamples=20))
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
        "matches": sa.select(
            Match.tournament, Match.stage, Match.round, Match.games, Match.black_wins
        ),
        "games": sa.select(Game.moves, Game.winner),
        "examples": sa.select(Game.moves).where(Game.analysis.is_not(None)),
        "blunders": sa.select(Agent.spec, *BlunderRate.__table__.columns[2:]).join(Agent),
    }
    store = Store(folder / "lab")
    return {name: sorted(store.frame_query(query)[1], key=repr) for name, query in queries.items()}


@pytest.fixture
def no_report(monkeypatch) -> None:
    """The report takes seconds, and its tests are elsewhere."""
    written = ReportPaths(index=Path("index.html"), figures=[], tables=[])
    monkeypatch.setattr(jones2021, "write_report", lambda rows, folder, **settings: written)


def test_everything_is_trained_played_and_stored(finished):
    found = rows(finished)
    assert found["runs"] == sorted(((run.run_id, "done") for run in PLAN.runs), key=repr)
    assert len(found["snapshots"]) == sum(AGENTS.values())
    judged = {row[0] for row in found["blunders"]}
    # Every snapshot is judged with 8 nodes and with 1, each board's best with 4 as well.
    assert len(judged) == 2 * sum(AGENTS.values()) + len(AGENTS)
    last = 2 * len(PLAN.runs) + len(AGENTS)  # in their own games, too
    assert len(found["blunders"]) == len(judged) + last
    played = collections.Counter(stage for _, stage, *_ in found["matches"])
    assert played["league"] == sum(agents * (agents - 1) for agents in AGENTS.values())
    assert played["league_jones"] == 4 * 2  # ordered pairs, of two snapshots of two runs
    assert played["direct"] == sum(2 * (agents - 1) for agents in AGENTS.values())
    games = {stage: games for _, stage, _, games, _ in found["matches"]}
    assert (games["perfect"], games["direct"], games["league"]) == (16, 1, 1)
    assert len(found["games"]) == sum(games for _, _, _, games, _ in found["matches"])
    assert len(found["examples"]) == 1


def test_the_best_agent_and_the_last_of_each_run_meet_perfect_play(finished):
    store = Store(finished / "lab")
    takes_part = sa.or_(Match.black_id == Agent.id, Match.white_id == Agent.id)
    query = sa.select(Agent.id).join(Match, takes_part).where(Match.stage == "perfect")
    met = {number for (number,) in store.frame_query(query)[1]}
    perfect = store.frame_query(query.where(Agent.kind == "perfect"))[1]
    expected = {number for (number,) in perfect}
    boards = PLAN.stage(Perfect).boards
    assert boards is not None
    assert len(expected) == len(boards)  # a perfect player a board
    for size in boards:
        points = strength.league_points(store, Hex(size))
        last = points[points["index"] == points["index"].max()]
        expected |= {int(points["id"].iloc[0]), *last["id"].tolist()}
    assert met == expected


def test_one_fit_rates_every_snapshot_of_the_sweep_with_every_number_of_nodes(finished):
    store = Store(finished / "lab")
    elo = strength.ratings(store, Hex(3), ["league", "nodes"])
    query = sa.select(Agent.id, Agent.snapshot_id, Agent.nodes).where(Agent.id.in_(elo))
    nodes: dict[int, set[int]] = {}
    for _, snapshot, count in store.frame_query(query)[1]:
        nodes.setdefault(snapshot, set()).add(count)
    stage = PLAN.stage(Nodes)
    swept = [snapshot for snapshot, counts in nodes.items() if counts == set(stage.nodes)]
    assert len(swept) >= 2 * stage.snapshots
    assert set(map(frozenset, nodes.values())) <= {frozenset(stage.nodes), frozenset({8})}


def test_the_report_is_one_page_with_its_figures_and_rows_beside_it(finished):
    page = (finished / "report" / "index.html").read_text()
    assert "</html>" in page
    assert "http-equiv" not in page
    assert "<script src" not in page
    for suffix in ("svg", "png", "parquet", "csv"):
        assert list((finished / "report").rglob(f"*.{suffix}")), suffix


@pytest.mark.usefixtures("no_report")
def test_the_second_time_nothing_is_left_to_do(finished, hexlaw, capsys, monkeypatch):
    monkeypatch.setattr(parallel, "run_tasks", None)
    before = rows(finished)
    assert hexlaw(*command(finished, "--json")) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["lab"] == str(finished / "lab")
    assert printed.err.count("done already") == 7
    assert rows(finished) == before


def interrupting(title: str, events: int) -> Callable[..., bool]:
    """`run_tasks` with a Ctrl-C in the tasks whose names hold `title`, after so many events."""

    whole = parallel.run_tasks

    def run_tasks(tasks, workers, listen, leases) -> bool:
        count = itertools.count(1)

        def poke(event) -> None:
            if title in event.name and next(count) == events:
                os.kill(os.getpid(), signal.SIGINT)
            listen(event)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("experiments.machine.tasks.SECONDS_BETWEEN_REPORTS", 0.0)
            return whole(tasks, workers, poke, leases)

    return run_tasks


@pytest.mark.usefixtures("no_report")
def test_it_goes_on_after_a_stop_in_each_stage_and_ends_the_same(
    finished, tmp_path, hexlaw, monkeypatch, capsys
):
    """In the first run, in the last run, in the middle of a round of each stage, in the second
    round of the sweep, and in judging: in the order in which one worker comes to them."""
    for title, events in (
        ("3×3 board, net", 5),
        ("4×4 board, net", 5),
        ("League: ", 4),
        ("League as Jones played it: ", 2),
        ("Test-time search: ", 14),
        ("judging", 2),
        ("Perfect play: 3×3 board, round", 3),
        ("Against the best agent: ", 3),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(parallel, "run_tasks", interrupting(title, events))
            assert hexlaw(*command(tmp_path)) == 130, title
        assert "run the same command again" in capsys.readouterr().err
        assert hexlaw(*command(tmp_path, "--status", "--json")) == 0
        stages = json.loads(capsys.readouterr().out)["stages"]
        assert any(stage["seconds_left"] != 0 for stage in stages)
    assert hexlaw(*command(tmp_path)) == 0
    assert rows(tmp_path) == rows(finished)


def test_status_counts_what_is_there_and_leaves_everything_as_it_is(
    finished, tmp_path, hexlaw, capsys
):
    before = rows(finished)
    capsys.readouterr()
    assert hexlaw(*command(finished, "--status", "--json")) == 0
    over = json.loads(capsys.readouterr().out)["stages"]
    assert all(stage["done"] == stage["parts"] > 0 for stage in over)
    assert sum(stage["seconds_left"] for stage in over) == 0
    assert all(0 < stage["compiling"] < stage["seconds"] for stage in over[:2])
    for stage in over:
        parts = [stage[name] for name in ("compiling", "playing", "learning", "judging")]
        assert sum(parts) <= stage["seconds"] + 1e-3
    did = {
        doing: {stage["stage"] for stage in over if stage[doing] > 0}
        for doing in ("playing", "learning", "judging")
    }
    assert did["playing"] == {"training", "league", "league_jones", "nodes", "direct", "perfect"}
    assert did["learning"] == {"training"}
    assert did["judging"] == {"perfect"}
    assert rows(finished) == before

    assert hexlaw(*command(tmp_path, "--status", "--json")) == 0
    todo = json.loads(capsys.readouterr().out)["stages"]
    assert all(stage["done"] == 0 and stage["seconds_left"] is None for stage in todo)
    assert [stage["parts"] for stage in todo] == [stage["parts"] for stage in over]
    assert not list(tmp_path.iterdir())


def test_a_stage_whose_forerunner_is_not_over_is_refused(tmp_path, hexlaw, capsys):
    assert hexlaw(*command(tmp_path, "--stages", "league", "report")) == 2
    message = capsys.readouterr().err
    assert "league builds on training" in message
    assert not rows(tmp_path)["agents"]


@pytest.mark.usefixtures("no_report")
def test_a_plan_that_gained_rounds_and_stages_goes_on_in_its_lab(finished, tmp_path, hexlaw):
    shutil.copytree(finished / "lab", tmp_path / "lab")
    text = (Path(jones2021.__file__).parent / "presets" / "smoke.toml").read_text()
    plan = tmp_path / "more.toml"
    plan.write_text(text.replace('"direct"', '"direct"\nrounds = 2'))
    lab = ["--plan", str(plan), "--lab", str(tmp_path / "lab"), "--workers", "1"]
    assert hexlaw("reproduce", *lab, "--stages", "direct") == 0
    found, before = rows(tmp_path), rows(finished)
    assert {name for name in found if found[name] != before[name]} == {"matches", "games"}
    more = len(found["matches"]) - len(before["matches"])
    assert more == sum(2 * (agents - 1) for agents in AGENTS.values())


def test_a_lab_of_another_plan_is_refused_by_name(finished, tmp_path, hexlaw, capsys):
    plan = tmp_path / "other.toml"
    text = (Path(jones2021.__file__).parent / "presets" / "smoke.toml").read_text()
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
    assert hexlaw("report", "--from", source, "--out", tmp_path / "report") == 0
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
        patch.setattr(parallel, "run_tasks", interrupting("League: ", 1))
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


def test_a_lab_is_exported_as_tables_and_as_a_small_lab_with_weights(
    finished, tmp_path, hexlaw, capsys
):
    out = tmp_path / "stored"
    export = ["export", "--lab", finished / "lab", "--out", out]
    labels = finished / "lab" / "labels"
    (labels / "hex3-exact-0").mkdir(parents=True)
    (labels / "hex3-exact-0" / "set.json").write_text("{}")
    assert hexlaw(*export) == 0
    shutil.rmtree(labels)
    whole, tables = load_lab(Store(finished / "lab")), read_parquet(out / "tables")
    for name in ("runs", "snapshots", "agents", "matches", "blunder_rates"):
        assert len(getattr(tables, name)) == len(getattr(whole, name)) > 0, name
    assert set(tables.games["id"]) < set(whole.games["id"])
    assert tables.games["analysis"].notna().sum() == 1
    text = (out / "README.md").read_text()
    assert "| 3×3 | efficient | 2 | 2 | 1 |" in text
    assert "Not here: the lab's label sets (hex3-exact-0)." in text
    assert str(finished) not in text + tables.runs["command"].str.cat()

    small = load_lab(Store(out / "lab", read_only=True))
    for snapshot in small.snapshots.to_dict("records"):
        _, run = load_snapshot(out / "lab" / snapshot["file"], snapshot["sha256"])
        assert run.run_id == snapshot["run_id"]
    assert set(small.snapshots["boardsize"]) == {3, 4}
    assert set(small.games["match_id"]) <= set(small.matches["id"])
    assert set(small.matches["black_id"]) <= set(small.agents["id"])
    elo = strength.ratings(Store(finished / "lab"), Hex(4), ["league"])
    best = whole.agents.set_index("id").loc[max(elo, key=lambda agent: elo[agent])]
    assert best["spec"] in set(small.agents["spec"])

    capsys.readouterr()
    assert hexlaw(*export) == 2
    assert f"{out} is there already" in capsys.readouterr().err
