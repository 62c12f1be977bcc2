"""Tournaments on the command line: what is stored, how they go on, what can be verified."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from experiments.arena.matches import match_rows, paired_scores
from games.hex import Hex
from mcts import SearchConfig
from training.config import TrainConfig
from training.files import save_snapshot
from training.networks import Mlp, init_params
from training.store import Agent, Game, Match, Run, Snapshot, Store

GAME = Hex(3)
NETWORK = Mlp(width=4, depth=1)
ENGINE = f"gtp:{sys.executable} {Path(__file__).parents[1] / 'fake_engine.py'}"


@pytest.fixture
def run(hexlaw, capsys):
    """A command's JSON."""

    def run(*arguments, exit_code: int = 0):
        assert hexlaw(*arguments, "--json") == exit_code
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def refused(hexlaw, capsys):
    """The one line with which a command is refused."""

    def run(*arguments) -> str:
        assert hexlaw(*arguments) == 2
        message = capsys.readouterr().err
        assert message.count("\n") == 1, message
        return message

    return run


@pytest.fixture
def arena(run, tmp_path):
    def play(*players, lab: Path = tmp_path, **flags):
        words = [f for k, v in flags.items() for f in (f"--{k.replace('_', '-')}", str(v))]
        return run("arena", "--players", *players, "--size", 3, "--lab", lab, *words)

    return play


def games_of(lab: Path) -> list[tuple]:
    black, white = orm.aliased(Agent), orm.aliased(Agent)
    query = (
        sa.select(black.spec, white.spec, Game.moves, Game.winner, Game.seed)
        .join(Match, Game.match_id == Match.id)
        .join(black, Match.black_id == black.id)
        .join(white, Match.white_id == white.id)
    )
    return sorted(Store(lab).frame_query(query)[1])


def test_everybody_meets_everybody_with_both_colours_and_anchors_are_rated(arena, tmp_path):
    result = arena("random", "ladder:0.5", "perfect", games=24)
    assert result["games"] == 3 * 24
    table = result["ratings"]
    assert [row["player"] for row in table] == ["perfect", "ladder:0.5", "random"]
    assert table[0]["elo"] == 0
    assert table[2]["elo"] < -150
    assert table[2]["against_perfect"] == table[2]["against_best"] < 0.2
    rows = match_rows(Store(tmp_path))
    assert set(rows["games"]) == {12}
    agents = Store(tmp_path).frame_query(sa.select(Agent.kind, Agent.snapshot_id, Agent.search))[1]
    assert sorted(agents) == [
        ("ladder", None, None),
        ("perfect", None, None),
        ("random", None, None),
    ]


def test_a_tournament_goes_on_where_it_stopped_with_the_games_of_an_uninterrupted_one(
    arena, tmp_path
):
    """In rounds of six games, then further, then with one more player; against one go."""
    pieces, whole = tmp_path / "pieces", tmp_path / "whole"
    arena("random", "perfect", lab=pieces, games=4, round_games=6)
    arena("random", "perfect", lab=pieces, games=8, round_games=6)
    arena("perfect", "ladder:0.5", "random", lab=pieces, games=8, round_games=6)
    again = arena("perfect", "ladder:0.5", "random", lab=pieces, games=8)
    assert again["games"] == 24
    arena("ladder:0.5", "random", "perfect", lab=whole, games=8)
    assert games_of(pieces) == games_of(whole)
    assert len(games_of(whole)) == 24


def test_repeated_games_are_reported_and_not_counted(hexlaw, capsys, tmp_path):
    """Engines without chance, from the empty board: one game with either colour, ten times."""
    flags = ("--size", 3, "--lab", tmp_path, "--opening-plies", 0, "--games", 20)
    assert hexlaw("arena", "--players", ENGINE, f"{ENGINE} good 2", *flags) == 0
    said = capsys.readouterr().out
    assert "18 of 20 games repeat an earlier one" in said
    assert "18 of them are not counted" in said
    rows = match_rows(Store(tmp_path))
    assert rows[["games", "distinct_games"]].to_numpy().tolist() == [[10, 1], [10, 1]]
    assert (rows["black_wins"] + rows["white_wins"]).tolist() == [1, 1]


def test_games_of_chance_count_even_where_they_are_equal(arena, tmp_path):
    arena("perfect", "ladder:1", opening_plies=0, games=400)
    rows = match_rows(Store(tmp_path))
    assert (rows["black_wins"] + rows["white_wins"]).tolist() == [200, 200]
    assert (rows["distinct_games"] < 200).all()  # some did happen twice


def test_a_reference_meets_everybody_and_nobody_else_does(arena, tmp_path):
    arena("random", "ladder:0.3", "perfect", schedule="reference", reference="perfect", games=4)
    rows = match_rows(Store(tmp_path))
    met = {frozenset(pair) for pair in zip(rows["black"], rows["white"], strict=True)}
    assert met == {frozenset({"perfect", "random"}), frozenset({"perfect", "ladder:0.3"})}


def test_an_active_tournament_keeps_to_its_budget_and_joins_everybody(arena):
    ladder = [f"ladder:{p}" for p in (0.2, 0.4, 0.6, 0.8)]
    result = arena("random", "perfect", *ladder, schedule="active", budget=90, target_se=5)
    assert result["games"] == 90
    assert all("disconnected" not in row["flags"] for row in result["ratings"])
    enough = arena("random", "perfect", *ladder, schedule="active", budget=500, target_se=90)
    assert enough["games"] < 500
    assert max(row["se"] for row in enough["ratings"]) <= 90


def test_a_sequential_test_stops_when_it_knows(arena, tmp_path):
    flags = {"schedule": "sprt", "elo1": 100, "budget": 2000}
    result = arena("perfect", "random", **flags)
    assert result["sprt"]["verdict"] == "H1"
    assert result["games"] < 400
    ids = dict(Store(tmp_path).frame_query(sa.select(Agent.spec, Agent.id))[1])
    name = result["tournament"]
    scores = paired_scores(Store(tmp_path), name, ids["perfect"], ids["random"], drawn=True)
    assert scores.sum() == result["games"] / 2
    assert scores[1] == scores[3] == 0
    mirrored = paired_scores(Store(tmp_path), name, ids["random"], ids["perfect"], drawn=True)
    assert mirrored.tolist() == scores[::-1].tolist()


@pytest.mark.parametrize(
    ("flags", "culprit"),
    [
        (("--players", "random", "nobody"), "'nobody'"),
        (("--players", "random"), "two different players"),
        (("--players", "random", "random"), "two different players"),
        (("--players", "random", "r#0"), "has no run r; it has no runs"),
        (("--players", "random", "x/r#0"), "name it with --lab"),
        (("--players", "random", "perfect", "--size", "9"), "up to 6×6, not size 9"),
        (
            ("--players", "random", "perfect", "--size", "2", "--opening-plies", "4"),
            "opening_plies",
        ),
        (
            ("--players", "random", "perfect", "ladder:0", "--schedule", "sprt"),
            "two players, not 3",
        ),
        (("--players", "random", f"{ENGINE} dead"), "no licence found"),
    ],
)
def test_bad_tournaments_are_refused_before_anything_is_played(refused, tmp_path, flags, culprit):
    assert culprit in refused("arena", "--size", 3, "--lab", tmp_path, *flags)
    assert match_rows(Store(tmp_path)).empty


# Snapshots.


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Path:
    """A lab with one run of two untrained snapshots, which have played each other."""
    folder = tmp_path_factory.mktemp("lab")
    store = Store(folder)
    config = TrainConfig(boardsize=3, network=NETWORK, samples=100_000)
    costs = {c.name: 1 for c in Snapshot.__table__.columns if c.type.python_type in (int, float)}
    with store.session() as session:
        sizes = {"boardsize": 3, "width": 4, "depth": 1, "parameters": 1, "seed": 0}
        texts = {"game": "hex", "device": "", "commit": "", "command": ""}
        session.add(Run(id="r", network=NETWORK.name, **sizes, **texts, config={}))
        session.flush()
        for index in range(2):
            file = Path("snapshots") / "r" / f"{index:02d}.safetensors"
            params = jax.jit(lambda key: init_params(GAME, NETWORK, key))(jax.random.key(index))
            sha256 = save_snapshot(folder / file, params, config)
            row = {**costs, "id": index + 1, "index": index, "file": str(file), "sha256": sha256}
            session.add(Snapshot(run_id="r", **row))
    return folder


NOISY = "r#0@nodes=8,noise_fraction=0.5,evaluation=jones"
PLAYERS = ("r#0@nodes=8", "r#-1@nodes=8,temperature=1", NOISY)


@pytest.fixture(scope="module")
def played(lab, hexlaw) -> Path:
    """The lab after a tournament of greedy, drawing and noisy play."""
    flags = ("--size", 3, "--lab", lab, "--games", 6)
    assert hexlaw("arena", "--players", *PLAYERS, "random", *flags) == 0
    return lab


def test_every_move_comes_out_again_whatever_was_drawn(played, run):
    """Greedy, drawn and noisy moves, made again alone from snapshot and seed."""
    for number in range(1, 37, 3):
        checked = run("replay", number, "--lab", played, "--verify")["verify"]
        assert checked["different"] == {}
        assert set(checked["unchecked"].values()) == {"given by the opening"}
        assert len(checked["same"]) >= 3


def test_a_changed_record_is_found_out(played, run, refused, tmp_path):
    """Another last move but one; another winner; another snapshot."""
    store = Store(played)
    query = sa.select(Game.id, Game.moves).order_by(sa.func.length(Game.moves)).limit(1)
    number, moves = store.frame_query(query)[1][0]
    actions = np.frombuffer(moves, "<u2").copy()
    other = next(a for a in range(9) if a not in actions)

    def change(**columns):
        with store.session() as session:
            session.execute(sa.update(Game).where(Game.id == number).values(**columns))

    try:
        actions[2] = other
        change(moves=actions.tobytes(), ending="resigned")
        checked = run("replay", number, "--lab", played, "--verify", exit_code=1)["verify"]
        assert "2" in checked["different"]
        change(moves=moves, ending="board", winner=len(actions) % 2)
        message = refused("replay", number, "--lab", played, "--verify")
        assert "do not lead to the winner" in message
    finally:
        change(moves=moves, ending="board", winner=(len(actions) + 1) % 2)


def test_a_record_comes_back_with_what_was_thought(played, run, hexlaw, capsys, tmp_path):
    file = tmp_path / "game.sgf"
    wrote = run("replay", 3, "--lab", played, "--analyse", "r#0@nodes=8", "--store", "--sgf", file)
    assert wrote["files"] == [str(file), str(tmp_path / "game.json")]
    back = run("replay", file)["record"]
    stored = run("replay", 3, "--lab", played)["record"]
    assert back == stored == wrote["record"]
    thoughts = back["analysis"]["moves"]
    assert len(thoughts) == len(back["moves"])
    assert all(sum(thought["visits"]) == 7 for thought in thoughts)
    assert all(thought["action"] == thought["variation"][0] for thought in thoughts)
    assert max(len(thought["variation"]) for thought in thoughts) > 1
    assert all(abs(sum(thought["prior"]) - 1) < 1e-2 for thought in thoughts)
    assert hexlaw("replay", file) == 0
    said = capsys.readouterr().out
    assert said.count("to move") >= len(back["moves"])
    assert "r#0@nodes=8 with 8 nodes: value" in said
    (tmp_path / "game.json").unlink()
    bare = run("replay", file)["record"]
    assert (bare["moves"], bare["winner"]) == (back["moves"], back["winner"])


def test_all_snapshots_of_a_run_are_one_word(played, run):
    result = run("arena", "--players", "r#*@nodes=8", "random", "--size", 3, "--lab", played,
                 "--games", 2, "--seed", 1)  # fmt: skip
    assert {row["player"] for row in result["ratings"]} == {"r#0@nodes=8", "r#1@nodes=8", "random"}


def test_two_networks_play_and_their_games_are_made_again(played, run):
    player = "r#0@strategy=mpv,nodes=6,every=2,second=r#1"
    run("arena", "--players", player, "random", "--size", 3, "--lab", played, "--games", 2,
        "--seed", 2)  # fmt: skip
    store = Store(played)
    query = (
        sa.select(Game.id)
        .join(Match, Game.match_id == Match.id)
        .join(Agent, Match.black_id == Agent.id)
        .where(Agent.spec == player)
    )
    (number,) = store.frame_query(query)[1][0]
    checked = run("replay", number, "--lab", played, "--verify")["verify"]
    assert checked["same"]
    assert not checked["different"]


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (("arena", "--players", "r#9", "random", "--size", 3), "snapshots 0 to 1 only"),
        (
            ("arena", "--players", "r#0", "random", "--size", 4),
            "r plays hex on 3×3, not",
        ),
        (("replay", "999"), "no game 999; `hexlaw list --games --lab"),
        (("replay", "1", "--analyse", "random"), "only snapshots say what they think"),
        (("replay", "my.txt"), "neither the number of a game"),
        (("rate", "--size", "7"), "no games of that kind"),
        (("rate", "--zero", "nobody", "--size", "3"), "'nobody'"),
        (("rate", "--matches", "x.csv"), "name a lab with --lab, or a table with --matches"),
    ],
)
def test_what_a_lab_lacks_is_named(played, refused, arguments, culprit):
    assert culprit in refused(*arguments, "--lab", played)


def test_a_damaged_snapshot_is_noticed_before_it_plays(played, refused):
    file = played / "snapshots" / "r" / "00.safetensors"
    whole = file.read_bytes()
    try:
        file.write_bytes(whole[:-1] + b"x")
        message = refused("arena", "--players", "r#0", "random", "--size", 3, "--lab", played)
        assert "00.safetensors" in message
    finally:
        file.write_bytes(whole)


def test_files_of_results_are_rated_with_intervals(run, tmp_path):
    """75 %, 75 % and 90 % are −191, 0 and +191 Elo."""
    rows = ["black,white,black_wins,white_wins"]
    for first, second, share in (("A", "B", 75), ("B", "C", 75), ("A", "C", 90)):
        rows.append(f"{first},{second},{share},{100 - share}")
        rows.append(f"{second},{first},{100 - share},{share}")
    file, out = tmp_path / "m.csv", tmp_path / "out.csv"
    file.write_text("\n".join(rows))
    result = run("rate", "--matches", file, "--zero", "B", "--compare", "A", "C", "--out", out)
    elo = {row["player"]: row["elo"] for row in result["ratings"]}
    assert elo == pytest.approx({"A": 190.85, "B": 0, "C": -190.85}, abs=1)
    assert result["compare"]["lead"] == pytest.approx(381.7, abs=2)
    assert 0.999 < result["compare"]["superiority"] <= 1
    assert result["p_value"] > 0.9
    header, first, *_ = out.read_text().splitlines()
    assert header.startswith("player,elo,se,low,high,games,flags")
    assert first.startswith("A,")


def test_search_configuration_of_the_agent_is_stored(played):
    query = sa.select(Agent.spec, Agent.search, Agent.nodes, Agent.temperature, Agent.test_flops)
    rows = {spec: rest for spec, *rest in Store(played).frame_query(query)[1]}
    search, nodes, temperature, flops = rows["r#1@nodes=8,temperature=1"]
    assert SearchConfig.model_validate(search) == SearchConfig(nodes=8)
    assert (nodes, temperature) == (8, 1.0)
    assert flops > 0
