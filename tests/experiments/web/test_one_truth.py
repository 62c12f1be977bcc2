"""Report, page, `rate` and a tournament say the same about the same agents."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from analysis.ratings.study import analyse
from analysis.tables.rows import load_lab
from experiments.web.lab_view import LabView, opponents
from tests.analysis.planted_lab import planted_lab
from training.store import Agent, Match, Run, Snapshot, Store


def stored(table, frame):
    """Rows as the table wants them; what a planted lab leaves open is 0."""
    rows = []
    for row in frame.to_dict("records"):
        known = {
            column.name: row.get(column.name)
            for column in table.__table__.columns
            if isinstance(row.get(column.name), dict) or pd.notna(row.get(column.name))
        }
        blank = {
            column.name: 0
            for column in table.__table__.columns
            if not (column.nullable or column.default or column.primary_key or column.name in known)
        }
        rows.append(blank | known)
    return rows


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Two boards with every stage: a league, one in the paper's convention, a sweep, perfect play;
    and on 3×3 two players who met only each other."""
    frames, _ = planted_lab(boards=(3, 4), seeds=1, networks=2, snapshots=4)
    store = Store(tmp_path_factory.mktemp("planted"))
    last = len(frames.agents)
    strangers = [
        {"id": last + k, "kind": "gtp", "spec": f"gtp:{k}", "game": "hex", "boardsize": 3,
         "search_id": ""} for k in (1, 2)
    ]  # fmt: skip
    met = {"tournament": "own", "stage": "arena", "round": 0, "black_id": last + 1, "games": 4,
           "white_id": last + 2, "distinct_games": 4, "black_wins": 3, "white_wins": 1}  # fmt: skip
    matches = frames.matches.drop(columns="id").assign(round=range(len(frames.matches)))
    with store.session() as session:
        for table, frame in (
            (Run, frames.runs), (Snapshot, frames.snapshots), (Agent, frames.agents),
            (Agent, pd.DataFrame(strangers)), (Match, matches),
            (Match, pd.DataFrame([met])),
        ):  # fmt: skip
            for row in stored(table, frame):
                session.execute(sa.insert(table), row)
    return store


def test_the_page_shows_the_report_s_numbers(lab):
    study = analyse(load_lab(lab), splits=1)
    page = {agent["id"]: agent for agent in LabView(lab).overview()["agents"]}
    compared = set()
    assert study.searchers is not None
    stages = [study.agents, study.rated["league_jones"].points, study.searchers.points]
    for row in pd.concat(stages).to_dict("records"):
        if row["player"] in compared:
            continue  # of the league; the sweep only leans on it
        compared.add(row["player"])
        shown = page[row["player"]]
        assert shown["elo"] == pytest.approx(row["elo"], abs=1e-4)
        assert (shown["low"], shown["high"]) == pytest.approx((row["low"], row["high"]), abs=1e-3)
    rated = {number for number, agent in page.items() if agent["elo"] is not None}
    assert compared == rated


def test_zero_is_perfect_play_and_strangers_are_not_ranked(lab):
    agents = LabView(lab).overview()["agents"]
    for size in (3, 4):
        here = [agent for agent in agents if agent["size"] == size]
        assert len({agent["name"] for agent in here}) == len(here)
        main = [agent for agent in here if agent["scale"] == "main"]
        assert [agent["name"] for agent in main if agent["zero"]] == ["perfect play"]
        assert [agent["elo"] for agent in main if agent["kind"] == "perfect"] == [0]
        jones = [agent for agent in here if agent["scale"] == "jones"]
        assert max(agent["elo"] for agent in jones) == 0
        assert len(jones) == 16
        assert here[: len(main)] == main  # ranked first, the strongest first
        elos = [agent["elo"] for agent in main]
        assert elos == sorted(elos, reverse=True)
    apart = [agent for agent in agents if agent["apart"]]
    assert [agent["kind"] for agent in apart] == ["gtp", "gtp"]
    assert all(agent["elo"] is None and agent["scale"] is None for agent in apart)


@pytest.fixture
def answer(hexlaw, capsys, lab):
    def run(verb, *arguments):
        assert hexlaw(verb, *arguments, "--lab", lab.folder, "--json") == 0
        return json.loads(capsys.readouterr().out)["ratings"]

    return run


def on_the_page(lab, size):
    """Agents of a board by the name that they have on command lines."""
    agents = [agent for agent in LabView(lab).overview()["agents"] if agent["size"] == size]
    shared = {a["spec"] for a in agents if [b["spec"] for b in agents].count(a["spec"]) > 1}
    return {
        f"{agent['spec']} search {'jones' if agent['scale'] == 'jones' else 'quiet'}"
        if agent["spec"] in shared else agent["spec"]: agent
        for agent in agents
    }  # fmt: skip


def check_same(rows, page):
    for row in rows:
        shown = page[row["player"]]
        assert (row["scale"], row["elo"] is None) == (shown["scale"], shown["elo"] is None)
        if row["elo"] is not None:
            numbers = ("elo", "se", "low", "high", "flags", "zero")
            assert [row[name] for name in numbers] == [shown[name] for name in numbers]


@pytest.mark.parametrize("size", [3, 4])
def test_rate_shows_the_page_s_numbers(lab, answer, size):
    rows, page = answer("rate", "--size", size), on_the_page(lab, size)
    assert {row["player"] for row in rows} == set(page)
    check_same(rows, page)
    ranks = [row["place"] for row in rows if row["scale"] == "main"]
    assert ranks == list(range(1, len(ranks) + 1))
    assert all(row["place"] is None for row in rows if row["scale"] is None)


def test_another_zero_moves_all_and_is_none_who_came_later(lab, answer, hexlaw, capsys):
    """Agents of the sweep are on the league's scale, but do not make its zero."""
    usual = {row["player"]: row for row in answer("rate", "--size", 4)}
    league = [name for name in usual if name.endswith("search quiet")]
    zero = league[2]
    moved = {row["player"]: row for row in answer("rate", "--size", 4, "--zero", zero)}
    assert [moved[name]["elo"] for name in league] == pytest.approx(
        [usual[name]["elo"] - usual[zero]["elo"] for name in league], abs=0.01
    )
    jones = [name for name in usual if name.endswith("search jones")]
    assert [moved[name] for name in jones] == [usual[name] for name in jones]
    sweep = next(name for name in usual if name.endswith("nodes=4"))
    assert hexlaw("rate", "--size", 4, "--zero", sweep, "--lab", lab.folder) == 2
    assert "has not played in the league" in capsys.readouterr().err


def test_a_tournament_shows_the_page_s_numbers_and_its_own(lab, answer):
    """Perfect play, whom the league knows, and two newcomers; then two strangers' games."""
    played = answer(
        "arena", "--players", "perfect", "ladder:0.6", "random", "--size", 3, "--games", 20
    )
    page = on_the_page(lab, 3)
    check_same(played, page)
    assert [row["player"] for row in played] == ["perfect", "ladder:0.6", "random"]
    assert [row["place"] for row in played] == [1, 2, 3]
    # No other games bear on the newcomers.
    assert [row["here"] for row in played] == pytest.approx([row["elo"] for row in played], abs=15)
    again = answer("rate", "--size", 3)
    check_same(again, page)
    strangers = answer("rate", "--size", 3, "--tournament", "own")
    check_same(strangers, page)
    assert [row["elo"] for row in strangers] == [None, None]
    # The winner of three games in four leads by 400 log10(3) = 191 Elo, less the prior's pull.
    assert [row["here"] for row in strangers] == pytest.approx([0, -170], abs=15)


def candidate(snapshot, elo, half, *, nodes=64, cost=1.0, **more):
    return {"snapshot": snapshot, "board": "hex-3", "scale": "main", "quiet": True, "nodes": nodes,
            "elo": elo, "low": elo - half, "high": elo + half, "move_flops": cost,
            "train_flops": cost, **more}  # fmt: skip


def test_the_opponent_offered_is_the_cheapest_of_the_surely_best():
    agents = [
        candidate("lucky", 200, 400, cost=0.1),  # won its six games
        candidate("best", 0, 40, cost=8.0),
        candidate("as good", -30, 50, cost=2.0),
        candidate("cheap, but hardly known", -30, 150, cost=1.0),
        candidate("cheap and worse", -60, 40, cost=1.0),
        candidate("raw", 10, 10, nodes=1, cost=0.1),
        candidate("noisy", 10, 10, quiet=False),
        candidate("of the paper's league", 10, 10, scale="jones"),
        candidate(None, 0, 0),
    ]
    assert opponents(agents) == {"hex-3": "as good"}
    assert opponents(agents[5:6]) == {"hex-3": "raw"}
    assert opponents(agents[6:]) == {}


def test_the_stored_lab_s_opponents_are_among_its_best():
    """3×3 offered an agent of six games before."""
    view = LabView(Store(Path(__file__).parents[3] / "reference_run" / "lab", read_only=True))
    overview = view.overview()
    assert set(overview["opponents"]) == {f"hex-{size}" for size in (3, 4, 5, 6)}
    for board, snapshot in overview["opponents"].items():
        here = [a for a in overview["agents"] if a["board"] == board and a["scale"] == "main"]
        own = next(a for a in here if a["snapshot"] == snapshot and a["nodes"] == 64)
        assert own["games"] > 20
        assert own["high"] >= max(agent["low"] for agent in here if agent["kind"] == "network")
