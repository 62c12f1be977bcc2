"""Blunders: positions from stored games, verdicts against an oracle, rows that stay up to date."""

from __future__ import annotations

import functools
import json

import jax
import numpy as np
import pytest
import sqlalchemy as sa

from experiments.arena import judging
from experiments.arena.judging import fixed_set, judge, own_games, own_positions
from experiments.players.player import Decision
from games.exact import hex_play
from games.exact.hex_play import HexPlay
from games.exact.solver import Solver
from games.exact.tables import load_table
from games.hex import Hex
from training.config import TrainConfig
from training.files import save_snapshot
from training.networks import Mlp, init_params
from training.store import Agent, BlunderRate, Game, Match, Run, Snapshot, Store

# Two finished games of 3×3: black wins along column b, white along row 1.
BLACK_WINS, WHITE_WINS = [4, 0, 1, 2, 7], [8, 0, 7, 1, 6, 2]
CONFIG = TrainConfig(boardsize=3, network=Mlp(width=1, depth=0), samples=100_000)


def fill(folder, size: int = 3) -> Store:
    """A lab with one run of two snapshots, 1 and 2, and an agent of each."""
    store = Store(folder)
    counted = {
        column.name
        for column in Snapshot.__table__.columns
        if column.type.python_type in (int, float) and not column.nullable
    }
    costs = dict.fromkeys(counted - {"id", "index"}, 1)
    init = jax.jit(functools.partial(init_params, Hex(3), CONFIG.network))
    with store.session() as session:
        session.add(
            Run(
                id=CONFIG.run_id, game="hex", boardsize=size, network=CONFIG.network.name, width=1,
                depth=0, parameters=29, seed=0, config={}, device="cpu", commit="none",
                command="test",
            )
        )  # fmt: skip
        for index in range(2):
            file = f"{index}.safetensors"
            sha256 = save_snapshot(folder / file, init(jax.random.key(index)), CONFIG)
            session.add(
                Snapshot(run_id=CONFIG.run_id, index=index, file=file, sha256=sha256, **costs)
            )
            session.flush()
            session.add(
                Agent(
                    kind="network", spec=f"played#{index}", game="hex", boardsize=size,
                    snapshot_id=index + 1, search_id="played", nodes=1, search={}, test_flops=1.0,
                )
            )  # fmt: skip
    return store


def add_games(
    store: Store, *lines: list[int], opening_plies: int = 1, round_index: int = 0
) -> None:
    """Games of snapshot 1 as black against snapshot 2."""
    counts = {"games": len(lines), "distinct_games": len(lines), "black_wins": 0, "white_wins": 0}
    with store.session() as session:
        match = Match(tournament="t", round=round_index, black_id=1, white_id=2, **counts)
        session.add(match)
        session.flush()
        session.add_all(
            Game(
                match_id=match.id, index=index, opening_plies=opening_plies, winner=0, seed=0,
                ending="board", moves=np.array(line, "<u2").tobytes(),
            )
            for index, line in enumerate(lines)
        )  # fmt: skip


@pytest.fixture
def store(tmp_path) -> Store:
    return fill(tmp_path)


def positions_of(store: Store, snapshot_id: int, size: int = 3):
    rules = Hex(size)
    ids = own_games(store, rules, limit=10)[snapshot_id]
    return own_positions(store, rules, snapshot_id, ids, HexPlay(rules, Solver(size, memory_mb=4)))


class Scripted:
    """Always moves to the first empty cell, and always thinks it wins; the fuller the board, the
    less it is undecided."""

    def choose(self, states, keys):
        moves = (np.asarray(states.labels) == 0).argmax(1)
        return Decision(moves, np.ones(len(moves)), self.entropy(states))

    @staticmethod
    def entropy(states):
        return np.log((np.asarray(states.labels) == 0).sum(1))


def test_positions_are_those_after_the_opening_with_the_snapshot_to_move(store):
    add_games(store, BLACK_WINS, WHITE_WINS)
    black, white = positions_of(store, 1), positions_of(store, 2)
    assert black.games is not None
    assert white.games is not None
    # Black's first move was the opening's; both games then have two more of black's moves.
    assert sorted((np.asarray(black.states.labels) > 0).sum(1).tolist()) == [2, 2, 4, 4]
    assert sorted((np.asarray(white.states.labels) > 0).sum(1).tolist()) == [1, 1, 3, 3, 5]
    assert set(black.states.to_move.tolist()) == {0}
    assert np.bincount(black.games).tolist() == [0, 2, 2]
    assert np.bincount(white.games).tolist() == [0, 2, 3]


def test_blunders_agree_with_alpha_beta(store, oracle):
    """The first empty cell as the answer to every position of two games, for either side."""
    alpha_beta = oracle("alpha_beta")
    add_games(store, BLACK_WINS, WHITE_WINS)
    total = 0
    for snapshot_id in (1, 2):
        won, blunders, blundered, lost = 0, 0, set(), 0
        for number, line in enumerate((BLACK_WINS, WHITE_WINS)):
            for ply in range(max(1, 0), len(line)):
                if ply % 2 != snapshot_id - 1:
                    continue
                black, white = set(line[:ply:2]), set(line[1:ply:2])
                if alpha_beta.winner(black, white, ply % 2, 3) != ply % 2:
                    lost += 1
                    continue
                won += 1
                first = min(set(range(9)) - black - white)
                if first not in alpha_beta.winning_moves(black, white, ply % 2, 3):
                    blunders += 1
                    blundered.add(number)
        positions = positions_of(store, snapshot_id)
        counts = judge(Scripted(), positions)  # type: ignore[arg-type]
        of_won = Scripted.entropy(positions.states)[positions.verdicts.value > 0]
        assert counts["entropy"] == pytest.approx(of_won.mean())
        assert (counts["won"], counts["blunders"]) == (won, blunders)
        assert counts["games_blundered"] == len(blundered)
        assert counts["wrong_values"] == lost, "it always thinks it wins"
        total += blunders
    assert total > 0


def test_a_perfect_player_never_blunders_on_the_fixed_set():
    class Perfect:
        def choose(self, states, keys):
            winning = load_table(Hex(4)).winning_moves(states)
            values = np.where(winning.any(1), 0.1, -0.1)
            return Decision(winning.argmax(1), values, np.zeros(len(values)))

    counts = judge(Perfect(), fixed_set(Hex(4)))  # type: ignore[arg-type]
    assert counts["won"] > 250
    assert counts["blunders"] == counts["wrong_values"] == counts["unsolved"] == 0
    assert 0 < counts["blunders_high"] < 0.02, "three hundred positions are no proof"


def test_games_are_sampled_evenly_and_a_board_without_games_has_none(store):
    assert own_games(store, Hex(3), limit=4) == {}
    add_games(store, *[BLACK_WINS] * 10)
    assert own_games(store, Hex(3), limit=4) == {1: (1, 4, 7, 10), 2: (1, 4, 7, 10)}
    assert own_games(store, Hex(3), limit=0) == {}


def test_positions_too_hard_for_the_solver_are_left_out_and_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(hex_play, "COMPILED", True)
    monkeypatch.setattr(judging, "MAX_NODES", 60)
    store = fill(tmp_path, size=5)
    column = [12, 0, 7, 4, 17, 20, 2, 24, 22]
    add_games(store, column, opening_plies=0)
    black = positions_of(store, 1, size=5)
    assert black.unsolved > 0
    assert len(black.verdicts.value) > 0
    assert black.unsolved + len(black.verdicts.value) == 5


def rates(store: Store) -> list[tuple]:
    columns = (Agent.spec, BlunderRate.source, BlunderRate.games, BlunderRate.positions_id)
    query = sa.select(*columns).join(Agent, BlunderRate.agent_id == Agent.id)
    return sorted(store.frame_query(query.order_by(BlunderRate.id))[1])


def test_rows_are_written_once_and_replaced_when_there_are_more_games(store, hexlaw, capsys):
    add_games(store, BLACK_WINS)
    command = ["blunders", "--lab", store.folder, "--agents", "*#-1", "--nodes", "1", "--json"]
    assert hexlaw(*command, "--workers", "1") == 0
    printed = capsys.readouterr()
    first = rates(store)
    assert [(spec[-10:], source) for spec, source, *_ in first] == [
        ("#1@nodes=1", "fixed"), ("#1@nodes=1", "games"),
    ]  # fmt: skip
    result = json.loads(printed.out)["blunder_rates"]
    assert [row["source"] for row in result] == ["fixed", "games"]
    assert result[0]["rate"] == result[0]["blunders"] / result[0]["won"]
    assert result[0]["games_rate"] is None
    assert "judging" in printed.err

    assert hexlaw(*command) == 0
    assert "judging" not in capsys.readouterr().err
    assert rates(store) == first

    add_games(store, WHITE_WINS, round_index=1)
    assert hexlaw(*command, "--workers", "1") == 0
    again = rates(store)
    assert again[0] == first[0], "the fixed set has not changed"
    assert [row[:2] for row in again] == [row[:2] for row in first]
    assert again[1][2:] != first[1][2:]


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (["--agents", "nobody#0"], "nobody"),
        (["--agents", "*#7"], "snapshots 0 to 1 only"),
        (["--agents", "perfect"], "'perfect' is no snapshot"),
        (["--nodes", "0"], "nodes"),
        (["--lab", "nowhere"], "nowhere"),
    ],
)
def test_bad_input_is_refused_by_name(store, hexlaw, capsys, arguments, culprit):
    lab = [] if "--lab" in arguments else ["--lab", store.folder]
    assert hexlaw("blunders", *lab, *arguments) == 2
    message = capsys.readouterr().err
    assert culprit in message
    assert message.count("\n") == 1
    assert rates(store) == []


def test_a_damaged_snapshot_is_named_and_nothing_is_written(store, hexlaw, capsys):
    (store.folder / "1.safetensors").write_bytes(b"my diary")
    assert hexlaw("blunders", "--lab", store.folder, "--agents", "*#-1", "--workers", "1") == 2
    assert "1.safetensors" in capsys.readouterr().err
    assert rates(store) == []
