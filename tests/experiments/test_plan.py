"""Plans: presets, TOML files, and what is wrong with one, in one line."""

from __future__ import annotations

import pytest

from experiments.plan import load_plan, preset_names
from games.errors import InputError

GOOD = """
title = "A plan."
seeds = 2

[train]
lanes = 16
batch_size = 64
learning_rate = 0.01

[arena]
rounds = 3

[[boards]]
boardsize = 3
networks = ["2x1", "4x1"]
samples = 4096

[[boards]]
boardsize = 4
networks = ["8x2"]
samples = 8192
train = { learning_rate = 0.001 }
"""


@pytest.mark.parametrize("preset", preset_names())
def test_every_preset_loads_and_names_each_run_once(preset):
    plan = load_plan(preset)
    names = [run.run_id for run in plan.runs]
    assert len(names) == len(set(names)) > 0
    assert plan.title.endswith(".")


def test_the_presets_that_users_are_promised_are_there():
    assert preset_names()[:2] == ["smoke", "laptop"]


def test_the_laptop_ladder_is_as_wide_as_promised():
    """At least 3×3, 4×4 and 5×5 with four sizes of network each, several seeds, 21 snapshots."""
    plan = load_plan("laptop")
    assert {3, 4, 5} <= {board.boardsize for board in plan.boards}
    assert all(len(board.networks) >= 4 for board in plan.boards)
    assert plan.seeds >= 2
    assert {run.snapshots for run in plan.runs} == {21}


@pytest.fixture
def plan_file(tmp_path):
    def write(text: str):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return path

    return write


def test_a_plan_is_every_network_on_its_board_with_every_seed(plan_file):
    plan = load_plan(file=plan_file(GOOD))
    runs = [(r.boardsize, r.network.width, r.network.depth, r.seed, r.samples) for r in plan.runs]
    assert runs == [
        (3, 2, 1, 0, 4096),
        (3, 2, 1, 1, 4096),
        (3, 4, 1, 0, 4096),
        (3, 4, 1, 1, 4096),
        (4, 8, 2, 0, 8192),
        (4, 8, 2, 1, 8192),
    ]
    assert [run.learning_rate for run in plan.runs] == [0.01] * 4 + [0.001] * 2
    assert {run.lanes for run in plan.runs} == {16}
    assert plan.arena.rounds == 3


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("seeds = 2", "seeds = ", "not valid TOML"),
        ("seeds = 2", "seed = 2", "seed: "),
        ("seeds = 2", 'seeds = "two"', "seeds: "),
        ("seeds = 2", "seeds = 0", "seeds: "),
        ('title = "A plan."', "", "title: "),
        ("lanes = 16", "lnes = 16", "lnes: "),
        ("lanes = 16", 'lanes = "many"', "lanes: "),
        ("rounds = 3", "rounds = 0", "arena.rounds: "),
        ("rounds = 3", "search = { nodes = 5000 }", "arena.search.nodes: "),
        ("boardsize = 3", "boardsize = 1", "size must be 2 to 19, got 1"),
        ("boardsize = 3", 'game = "go"\nboardsize = 3', "boards.0.game: "),
        ("rounds = 3", "opening_plies = 5", "arena.opening_plies: "),
        ("lanes = 16", "samples = 16", "train: samples cannot stand here"),
        ('"2x1"', '"4x1"', "a network stands twice on the same board"),
        ('"2x1"', '"2by1"', '"2by1" is not WIDTHxDEPTH'),
        ('["8x2"]', "[]", "boards.1.networks: "),
        ("samples = 4096", "samples = 100", "first_snapshot 2048 comes after the end"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_in_one_line(plan_file, old, new, complaint):
    assert old in GOOD
    path = plan_file(GOOD.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_plan(file=path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    assert complaint in message


def test_unknown_presets_and_unreadable_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"unknown preset 'lptop'; there is: smoke, laptop"):
        load_plan("lptop")
    with pytest.raises(InputError, match=r"none\.toml"):
        load_plan(file=tmp_path / "none.toml")
    (tmp_path / "image.toml").write_bytes(b"\x89PNG\xff")
    with pytest.raises(InputError, match=r"image\.toml"):
        load_plan(file=tmp_path / "image.toml")
