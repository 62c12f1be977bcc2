"""`hexlaw train`: recipes, settings, the plan, stopping and going on, failure."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from experiments.reproduction.recipe import (
    configure,
    load_recipe,
    merge,
    parse_setting,
    recipe_names,
)
from experiments.verbs.train import TrainVerbConfig, plan_runs
from games.errors import InputError
from mcts import JONES
from training.forecast import forecast
from training.store import Leases, Store

TINY = """
title = "Tiny, for the tests"
lanes = 8
moves = 2
window = 8
batch_size = 16
replay_ratio = 2
snapshots = 3
first_snapshot = 32
search = { nodes = 4, noise_fraction = 0.25 }
[boards.3]
network = "4x1"
samples = 256
[boards.4]
network = "conv4x1"
samples = 512
"""


@pytest.fixture
def recipe_file(tmp_path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture
def train(hexlaw, capsys, recipe_file, tmp_path):
    """Exit code, result as JSON, and what people are told, of one command."""

    def run(*arguments, code=0):
        flags = ["--file", recipe_file, "--lab", tmp_path / "lab", "--boardsize", 3, "--json"]
        assert hexlaw("train", *map(str, [*flags, *arguments])) == code
        printed = capsys.readouterr()
        return json.loads(printed.out) if printed.out else None, printed.err

    return run


# Recipes.


@pytest.mark.parametrize("name", recipe_names())
@pytest.mark.parametrize("boardsize", range(3, 12))
def test_every_recipe_fits_every_board(name, boardsize):
    config = configure(load_recipe(name), {"boardsize": boardsize})
    assert config.boardsize == boardsize
    assert load_recipe(name).title


def test_jones2021_is_what_the_paper_says():
    """Table II and boardlaw's source; shared numbers of its `main.py`."""
    config = configure(load_recipe("jones2021"), {"boardsize": 9})
    assert (config.lanes, config.batch_size, config.moves) == (32_768, 32_768, 1)
    assert (config.learner_steps, config.window, config.learning_rate) == (1, 64, 1e-3)
    assert (config.search.nodes, config.search.noise_fraction) == (64, 0.25)
    assert (config.max_opening_plies, config.augment, config.bootstrap) == (0, False, True)
    assert config.greedy_from >= 81
    assert config.search == JONES


def test_a_recipe_s_rate_is_one_for_all_widths():
    """No hidden step inside a law about size."""
    recipe = load_recipe("efficient")
    networks = ("1x1", "8x2", "32x2", "64x2", "512x4", "conv16x2")
    runs = [configure(recipe, {"boardsize": 4, "network": network}) for network in networks]
    assert {run.learning_rate for run in runs} == {1e-2}


def test_a_recipe_s_table_for_a_board_yields_to_changes(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('network = "64x2"\nlanes = 32\n[boards.3]\nnetwork = "16x2"\nlanes = 16\n')
    recipe = load_recipe("", file)

    def found(**changes):
        config = configure(recipe, changes)
        return config.network.name, config.lanes

    assert found(boardsize=4) == ("64x2", 32)
    assert found(boardsize=3) == ("16x2", 16)
    assert found(boardsize=3, network="8x2") == ("8x2", 16)
    assert found(boardsize=3, lanes=8) == ("16x2", 8)


def test_changes_reach_nested_fields_and_leave_the_rest():
    recipe = load_recipe("efficient")
    config = configure(recipe, {"boardsize": 4, "search.nodes": 8, "network.depth": 1})
    plain = configure(recipe, {"boardsize": 4})
    assert (config.search.nodes, config.network.depth) == (8, 1)
    assert config.search.noise_fraction == plain.search.noise_fraction == 0.25
    assert config.network.width == plain.network.width == 32


def test_a_network_s_name_takes_the_place_of_another_kind_s_fields(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('[network]\nkind = "conv"\nwidth = 8\ndepth = 2\n')
    recipe = load_recipe("", file)
    assert configure(recipe, {}).network.name == "conv8x2"
    assert configure(recipe, {"network": "16x1"}).network.name == "16x1"
    assert configure(recipe, {"network": "conv4x1", "network.depth": 3}).network.name == "conv4x3"


def test_merging_goes_table_by_table():
    merged = merge({"a": 1, "t": {"x": 1, "y": 2}}, {"t": {"y": 3}, "b": 4})
    assert merged == {"a": 1, "t": {"x": 1, "y": 3}, "b": 4}


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("learning_rate=1e-3", ("learning_rate", 1e-3)),
        ("augment=false", ("augment", False)),
        ("network=16x2", ("network", "16x2")),
        ("seed = [1, 2]", ("seed", [1, 2])),
    ],
)
def test_settings_have_toml_values(text, setting):
    assert parse_setting(text) == setting


def test_seeds_and_varied_values_make_a_run_each(recipe_file):
    runs = plan_runs(
        TrainVerbConfig(
            file=recipe_file, boardsize=3, seeds=(0, 1), vary=("learning_rate=[1e-3, 1e-2]",)
        )
    )
    assert [(run.seed, run.learning_rate) for run in runs] == [
        (0, 1e-3), (0, 1e-2), (1, 1e-3), (1, 1e-2),
    ]  # fmt: skip


def test_a_network_is_named_on_the_command_line(hexlaw, capsys, recipe_file, tmp_path):
    flags = ["--file", str(recipe_file), "--boardsize", "3", "--network", "8x2+4x1", "--plan-only"]
    assert hexlaw("train", "--lab", str(tmp_path / "lab"), *flags) == 0
    assert "8x2+4x1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (["--recipe", "jnes"], "jnes"),
        (["--file", "nowhere.toml"], "nowhere.toml"),
        (["--boardsize", "40"], "40"),
        (["--network", "16by2"], 'network: "16by2" is not WIDTHxDEPTH'),
        (["--set", "lanes"], "KEY=VALUE"),
        (["--set", "lnes=8"], "lnes"),
        (["--set", "search.nodes=0"], "search.nodes"),
        (["--set", "network=9"], "network"),
        (["--vary", "seed=3"], "seed"),
        (["--seeds", "1", "1"], "twice"),
        (["--vary", "search.nodes=[4, 8]"], "population"),
        (["--devices", "9"], "9 devices"),
    ],
)
def test_bad_input_is_named_in_one_line(hexlaw, capsys, recipe_file, tmp_path, arguments, culprit):
    flags = ["--file", str(recipe_file)] * (
        "--file" not in arguments and "--recipe" not in arguments
    )
    assert hexlaw("train", "--lab", str(tmp_path / "lab"), *flags, *arguments) == 2
    message = capsys.readouterr().err
    assert culprit in message
    assert message.count("\n") == 1, message


@pytest.mark.parametrize(
    "content", ["lanes = ", "lnes = 3", "boards = 3", "boards.3 = 4", "[boards.x]"]
)
def test_a_bad_recipe_file_is_named(recipe_file, content):
    recipe_file.write_text(content)
    with pytest.raises(InputError) as caught:
        configure(load_recipe("", recipe_file), {})
    assert "\n" not in str(caught.value)


# The command.


def test_a_population_is_planned_and_trained(train, tmp_path):
    result, told = train("--seeds", 0, 1, 2)
    plan = result["plan"]
    # Weights 18·4 + 4·4 + 4·9 + 4 and biases 4 + 4 + 9 + 1.
    assert (plan["members"], plan["parameters"]) == (3, 146)
    assert [run["status"] for run in result["runs"]] == ["done"] * 3
    assert all(run["samples"] == 256 for run in result["runs"])
    assert all((tmp_path / "lab" / run["file"]).exists() for run in result["runs"])
    # What was expected is what was spent, but for the time.
    assert plan["samples"] == sum(run["samples"] for run in result["runs"])
    assert plan["train_flops"] == pytest.approx(sum(r["train_flops"] for r in result["runs"]))
    assert "seed = [0, 1, 2]" in told
    assert "plan" in told
    again, _ = train("--seeds", 0, 1, 2)
    assert again["runs"] == result["runs"]


def test_a_plan_alone_trains_nothing(train, tmp_path):
    result, _ = train("--plan-only")
    assert result["plan"]["samples_per_second"] > 0
    assert not (tmp_path / "lab").exists()


def test_a_run_that_fails_says_why_and_exits_with_1(train):
    result, told = train("--set", "learning_rate=1e30", code=1)
    assert result["runs"][0]["status"] == "failed"
    assert "no longer finite" in result["runs"][0]["reason"]
    assert "lower learning_rate" in told.replace("\n", " ")


def test_a_run_at_work_is_not_touched_but_others_may_be_trained(train, tmp_path, recipe_file):
    runs = plan_runs(TrainVerbConfig(file=recipe_file, boardsize=3))
    Store(tmp_path / "lab")
    with Leases(Store(tmp_path / "lab")) as leases:
        leases.claim_or_refuse("it", [runs[0].run_id])
        _, told = train(code=2)
        assert f"another hexlaw ({leases.worker}) is at work" in " ".join(told.split())
        assert train("--seeds", 1)[0]["runs"][0]["status"] == "done"


def test_an_unknown_tracker_and_a_missing_library_are_refused(train, monkeypatch):
    _, told = train("--tracker", "abacus", code=2)
    assert "--tracker: unknown tracker 'abacus'; there is tensorboard, trackio, wandb" in told
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    _, told = train("--tracker", "tensorboard", code=2)
    assert "hexlaw[tensorboard]" in told


def test_metrics_go_to_the_tracker_that_is_named(train, tmp_path):
    pytest.importorskip("tensorboardX")
    result, _ = train("--tracker", "tensorboard")
    folder = tmp_path / "lab" / "tensorboard" / result["runs"][0]["id"]
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    for name in (b"policy_loss", b"value_loss", b"policy_kl", b"first_player_wins"):
        assert name in content


@pytest.mark.parametrize("where", ["host,2,0", "host:1,2", "host:1,2,2", "everywhere"])
def test_processes_that_are_not_named_as_they_should_be_are_refused(train, where):
    _, told = train("--distributed", where, code=2)
    assert "HOST:PORT,N,K" in told


def test_processes_that_nobody_has_started_are_refused(train):
    """Several of them were run by hand (docs/scaling.md): on a busy machine, where one compiles for
    minutes, the others' collectives give up."""
    _, told = train("--distributed", "auto", code=2)
    assert "the processes of auto did not find each other" in told


def test_the_forecast_counts_memory_and_time(recipe_file):
    runs = plan_runs(TrainVerbConfig(file=recipe_file, boardsize=3))
    expected = forecast(runs)
    window = 8 * 8 * (18 + 9 + 36)  # W · B positions of planes, legal moves and policy
    assert window < expected.memory_bytes < 100 * window
    assert expected.seconds == pytest.approx(256 / expected.samples_per_second)
    assert 0 < expected.learner_share < 1
    assert 0 < expected.utilisation < 1


def test_a_larger_board_begins_with_a_snapshot_of_a_smaller(train):
    small, _ = train("--set", "network=conv4x1", "samples=128")
    run = small["runs"][0]["id"]
    large, _ = train("--boardsize", 4, "--samples", 128, "--begin", f"{run}#2")
    assert large["runs"][0]["samples"] == 256, "what the first had cost counts"
    _, told = train("--boardsize", 4, "--network", "4x1", "--begin", f"{run}#2", code=2)
    assert "do not fit 4x1 for hex on 4×4" in told
    _, told = train("--begin", "hex3-none#0", code=2)
    assert "no snapshot hex3-none#0; train that run there first" in told


def test_a_mix_of_boards_is_planned_trained_and_listed(train, hexlaw, capsys, tmp_path):
    result, told = train("--boardsize", 4, "--samples", 128, "--set", "mix=[[3, 0.25]]")
    assert "plan: positions on 4×4 (0.75), 3×3 (0.25)" in told
    (run,), plan = result["runs"], result["plan"]
    assert (run["samples"], run["train_flops"]) == (128, plan["train_flops"])
    assert hexlaw("list", "--lab", tmp_path / "lab", "--json") == 0
    (listed,) = json.loads(capsys.readouterr().out)["runs"]
    assert listed["boards"] == "4×4 (0.75), 3×3 (0.25)"
    _, told = train("--boardsize", 4, "--network", "4x1", "--set", "mix=[[3, 0.25]]", code=2)
    assert "mix: weights of 4x1 fit only one board" in told
