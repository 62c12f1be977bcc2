"""Tables: counted positions, another method's values, the device, and a cache that may break."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import games
from games.exact import tables
from games.exact.tables import load_table, position_index, solve_every_position
from games.hex import Hex
from games.text.notation import play


@pytest.fixture
def folder(tmp_path):
    """A cache of its own, for this test and for the tables remembered in this process."""
    tables._load_table.cache_clear()
    yield tmp_path
    tables._load_table.cache_clear()


@pytest.mark.parametrize(("size", "positions"), [(3, 4520 + 994), (4, 8_188_705 + 1_197_530)])
def test_reachable_positions_are_as_many_as_counted_elsewhere(size, positions):
    """Unfinished and finished ones, counted by enumerating games with another program."""
    assert np.count_nonzero(load_table(Hex(size)).values) == positions


def test_3x3_values_agree_with_alpha_beta(oracle):
    values = load_table(Hex(3)).values
    places = 3 ** np.arange(9)
    for index in np.flatnonzero(values).tolist():
        digits = index // places % 3
        black, white = (set(np.flatnonzero(digits == digit).tolist()) for digit in (1, 2))
        to_move = len(black) - len(white)
        winner = oracle("alpha_beta").winner(black, white, to_move, 3)
        assert values[index] == (1 if winner == to_move else -1)


def test_where_no_game_arrives_there_is_no_value():
    values = load_table(Hex(3)).values
    places = 3 ** np.arange(9)
    black_ahead_by_two = places[0] + places[1]
    white_began = 2 * places[0]
    white_moved_on_after_losing = places[[0, 3, 6]].sum() + 2 * places[[2, 5, 8]].sum()
    for index in (black_ahead_by_two, white_began, white_moved_on_after_losing):
        assert values[index] == 0


def test_positions_met_in_play(random_games):
    """States of random 4×4 games: each has a value, and a finished game is the mover's loss."""
    record, table = random_games("hex", 4), load_table(Hex(4))
    values = table.value(record.states)
    assert np.all(values != 0)
    assert np.all(values[record.terminal] == -1)
    winning = table.winning_moves(record.states)
    assert np.all(winning <= record.legal)
    assert np.array_equal(winning.any(-1), values == 1)


def test_replies_are_the_winning_moves_after_each_move(random_games):
    record, table = random_games("hex", 4), load_table(Hex(4))
    replies = table.winning_replies(record.states)  # [T, B, A]
    counts = table.winning_moves(record.states).sum(-1)  # [T, B]
    for ply, game in zip(*np.nonzero(~record.terminal[:-1]), strict=True):
        move = record.actions[ply, game]
        assert replies[ply, game, move] == counts[ply + 1, game]


def test_device_and_host_agree(random_games):
    record, host = random_games("hex", 3), load_table(Hex(3))
    device = jax.device_put(host)

    @jax.jit
    def judge(table, states):
        methods = (table.value, table.winning_moves, table.winning_replies)
        return [jax.vmap(jax.vmap(method))(states) for method in methods]

    on_device = judge(device, record.states)
    on_host = [
        method(record.states) for method in (host.value, host.winning_moves, host.winning_replies)
    ]
    for found, expected in zip(on_device, on_host, strict=True):
        assert np.array_equal(found, expected)


def test_the_index_reads_as_a_ternary_number():
    """Black c1 (cell 2), white b2 (cell 4) on 3×3: 1 · 3² + 2 · 3⁴."""
    assert position_index(Hex(3), play(Hex(3), "c1 b2")) == 9 + 162


def test_the_cache_is_written_once_and_read_back(folder, monkeypatch):
    first = load_table(Hex(3), folder)
    assert [path.name for path in folder.iterdir()] == ["hex3.int8"]
    tables._load_table.cache_clear()
    monkeypatch.setattr(tables, "solve_every_position", None)  # not needed again
    assert np.array_equal(load_table(Hex(3), folder).values, first.values)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:100] + bytes([content[100] ^ 1]) + content[101:],
        lambda content: solve_every_position(Hex(2)).tobytes(),
        lambda content: b"",
    ],
    ids=["cut short", "one bit flipped", "another board's", "empty"],
)
def test_a_damaged_or_foreign_file_is_replaced(folder, damage):
    right = load_table(Hex(3), folder).values
    file = folder / "hex3.int8"
    content = file.read_bytes()
    file.write_bytes(damage(content))
    tables._load_table.cache_clear()
    assert np.array_equal(load_table(Hex(3), folder).values, right)
    assert file.read_bytes() == content
    assert list(folder.iterdir()) == [file]


def test_without_a_place_to_write_the_table_is_built_all_the_same(folder):
    blocked = folder / "file"
    blocked.write_text("")
    assert load_table(Hex(3), blocked / "exact").values[0] == 1


def test_tables_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        load_table(Hex(3)).values[0] = 0


def test_a_board_without_table_is_refused_by_name():
    with pytest.raises(games.InputError, match="not for size 5; ask the solver"):
        load_table(Hex(5))


def test_a_board_turned_by_180_degrees_has_the_same_value():
    values = load_table(Hex(3)).values
    index = np.flatnonzero(values)
    digits = index[:, None] // 3 ** np.arange(9) % 3
    assert np.array_equal(values[digits[:, ::-1] @ 3 ** np.arange(9)], values[index])
