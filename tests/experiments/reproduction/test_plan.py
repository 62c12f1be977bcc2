"""Plans: presets, TOML files, and what is wrong with one, in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.reproduction.plan import load_plan, preset_names, waves_of
from experiments.reproduction.stages.league import League
from games.errors import InputError
from training.networks import parameter_count

GOOD = """
title = "A plan."
seeds = 2

[train]
lanes = 16
batch_size = 64
learning_rate = 0.01

[[stages]]
kind = "league"
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
    assert preset_names() == ["smoke", "laptop", "reference", "large", "gpu", "paper"]


@pytest.mark.parametrize("preset", preset_names())
def test_every_preset_plays_all_stages_that_its_boards_allow(preset):
    plan = load_plan(preset)
    reachable = {"perfect"} if min(plan.boardsizes) <= 6 else set()
    everywhere = {"training", "league", "league_jones", "nodes", "direct", "example"}
    assert {stage.kind for stage in plan.stages} == everywhere | reachable


def test_the_laptop_grid_is_as_wide_as_promised():
    """3×3 to 6×6, three seeds of our recipe, the paper's beside it on the small boards."""
    plan = load_plan("laptop")
    assert plan.boardsizes == [3, 4, 5, 6]
    seeds = {(r.boardsize, r.recipe, r.network.name): set() for r in plan.runs}
    for run in plan.runs:
        seeds[run.boardsize, run.recipe, run.network.name].add(run.seed)
    ours = [found for (_, recipe, _), found in seeds.items() if recipe == "efficient"]
    assert ours
    assert all(found == {0, 1, 2} for found in ours)
    assert {size for size, recipe, _ in seeds if recipe == "jones2021"} == {3, 4}


# science.md of the issue: runs of each board, and all their samples and FLOPs in Jones's count,
# recomputed from the paper's Figure 5; some of his runs stopped short of their caps.
PUBLISHED = {
    3: (6, 1.7e9, 6e12),
    4: (15, 2.4e9, 6e13),
    5: (20, 4.9e9, 2e14),
    6: (32, 1.3e10, 5e15),
    7: (38, 2.6e10, 8e16),
    8: (40, 4.1e10, 2.4e17),
    9: (44, 6.1e10, 8.6e17),
}


def test_the_paper_preset_is_the_grid_of_the_paper_with_both_its_caps():
    plan = load_plan("paper")
    assert len(plan.runs) == 195
    assert {(run.recipe, run.lanes, run.snapshots) for run in plan.runs} == {
        ("jones2021", 32_768, 21)
    }
    for size, (runs, samples, flops) in PUBLISHED.items():
        mine = [run for run in plan.runs if run.boardsize == size]
        spent = [64 * run.samples * parameter_count(run.rules, run.network) for run in mine]
        assert len(mine) == runs
        assert 1 <= sum(run.samples for run in mine) / samples + 0.05 < 1.45
        assert 1 <= sum(spent) / flops + 0.05 < 1.3
    nine = {run.network.name: run for run in plan.runs if run.boardsize == 9}
    # Its published row: 1.00000e17 FLOPs after 351,174,656 samples; and a run that samples end.
    assert abs(nine["1024x4"].samples - 351_174_656) <= 32_768
    assert nine["8x1"].samples == 2_000_000_000


def test_flops_cap_a_run_and_place_its_first_snapshot(plan_file):
    run = load_plan(file=plan_file(GOOD + "flops = [4e6, 1.5e8]")).runs[-1]
    # P = 264 + 144 + 144 + 9 = 561 of 8x2 on 4×4, and 64 · 561 = 35,904 FLOPs a sample.
    assert run.samples == 4178  # 1.5e8 / 35,904 = 4177.8, sooner than 8,192
    assert run.first_snapshot == 112  # 111.4


def test_the_caps_alone_say_when_a_capped_run_begins_to_be_kept(plan_file):
    """The recipe's first snapshot, at 2,048 positions, may lie behind the end of such a run."""
    short = GOOD.replace("samples = 8192", "samples = 1500")
    run = load_plan(file=plan_file(short + "flops = [4e6, 1.5e8]")).runs[-1]
    assert (run.samples, run.first_snapshot) == (1500, 112)


def test_the_recipes_of_a_plan_are_read_once(plan_file, monkeypatch):
    path = plan_file(GOOD.replace("seeds = 2", "seeds = 5"))
    load_plan(file=path)
    monkeypatch.setattr("experiments.reproduction.recipe._read", None)
    assert len(load_plan(file=path).runs) == 15


@pytest.fixture
def plan_file(tmp_path):
    def write(text: str):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return path

    return write


def test_the_plan_in_the_docs_is_one(plan_file):
    text = (Path(__file__).parents[3] / "docs" / "reproduction.md").read_text()
    plan = load_plan(file=plan_file(text.partition("```toml\n")[2].partition("```")[0]))
    assert [stage.kind for stage in plan.stages] == ["training", "league", "nodes"]
    assert [run.network.name for run in plan.runs[::2]] == ["4x1", "8x2", "16x2"]


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
    assert plan.stage(League).rounds == 3


def test_openings_that_could_end_a_game_are_refused_by_stage_and_board(plan_file):
    text = GOOD.replace("boardsize = 3", "boardsize = 2")
    path = plan_file(text.replace("rounds = 3", "opening_plies = 3"))
    with pytest.raises(InputError, match=r"league.opening_plies: 3 can end a game on 2×2"):
        load_plan(file=path)


@pytest.mark.parametrize(
    ("written", "waves"),
    [
        ("", [["training"], ["league"], ["example"]]),
        ("stages = ['training']", [["training"], ["league"]]),
        ("stages = ['perfect', 'league_jones']",
         [["training"], ["league", "league_jones"], ["perfect"]]),
        ("stages = ['direct', { kind = 'league', rounds = 5 }]",
         [["training"], ["league"], ["direct"]]),
    ],
)  # fmt: skip
def test_stages_run_after_those_they_build_on_which_need_not_be_written(plan_file, written, waves):
    without = GOOD.replace('[[stages]]\nkind = "league"\nrounds = 3\n', "")
    plan = load_plan(file=plan_file(written + without))
    assert [[stage.kind for stage in wave] for wave in waves_of(plan.stages)] == waves
    if "rounds" in written:
        assert plan.stage(League).rounds == 5


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
        ("rounds = 3", "rounds = 0", "stages.0.rounds: "),
        ("rounds = 3", "search = { nodes = 5000 }", "stages.0.search.nodes: "),
        ("rounds = 3", "opponents = 3", "stages.0.opponents: "),
        ("rounds = 3", "[[stages]]\nkind = 'league_jones'\nsnapshots = 1", "stages.1.snapshots: "),
        ("rounds = 3", "[[stages]]\nkind = 'nodes'\nnodes = [64]", "stages.1.nodes: "),
        (
            "rounds = 3",
            "[[stages]]\nkind = 'direct'\nopening_plies = 9",
            "stages.1.opening_plies: ",
        ),
        ("rounds = 3", "boards = [3]", "stages.0.boards: "),
        ("rounds = 3", "[[stages]]\nkind = 'league'", "each kind of stage can stand only once"),
        ('kind = "league"', "", "stages.0: kind: missing; there is training, "),
        (
            'kind = "league"',
            'kind = "leage"',
            "stages.0: unknown stage 'leage'; there is ",
        ),
        ('[[stages]]\nkind = "league"', "[arena]", 'now, with the line kind = "league" above'),
        (
            "rounds = 3",
            "[nodes]",
            '[nodes] is written [[stages]] now, with the line kind = "nodes"',
        ),
        ("samples = 8192", "samples = 8192\nflops = [1e9]", "boards.1.flops"),
        ("boardsize = 3", "boardsize = 1", "size must be 2 to 19, got 1"),
        ("boardsize = 3", 'game = "go"\nboardsize = 3', "boards.0.game: "),
        ("rounds = 3", "opening_plies = 5", "stages.0.opening_plies: "),
        ("lanes = 16", "samples = 16", "train: samples cannot stand here"),
        ('"2x1"', '"4x1"', "a network stands twice on the same board"),
        ('"2x1"', '"2by1"', '"2by1" is not WIDTHxDEPTH'),
        ('["8x2"]', "[]", "boards.1.networks: "),
        (
            "samples = 4096",
            "samples = 100",
            "samples 100 end before first_snapshot 2048: raise samples, or lower",
        ),
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


WARM = """
title = "Warm starts."
seeds = 2
[[boards]]
boardsize = 3
networks = ["conv2x1", "conv4x1"]
samples = 64000
[[boards]]
boardsize = 5
begin = 3
networks = ["conv4x1"]
samples = 64000
"""


def test_runs_begin_with_the_end_of_those_of_the_same_network_and_seed(plan_file):
    runs = load_plan(file=plan_file(WARM)).runs
    by_name = {run.run_id: run for run in runs}
    assert [run.begin for run in runs[:4]] == [""] * 4
    for run in runs[4:]:
        teacher, _, index = run.begin.partition("#")
        found = by_name[teacher]
        assert (found.boardsize, found.network, found.seed) == (3, run.network, run.seed)
        assert int(index) == len(found.snapshot_iterations) - 1


@pytest.mark.parametrize(
    ("old", "new"), [('["conv4x1"]', '["conv8x1"]'), ("begin = 3", "begin = 4")]
)
def test_a_board_that_begins_with_runs_that_are_not_there_is_refused(plan_file, old, new):
    with pytest.raises(InputError, match=r"boards: 5 begins with \d, but no board of that size"):
        load_plan(file=plan_file(WARM.replace(old, new)))


def test_unknown_presets_and_unreadable_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"unknown preset 'lptop'; there is: smoke, laptop"):
        load_plan("lptop")
    with pytest.raises(InputError, match=r"none\.toml"):
        load_plan(file=tmp_path / "none.toml")
    (tmp_path / "image.toml").write_bytes(b"\x89PNG\xff")
    with pytest.raises(InputError, match=r"image\.toml"):
        load_plan(file=tmp_path / "image.toml")
