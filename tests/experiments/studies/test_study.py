"""The seam of studies: found, run, stopped, gone on with, written; one of them from outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.studies.discovery import find_studies
from tests.analysis.report.test_report import Page

TOY = Path(__file__).parents[2] / "toys" / "ladder_study.py"


@pytest.mark.parametrize(("name", "study"), find_studies().items())
def test_every_study_asks_expects_and_has_its_presets(name, study):
    assert study.question.endswith("?")
    assert study.expectation
    assert {"smoke", "laptop", "reference"} <= set(study.presets)


def test_a_study_from_outside_goes_from_its_file_to_a_page(hexlaw, tmp_path, capsys):
    lab, out = tmp_path / "lab", tmp_path / "page"
    command = ("study", TOY, "--lab", lab, "--out", out, "--preset", "smoke", "--json")
    assert hexlaw(*command, "--set", "shares=[0.25]") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"study": "ladder_study", "lab": str(lab), "page": str(out / "index.html")}
    text = (out / "index.html").read_text()
    page = Page(text)
    assert "What a perfect move is worth" in text
    assert "[0.25]" in text  # the settings
    beside = [link for link in page.links if not link.startswith("#")]
    assert all((out / link).exists() for link in beside)
    ratings = (out / "tables" / "ratings.csv").read_text()
    assert "perfect" in ratings
    assert hexlaw(*command, "--set", "shares=[0.25]") == 0
    assert "League: done already" in capsys.readouterr().err
    assert (out / "tables" / "ratings.csv").read_text() == ratings


def test_studies_are_listed(hexlaw, capsys):
    assert hexlaw("list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)["studies"]
    assert listed == {name: study.title for name, study in find_studies().items()}
    assert "batch_ladder" in listed


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (["no_such"], "no_such"),
        (["nowhere.py"], "nowhere.py"),
        ([TOY, "--preset", "huge"], "huge"),
        ([TOY, "--set", "shars=[1]"], "shars"),
        ([TOY, "--set", "rounds=none"], "rounds"),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_line(hexlaw, tmp_path, capsys, arguments, culprit):
    assert hexlaw("study", *arguments, "--lab", tmp_path / "lab", "--out", tmp_path) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert culprit in message
