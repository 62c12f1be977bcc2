"""A small lab with known strengths, written through the real store."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from analysis.tables.rows import load_lab
from training.store import Agent, BlunderRate, Game, Match, Metric, Run, Snapshot, Store

GAMES = 32  # of each ordered pair
SNAPSHOTS = 5
# A finished 3×3 game: black joins top and bottom through column b.
MOVES = [4, 0, 1, 2, 7]


def planted_elo(boardsize, log_flops):
    """A law of our own: 400 Elo a decade, 300 a board size, plateau 150 a board size."""
    return min(max(400 * log_flops - 300 * boardsize - 3000, -150 * boardsize), 0)


def _run(boardsize, number):
    return Run(
        id=f"hex{boardsize}-run{number}", game="hex", boardsize=boardsize,
        network=f"{2 ** (number + 1)}x2", width=2 ** (number + 1), depth=2,
        parameters=100 * (number + 1), seed=number, recipe="efficient", config={"nodes": 64},
        status="done", device="cpu", commit="0123abc",
        command="hexlaw reproduce --preset <tiny> & more",
    )  # fmt: skip


def _snapshot(run, index, log_flops):
    flops = 10**log_flops
    samples = int(flops / (64 * run.parameters))
    return Snapshot(
        run_id=run.id, index=index, samples=samples, learner_samples=samples,
        network_evaluations=64 * samples, selfplay_flops=2 * flops, learner_flops=0.1 * flops,
        train_flops=2.1 * flops, jones_flops=flops, seconds=flops / 1e9,
        selfplay_seconds=0.9 * flops / 1e9, learner_seconds=0.1 * flops / 1e9, other_seconds=0.0,
        file=f"{run.id}-{index}.safetensors", sha256="0" * 64,
    )  # fmt: skip


def _metric(run):
    return Metric(
        run_id=run.id, iteration=10, samples=5120, seconds=1.5, policy_loss=2.0, value_loss=0.9,
        policy_entropy=1.9, policy_kl=0.1, samples_per_second=3000.0,
    )  # fmt: skip


def _analysis(agent_id):
    """One entry a ply; values in the mover's view, growing for black."""
    moves = []
    for ply, action in enumerate(MOVES):
        visits = [0] * 9
        visits[action], visits[8] = 48, 15
        value = (0.2 + 0.15 * ply) * (1 if ply % 2 == 0 else -1)
        moves.append(
            {
                "action": action,
                "value": value,
                "network_value": value / 2,
                "visits": visits,
                "prior": [1 / 9] * 9,
            }
        )
    return {"agent": agent_id, "nodes": 64, "moves": moves}


def _judge(session, snapshot, agent, elo):
    """Rates that fall with strength: on the fixed set without search and with, and in games."""
    raw = Agent(
        kind="network", spec=f"{snapshot.run_id}#{snapshot.index}@nodes=1", game="hex",
        boardsize=agent.boardsize, snapshot_id=snapshot.id, search_id="raw", nodes=1,
        search={"nodes": 1}, test_flops=agent.test_flops / agent.nodes,
    )  # fmt: skip
    session.add(raw)
    session.flush()
    blunders = int(min(80, 2 - elo / 10))
    for judged, source, count in ((raw, "fixed", blunders), (agent, "fixed", blunders // 2 - 1),
                                  (agent, "games", blunders // 4)):  # fmt: skip
        low, high = max(0, count - 8) / 100, (count + 8) / 100
        of_games = {
            "games": 10,
            "games_blundered": count // 10,
            "games_low": 0.0,
            "games_high": 1.0,
        }
        session.add(
            BlunderRate(
                agent_id=judged.id, source=source, positions_id="0", won=100, blunders=count,
                blunders_low=low, blunders_high=high, valued=200, wrong_values=count,
                values_low=low / 2, values_high=high / 2, unsolved=0,
                **(of_games if source == "games" else {}),
            )
        )  # fmt: skip


def fill(store, boards=(3, 4)):
    """Three runs of five snapshots on each board, all pairs, one analysed 3×3 game."""
    rng = np.random.default_rng(0)
    with store.session() as session:
        for boardsize in boards:
            perfect = (3000 + 300 * boardsize) / 400
            agents, elo, judged = [], [], []
            for number in range(3):
                run = _run(boardsize, number)
                session.add(run)
                session.flush()
                session.add(_metric(run))
                logs = np.linspace(perfect - 1.8, perfect + 0.3 - 0.3 * (2 - number), SNAPSHOTS)
                for index, log_flops in enumerate(logs):
                    snapshot = _snapshot(run, index, log_flops)
                    session.add(snapshot)
                    session.flush()
                    agent = Agent(
                        kind="network", spec=f"{run.id}#{index}@nodes=64", game="hex",
                        boardsize=boardsize, snapshot_id=snapshot.id, search_id="s",
                        nodes=64, search={"nodes": 64}, test_flops=128 * run.parameters,
                    )  # fmt: skip
                    session.add(agent)
                    session.flush()
                    agents.append(agent)
                    elo.append(planted_elo(boardsize, log_flops))
                    judged.append((snapshot, agent, elo[-1]))
            for i, j in itertools.permutations(range(len(agents)), 2):
                chance = 1 / (1 + 10 ** (-(elo[i] - elo[j] + 60) / 400))
                wins = int(rng.binomial(GAMES, chance))
                match = Match(
                    tournament=f"hex{boardsize}", stage="league", round=0, black_id=agents[i].id,
                    white_id=agents[j].id, games=GAMES, distinct_games=GAMES - (i == 0),
                    black_wins=wins, white_wins=GAMES - wins,
                )  # fmt: skip
                session.add(match)
                session.flush()
                if boardsize == 3 and (i, j) == (14, 13):
                    game = Game(
                        match_id=match.id, index=0, opening_plies=1, winner=0, seed=0,
                        moves=np.array(MOVES, "<u2").tobytes(), analysis=_analysis(agents[i].id),
                    )  # fmt: skip
                    session.add(game)
            for snapshot, agent, strength in judged:
                _judge(session, snapshot, agent, strength)


@pytest.fixture(scope="session")
def lab_rows(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("lab"))
    fill(store)
    return load_lab(store)


@pytest.fixture(scope="session")
def one_board_rows(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("one_board"))
    fill(store, boards=(3,))
    return load_lab(store)
