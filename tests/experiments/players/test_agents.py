"""Agents in a lab: the same player is the same row, whatever version of hexlaw wrote it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import games
from experiments.players.agents import enter_agents
from experiments.players.specs import parse_player
from training.ledger import COSTS
from training.store import Agent, Run, Snapshot, Store

RUN = "hex3-4x1-s0-aaaaaaaa"
PLAYERS = ["nodes=64", "nodes=16", "nodes=64,temperature=1", "rule=gumbel,nodes=64", "jones"]


@pytest.fixture
def store(tmp_path) -> Store:
    store = Store(tmp_path)
    run = Run(
        id=RUN, game="hex", boardsize=3, network="4x1", width=4, depth=1, parameters=1, seed=0,
        config={}, device="cpu", commit="test", command="test",
    )  # fmt: skip
    with store.session() as session:
        session.add(run)
        session.add(
            Snapshot(run_id=RUN, index=0, file="none", sha256="", **dict.fromkeys(COSTS, 0))
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
