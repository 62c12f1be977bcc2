"""The command line: one clear line for what it cannot do, one JSON object for scripts."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys

import pytest

from experiments import cli
from experiments.verbs import listing
from training.store import DATABASE_NAME, Store


@pytest.fixture
def refused(hexlaw, capsys):
    """The one line with which a command is refused."""

    def run(*arguments) -> str:
        assert hexlaw(*arguments) == 2
        message = capsys.readouterr().err
        assert message.startswith("hexlaw: ")
        assert message.count("\n") == 1, message
        return message

    return run


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (["reproduce", "--preset", "lptop"], "lptop"),
        (["reproduce", "--prset", "smoke"], "prset"),
        (["reproduce", "--workers", "0"], "workers"),
        (["reproduce", "--workers", "two"], "workers"),
        (["reproduce", "--plan", "nowhere.toml"], "nowhere.toml"),
        (["reprduce"], "reprduce"),
        (["bench", "--boards", "1"], "got 1"),
        (["bench", "--nodes", "1"], "nodes"),
        (["bench", "--networks", "16by2"], "16by2"),
        (["report", "--from", "nowhere"], "nowhere"),
        (["list", "--lab", "nowhere"], "nowhere"),
        (["list", "--lab", "lab[/b]"], "lab[/b]"),
        (["list", "--lab=~nobody-at-all/lab"], "~nobody-at-all/lab names nobody's home"),
        (["list", "--games"], "--lab"),
        (["list", "--player", "x"], "--games"),
        (["rate", "--size", "[/b]"], "[/b]"),
        (["serve", "--lab", "lab[/b]"], "lab[/b]"),
        (["replay", "99999999999999999999"], "99999999999999999999"),
        (["replay", "²"], "²"),
    ],
)
def test_bad_input_is_named_in_one_line(refused, arguments, culprit):
    assert culprit in refused(*arguments)


def test_no_verb_at_all_is_bad_input(refused):
    assert "reproduce" in refused()


@pytest.mark.parametrize("arguments", [["--help"], ["reproduce", "--help"], ["bench", "-h"]])
def test_help_is_no_error(hexlaw, capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        hexlaw(*arguments)
    assert caught.value.code == 0
    printed = capsys.readouterr()
    assert "usage: hexlaw" in printed.out
    assert printed.err == ""


def test_help_names_every_verb(hexlaw, capsys):
    with pytest.raises(SystemExit):
        hexlaw("--help")
    text = capsys.readouterr().out
    assert all(verb in text for verb in cli.VERBS)


def test_summaries_are_those_of_the_configurations():
    for name, entry in cli.VERBS.items():
        model, _ = cli._load(name)
        assert (model.__doc__ or "").splitlines()[0] == entry.summary


def test_the_version_is_said(hexlaw, capsys):
    with pytest.raises(SystemExit) as caught:
        hexlaw("--version")
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"hexlaw {importlib.metadata.version('hexlaw')}\n"


def test_the_home_folder_is_found_where_the_shell_leaves_it(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    config, _ = cli.parse(["list", "--lab=~/lab"])
    assert config.lab == tmp_path / "lab"  # pyright: ignore[reportAttributeAccessIssue]


ODD = "mohex[bot]", "wolve[/v2]", "net[a]", "net[b]", ":bug:", "a" * 90


@pytest.fixture
def odd_matches(tmp_path):
    """Everybody beats and is beaten by the next."""
    file = tmp_path / "odd.csv"
    rows = [f"{one},{other},3,1" for one, other in zip(ODD, ODD[1:] + ODD[:1], strict=True)]
    file.write_text("\n".join(["black,white,black_wins,white_wins", *rows]))
    return file


def test_names_are_shown_as_they_are_and_whole(hexlaw, capsys, odd_matches):
    assert hexlaw("rate", "--matches", odd_matches) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[1] for line in lines[1 : len(ODD) + 1]} == set(ODD)
    assert hexlaw("rate", "--matches", odd_matches, "--json") == 0
    ratings = json.loads(capsys.readouterr().out)["ratings"]
    assert {row["player"] for row in ratings} == set(ODD)


def test_names_are_folded_not_cut_in_a_narrow_terminal(hexlaw, capsys, odd_matches, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # which rich takes for a terminal
    monkeypatch.setenv("COLUMNS", "60")
    assert hexlaw("rate", "--matches", odd_matches) == 0
    said = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert "…" not in said
    assert max(map(len, said.split("0 Elo")[0].splitlines())) <= 60
    assert said.count("a") >= 90


def test_the_table_that_is_read_is_not_written_over(refused, odd_matches):
    before = odd_matches.read_bytes()
    said = refused("rate", "--matches", odd_matches, "--out", odd_matches)
    assert "the file that is read" in said
    assert odd_matches.read_bytes() == before


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk"])
def test_terminals_of_any_encoding_are_written_to(encoding, tmp_path):
    """`×` is in none of them, or elsewhere; what cannot be shown is replaced."""
    (tmp_path / "g.sgf").write_bytes("(;SZ[3]PB[Šárka 王];B[b2])".encode())
    for arguments, code in ((["replay", tmp_path / "g.sgf"], 0), (["raté"], 2)):
        done = subprocess.run(
            [sys.executable, "-m", "experiments.cli", *map(str, arguments)],
            capture_output=True,
            env=os.environ | {"PYTHONIOENCODING": encoding},
            check=False,
        )
        assert done.returncode == code
        assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") == 1
    assert b"Unrecognized options: rat" in done.stderr
    assert b"---" not in done.stderr


IMPORTED = "import sys; from experiments import cli; print(*sys.modules)"


def test_the_command_line_needs_no_jax():
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, check=True)
    assert not {b"jax", b"numpy", b"sqlalchemy"} & set(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "unbuffered"), [(["list"], ""), (["list", "--json"], ""), (["--help"], "1")]
)
def test_nobody_has_to_read_it_all(arguments, unbuffered):
    """As in `hexlaw … | head`, where the reader has gone before the last line comes."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "experiments.cli", *arguments]
    done = subprocess.run(
        command,
        stdout=writing,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        check=False,
    )
    os.close(writing)
    assert done.returncode in (cli.UNREAD, 1)  # rich says 1
    assert b"Broken" not in done.stderr


def test_json_comes_last_and_alone_on_standard_output(hexlaw, capsys):
    assert hexlaw("list", "--json") == 0
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert result["games"]["hex"] == [2, 19]
    assert {"smoke", "laptop"} <= set(result["presets"])
    assert "smoke" in printed.err


def test_without_json_people_are_told_on_standard_output(hexlaw, capsys):
    assert hexlaw("list") == 0
    printed = capsys.readouterr()
    assert "smoke" in printed.out
    assert "{" not in printed.out
    assert printed.err == ""


@pytest.mark.parametrize(
    "verb",
    [
        ["list", "--lab"],
        ["report", "--from"],
        ["reproduce", "--lab"],
        ["solve", "--lab"],
        ["blunders", "--lab"],
    ],
)
def test_a_damaged_lab_is_named_by_every_verb(refused, tmp_path, verb):
    (tmp_path / DATABASE_NAME).write_text("my diary\n" * 1000)
    preset = ["--preset", "smoke"] if verb[0] == "reproduce" else []
    assert str(tmp_path / DATABASE_NAME) in refused(*verb, tmp_path, *preset)


def test_a_file_in_the_place_of_the_lab_is_named(refused, tmp_path):
    (tmp_path / "lab").write_text("")
    message = refused("reproduce", "--preset", "smoke", "--lab", tmp_path / "lab")
    assert str(tmp_path / "lab") in message


def test_interrupted_verbs_say_how_to_go_on(hexlaw, capsys, monkeypatch):
    def interrupt(_config, _console):
        raise KeyboardInterrupt

    monkeypatch.setattr(listing, "list_things", interrupt)
    assert hexlaw("list") == 130
    assert "run the same command again" in capsys.readouterr().err


def test_a_lab_without_a_league_is_told_what_plays_one(refused, tmp_path):
    Store(tmp_path)
    said = refused("report", "--from", tmp_path, "--out", tmp_path / "report")
    assert "hexlaw reproduce plays a league" in said
    assert not (tmp_path / "report").exists()
