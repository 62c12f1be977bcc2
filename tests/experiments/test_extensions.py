"""A search rule, a strategy, a network and a stage of the reproduction, each one file under
tests/toys, go the whole way: from training to arena, rating, blunders and report, with no change
anywhere else."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

import games
from analysis.report.report import write_report
from experiments.reproduction import jones2021
from tests.toys import against_random, one_ply, plain, uct
from training.ledger import forward_flops
from training.store import Agent, Match, Run, Store

TOYS = Path(__file__).parents[1] / "toys"
RECIPE = """
lanes = 8
moves = 2
window = 8
batch_size = 16
replay_ratio = 2
snapshots = 2
first_snapshot = 64
samples = 128
network = "plain8x1"
search = { nodes = 4, rule = "uct", noise_fraction = 0.25 }
"""
PLAN = """
title = "A stage of one's own."

[train]
lanes = 8
moves = 2
batch_size = 16
replay_ratio = 2
snapshots = 2
first_snapshot = 64

[[stages]]
kind = "league"
search = { nodes = 4 }
rounds = 1

[[stages]]
kind = "against_random"
openings = 2

[[boards]]
boardsize = 3
networks = ["2x1"]
samples = 128
"""
PLAYS = {
    "strategy=raw": 1,
    "nodes=12,rule=uct,rule.c=0.5": 12,
    "strategy=one-ply,nodes=3": 3,
    "strategy=rollouts,nodes=5,depth=2": 5,
    "strategy=adaptive,nodes=12,stop=kld": 12,
}
"""Ways to play, and the network evaluations a move that they cost."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The toys as a package beside hexlaw that names its modules: so workers find them."""
    site = tmp_path_factory.mktemp("site")
    folder = site / "toys-1.dist-info"
    folder.mkdir()
    names = [toy.__name__.rpartition(".")[2] for toy in (uct, one_ply, plain, against_random)]
    lines = "".join(f"{name} = tests.toys.{name}\n" for name in names)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1\n")
    (folder / "entry_points.txt").write_text(f"[hexlaw]\n{lines}")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        patch.syspath_prepend(TOYS.parents[1])
        yield


@pytest.fixture(scope="module")
def lab(installed, hexlaw, tmp_path_factory) -> Path:
    """A run of the toy network under the toy rule, whose last snapshot has played a tournament in
    every toy way."""
    folder = tmp_path_factory.mktemp("lab")
    recipe = folder / "toys.toml"
    recipe.write_text(RECIPE)
    assert hexlaw("train", "--file", recipe, "--lab", folder, "--boardsize", 3) == 0
    (run,) = Store(folder).frame_query(sa.select(Run.id))[1]
    players = ["perfect", *(f"{run[0]}#-1@{play}" for play in PLAYS)]
    flags = ("--size", 3, "--lab", folder, "--games", 8)
    assert hexlaw("arena", "--players", *players, *flags) == 0
    return folder


@pytest.fixture
def answer(hexlaw, capsys, lab):
    """A command's JSON."""

    def run(*arguments):
        assert hexlaw(*arguments, "--lab", lab, "--json") == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_the_run_is_stored_under_the_network_s_name(lab):
    (row,) = Store(lab).frame_query(sa.select(Run.network, Run.parameters, Run.config))[1]
    name, parameters, config = row
    assert name == "plain8x1"
    assert parameters == (18 + 1) * 8 + (8 + 1) * 8 + (8 + 1) * 9 + (8 + 1)
    assert config["network"] == {"kind": "plain", "width": 8, "depth": 1}
    assert config["search"]["rule"] == {"name": "uct", "c": 1.4}


def test_agents_are_stored_with_their_strategy_and_what_it_costs(lab):
    query = sa.select(
        Agent.spec, Agent.nodes, Agent.search, Agent.test_flops, Agent.search_id,
        Agent.dependent_calls,
    )  # fmt: skip
    rows = {row[0].partition("@")[2]: row[1:] for row in Store(lab).frame_query(query)[1]}
    forward = forward_flops(games.make("hex", 3), plain.Plain(width=8, depth=1))
    assert forward == 2 * (18 * 8 + 8 * 8 + 8 * 9 + 8)
    for play, evaluations in PLAYS.items():
        nodes, _, flops, *_ = rows[play]
        assert nodes == evaluations
        assert flops == evaluations * forward
    assert rows["strategy=one-ply,nodes=3"][1] == {"strategy": "one-ply", "nodes": 3}
    assert rows["strategy=raw"][1] == {"strategy": "raw"}
    assert len({rows[play][3] for play in PLAYS}) == len(PLAYS)
    assert {play: rows[play][4] for play in PLAYS} == {**PLAYS} | {
        "strategy=one-ply,nodes=3": 2, "strategy=rollouts,nodes=5,depth=2": 3,
    }  # fmt: skip


def test_all_are_rated_on_one_scale(answer):
    rated = answer("rate", "--size", 3)["ratings"]
    assert {row["player"].partition("@")[2] for row in rated} == {"", *PLAYS}


def test_stored_games_are_played_again_move_by_move(answer):
    verified = answer("replay", 1, "--verify")["verify"]
    assert verified["different"] == {}
    assert verified["same"]


def test_blunders_are_counted_by_workers_that_find_the_toys_themselves(answer, lab):
    (run,) = Store(lab).frame_query(sa.select(Run.id))[1]
    agent = f"{run[0]}#-1@strategy=one-ply,nodes=3"
    rows = answer("blunders", "--agents", agent, "--workers", 1)["blunder_rates"]
    assert {row["nodes"] for row in rows} == {3}
    assert all(0 <= row["blunders"] <= row["won"] for row in rows)
    assert sum(row["won"] for row in rows) > 0


def test_a_stage_is_played_where_a_plan_names_it_and_the_report_is_written(
    installed, hexlaw, tmp_path, monkeypatch, capsys
):
    """Against random moves, with the training and league that it builds on."""
    plan, lab, out = tmp_path / "plan.toml", tmp_path / "lab", tmp_path / "report"
    plan.write_text(PLAN)
    flags = ("--plan", plan, "--lab", lab, "--workers", 1)
    assert (
        hexlaw("reproduce", *flags, "--out", out, "--stages", "training", "league", "report") == 0
    )
    assert hexlaw("reproduce", *flags, "--stages", "against_random") == 0
    query = sa.select(Match.tournament, Match.games).where(Match.stage == "against_random")
    rows = Store(lab).frame_query(query)[1]
    assert [games for _, games in rows] == [2] * 2 * 2  # both colours of two snapshots
    assert {name.rpartition("-")[2] for name, _ in rows} == {"against_random"}
    capsys.readouterr()
    assert hexlaw("reproduce", *flags, "--status", "--json") == 0
    told = {row["stage"]: row for row in json.loads(capsys.readouterr().out)["stages"]}
    assert list(told) == ["training", "league", "against_random"]
    assert told["against_random"]["done"] == told["against_random"]["parts"] == 1
    written = functools.partial(write_report, resamples=20)  # which are most of its time
    monkeypatch.setattr(jones2021, "write_report", written)
    assert hexlaw("reproduce", *flags, "--out", out, "--stages", "report") == 0
    assert (out / "index.html").exists()
    capsys.readouterr()
    assert hexlaw("reproduce", *flags, "--stages", "nodes") == 2
    assert (
        "nodes is not in this plan; there is training, league, against" in capsys.readouterr().err
    )
