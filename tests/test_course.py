"""The class bundle: answers pass the checks, and the data are those of the stored run."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from docs.course.gaps import for_pupils, with_answers

COURSE = Path(__file__).parents[1] / "docs" / "course"
LESSONS = sorted(COURSE.glob("[0-9]_*.py"))
HEAVY = ("jax", "sqlalchemy", "pydantic", "pyarrow")
LIGHT = f"import sys\nfor name in {HEAVY}: sys.modules[name] = None\n"
RUN = LIGHT + "import runpy; sys.path.insert(0, '.'); runpy.run_path(sys.argv[1])"


def run(lesson, **environment):
    return subprocess.run(
        [sys.executable, "-c", RUN, str(lesson)],
        cwd=COURSE, capture_output=True, text=True, check=False,
        env=os.environ | {"MPLBACKEND": "agg", "PYTHONPATH": str(COURSE.parents[1])} | environment,
    )  # fmt: skip


@functools.cache
def solved(lesson):
    return run(lesson, HEXLAW_COURSE_STRICT="1")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_the_answers_of_a_lesson_pass_its_checks_without_heavy_libraries(lesson):
    done = solved(lesson)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("✓") == lesson.read_text(encoding="utf-8").count("\ncheck(")
    assert "hexlaw is not installed" not in done.stdout


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_exercise_has_its_level_and_its_minutes(lesson):
    text = lesson.read_text(encoding="utf-8")
    assert text.count("# solution\n") == text.count("# end\n") >= 4
    levels = re.findall(r"^# ## Exercise \d (●+) \((\d+) minutes\)", text, re.MULTILINE)
    promised = int(re.findall(r"About (\d+) minutes", text.replace("\n# ", " "))[0])
    assert sum(int(minutes) for _, minutes in levels) <= promised
    assert text.count("<details>") == text.count("</details>") >= 2


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_with_gaps_a_lesson_runs_to_its_end_and_every_check_asks(lesson, tmp_path):
    text = lesson.read_text(encoding="utf-8")
    with_gaps = tmp_path / lesson.name
    with_gaps.write_text(for_pupils(text), encoding="utf-8")
    done = run(with_gaps)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("✗") == text.count("\ncheck(")
    assert for_pupils(text).count("# your code") >= 4
    assert "# solution" not in for_pupils(text) + with_answers(text)


def test_the_data_file_is_small_explained_and_of_the_stored_run():
    agents = pd.read_csv(COURSE / "agents.csv")
    assert (COURSE / "agents.csv").stat().st_size < 200_000
    guide = (COURSE / "README.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`(\w+)`", guide[guide.index("## agents.csv") :]))
    assert set(agents.columns) <= explained
    assert f"{len(agents):,} rows" in guide
    stored = pd.read_parquet(COURSE.parents[1] / "reference_run/tables/snapshots.parquet")
    stored = stored[stored["recipe"] == "efficient"]
    key = ["boardsize", "width", "depth", "seed"]
    mine = agents.rename(columns={"snapshot": "index"}).merge(
        stored, on=[*key, "index"], suffixes=("", "_stored"), how="left"
    )
    assert (mine["samples"] == mine["samples_stored"]).all()
    assert (mine["train_flops"] / mine["train_flops_stored"] - 1).abs().max() < 0.006
    snapshots = agents.drop_duplicates([*key, "snapshot"])
    assert len(snapshots) == len(stored)


def test_the_class_league_holds_games_that_were_played():
    """The win table of lesson 1, against the stored league of the same six agents."""
    matches = pd.read_parquet(COURSE.parents[1] / "reference_run/tables/matches.parquet")
    league = matches[matches["tournament"] == "hex5-0638a42a-jones"]
    six = [3880, 3883, 1500, 3892, 1552, 3911]
    lesson = LESSONS[0].read_text(encoding="utf-8")
    rows = re.findall(r"^        \[([\d, ]+)\],  # \w+$", lesson, re.MULTILINE)
    for agent, row in zip(six, rows, strict=True):
        for other, wins in zip(six, row.split(", "), strict=True):
            as_black = league[(league["black_id"] == agent) & (league["white_id"] == other)]
            as_white = league[(league["black_id"] == other) & (league["white_id"] == agent)]
            assert as_black["black_wins"].sum() + as_white["white_wins"].sum() == int(wins)


def test_the_guide_says_what_the_lessons_find():
    guide = (COURSE / "README.md").read_text(encoding="utf-8")
    said = {lesson.stem[0]: solved(lesson).stdout for lesson in LESSONS}
    foretold, found, factor = re.findall(
        r"10\^([\d.]+), found 10\^([\d.]+): a factor ([\d.]+)", said["2"]
    )[0]
    assert f"forecast 10^{foretold}, truth 10^{found}, a factor {factor}" in guide
    games = int(re.findall(r"up to ([\d,]+) games", said["3"])[0].replace(",", ""))
    assert f"break-even at about {round(games, -2):,} games" in guide
    for name, elo in re.findall(r"^(\w+): +(-\d+)$", said["1"], re.MULTILINE):
        told = int(re.findall(rf"{name} −(\d+)", guide)[0])
        assert abs(told + int(elo)) <= 15  # as the guide says: the optimum is flat
