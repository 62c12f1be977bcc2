"""Agents in a lab: the same player is the same row, whatever version of hexlaw wrote it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import games
from experiments.players.agents import enter_agents, resolve
from experiments.players.specs import parse_player
from games.errors import InputError
from training.ledger import COSTS
from training.store import Agent, Run, Snapshot, Store

RUN = "hex3-4x1-s0-aaaaaaaa"
PLAYERS = ["nodes=64", "nodes=16", "nodes=64,temperature=1", "rule=gumbel,nodes=64", "jones"]


LARGE = "hex3-8x1+16x1-s0-bbbbbbbb"
ELSEWHERE = "hex4-4x1-s0-cccccccc"
RUNS = {RUN: (3, "4x1"), LARGE: (3, "8x1+16x1"), ELSEWHERE: (4, "4x1")}


@pytest.fixture
def store(tmp_path) -> Store:
    store = Store(tmp_path)
    with store.session() as session:
        for name, (size, network) in RUNS.items():
            session.add(
                Run(
                    id=name, game="hex", boardsize=size, network=network, width=4, depth=1,
                    parameters=1, seed=0, config={}, device="cpu", commit="test", command="test",
                )
            )  # fmt: skip
            session.add(
                Snapshot(run_id=name, index=0, file="none", sha256="", **dict.fromkeys(COSTS, 0))
            )
    return store


def test_the_same_players_again_are_the_same_agents(store):
    game = games.make("hex", 3)
    specs = [parse_player(f"{RUN}#0@{player}") for player in PLAYERS] + [parse_player("random")]
    first = [agent.id for agent in enter_agents(store, game, specs)]
    assert len(set(first)) == len(specs)
    assert [agent.id for agent in enter_agents(store, game, specs)] == first


def test_agents_of_a_former_version_get_no_twins(store):
    """It hashed other things, and stored less than all settings of today."""
    game = games.make("hex", 3)
    specs = [parse_player(f"{RUN}#0@{player}") for player in PLAYERS]
    first = [agent.id for agent in enter_agents(store, game, specs)]
    with store.session() as session:
        for agent in session.scalars(sa.select(Agent)):
            agent.search_id = f"former-{agent.id}"
            assert agent.search is not None
            agent.search = {key: own for key, own in agent.search.items() if key != "leaves"}
    assert [agent.id for agent in enter_agents(store, game, specs)] == first


FLOPS = {
    # 18 inputs, 9 moves: policy and value of 4x1, then the trunks of 8x1+16x1 with their heads.
    RUN: {"trunk": 2 * (18 * 4 + 4 * 4), "policy": 2 * 4 * 9, "value": 2 * 4},
    LARGE: {"policy": 2 * (18 * 8 + 8 * 8 + 8 * 9), "value": 2 * (18 * 16 + 16 * 16 + 16)},
}


@pytest.mark.parametrize(
    ("player", "flops"),
    [
        (f"{RUN}#0@strategy=raw", lambda s, _: s["trunk"] + s["policy"]),
        (f"{RUN}#0@strategy=value", lambda s, _: 9 * (s["trunk"] + s["value"])),
        (f"{RUN}#0@nodes=5", lambda s, _: 5 * sum(s.values())),
        (f"{LARGE}#0@strategy=best-of-n,nodes=5", lambda _, t: t["policy"] + 4 * t["value"]),
        (
            f"{RUN}#0@strategy=best-of-n,nodes=5,second={LARGE}#-1",
            lambda s, t: s["trunk"] + s["policy"] + 4 * t["value"],
        ),
        (
            f"{RUN}#0@strategy=mpv,nodes=8,every=2,second={LARGE}#0",
            lambda s, t: 5 * sum(s.values()) + 2 * sum(t.values()),
        ),
    ],
    ids=["policy", "value", "search", "two trunks", "verifier", "mpv"],
)
def test_a_move_costs_what_it_reads_of_each_network(store, player, flops):
    game = games.make("hex", 3)
    (spec,) = resolve(store, game, parse_player(player))
    enter_agents(store, game, [spec])
    query = sa.select(Agent.spec, Agent.test_flops)
    assert store.frame_query(query)[1] == [(spec.text, flops(FLOPS[RUN], FLOPS[LARGE]))]
    assert "#-1" not in spec.text


def test_a_second_network_of_another_board_is_refused_in_one_line(store):
    spec = parse_player(f"{RUN}#0@strategy=mpv,second={ELSEWHERE}#0")
    with pytest.raises(InputError, match=f"{ELSEWHERE} plays hex on 4×4, not hex on 3×3"):
        resolve(store, games.make("hex", 3), spec)
    with pytest.raises(InputError, match="has no run nobody"):
        resolve(store, games.make("hex", 3), parse_player(f"{RUN}#0@strategy=mpv,second=nobody#0"))
