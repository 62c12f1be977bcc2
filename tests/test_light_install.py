"""`pip install hexlaw` without extras: what runs, what says which extra it wants, and strangers."""

from __future__ import annotations

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from experiments.machine.extras import EXTRAS, complaint
from experiments.machine.stored_run import with_stored_run
from experiments.players.agents import open_lab
from experiments.verbs.report import ReportConfig
from experiments.verbs.serve import ServeConfig

ROOT = Path(__file__).parents[1]
HEAVY = sorted({module for modules in EXTRAS.values() for module in modules} | {"numba"})
WITHOUT = f"import sys\nfor name in {HEAVY}:\n    sys.modules[name] = None\n"


FIT = """
import contextlib, importlib, io, json, pathlib

# These alone want more, rules and networks, which are JAX: the report draws a game, and the cube
# and what is made of its traces count positions of the solver's sets and FLOPs of networks.
beyond = (
    "analysis.report", "analysis.studies.three_way", "analysis.studies.amortise",
    "analysis.studies.distil",
)
names = [
    ".".join(path.with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(pathlib.Path("analysis").rglob("*.py"))
]
light = [name for name in names if not name.startswith(beyond)]
for name in light:
    importlib.import_module(name)

from experiments.cli import VERBS, main

call = ["fit", "frontier", "--snapshots", sys.argv[1], "--resamples", "9", "--json"]
answers = {"fit": main(call)}
for verb in sorted(set(VERBS) - {"fit", "advise"}):
    with contextlib.redirect_stderr(io.StringIO()) as said:
        answers[verb] = main([verb]), said.getvalue()
print(json.dumps({"modules": len(light), "answers": answers}))
"""


def python(code, *arguments, folder=ROOT):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def without_extras(tmp_path_factory):
    """What a process says in which no heavy library can be imported."""
    table = tmp_path_factory.mktemp("table") / "snapshots.csv"
    lines = ["boardsize,run,train_flops,elo"]
    for size in (3, 4, 5):  # 400 Elo a decade up to 0, each board ten times dearer
        for run, step in [(run, step) for run in range(3) for step in range(13)]:
            log_flops = size + step / 4 + run / 20
            elo = min(400 * (log_flops - size - 2.5), 0)
            lines.append(f"{size},{size}r{run},{10**log_flops},{elo}")
    table.write_text("\n".join(lines) + "\n")
    done = python(WITHOUT + FIT, table)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_analysis_fits_a_frontier_without_jax_and_sqlalchemy(without_extras):
    fitted, told = without_extras
    by_name = {row["name"]: row for row in fitted["fits"][0]["coefficients"]}
    assert by_name["incline_flops"]["value"] == pytest.approx(400, rel=0.02)
    assert by_name["factor_per_size"]["value"] == pytest.approx(10, rel=0.05)
    assert told["answers"]["fit"] == 0
    assert told["modules"] > 50


def test_every_other_verb_says_in_one_line_which_extra_it_wants(without_extras):
    answers = without_extras[1]["answers"]
    del answers["fit"]
    for verb, (code, said) in answers.items():
        assert code == 2, (verb, said)
        assert re.fullmatch(r"hexlaw: this needs \w+, .*pip install 'hexlaw\[train\]'.*\n", said)


def test_what_comes_with_no_extra_is_not_explained_away():
    assert complaint(ModuleNotFoundError("no module", name="analysis.gone")) is None
    assert "hexlaw[web]" in (complaint(ModuleNotFoundError("no", name="starlette.routing")) or "")


def test_the_modules_named_are_those_the_extras_bring():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    modules_of = {}
    for module, distributions in importlib.metadata.packages_distributions().items():
        for distribution in distributions:
            modules_of.setdefault(distribution.lower(), set()).add(module)
    for extra, modules in EXTRAS.items():
        wanted = {re.split(r"[<>=\[]", one)[0].lower() for one in extras[extra]} - {"hexlaw"}
        for distribution in wanted:
            assert modules_of[distribution] & set(modules), distribution


def test_the_first_compilation_of_an_old_library_does_not_complain_to_the_user(tmp_path):
    code = f"""
import sys, warnings
import games.hex, games.text.notation, games.text.numbers
sys.dont_write_bytecode = False
sys.pycache_prefix = {str(tmp_path)!r}  # nothing is compiled there yet
warnings.simplefilter("error")
import games.text.sgf
"""
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("sgf_grammar*.pyc"))


# ----- strangers of the same names -------------------------------------------------------------


@pytest.mark.parametrize("name", ["games", "mcts", "training", "analysis"])
def test_another_projects_package_in_the_way_is_refused_by_name_and_place(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text('"""Another project."""\n')
    script = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; import experiments"
    done = python(script, folder=tmp_path)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert f"has a package '{name}'" in last
    assert str(tmp_path / name) in last
    assert "environment of its own" in last


def test_the_command_refuses_strangers_in_one_line(tmp_path):
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "__init__.py").write_text("")
    path = [str(tmp_path), str(ROOT)]
    done = python(f"import sys; sys.path[:0] = {path}; import hexlaw; sys.exit(hexlaw.main())")
    assert done.returncode == 2
    assert done.stderr.startswith("hexlaw: hexlaw has a package 'experiments'")
    assert done.stderr.count("\n") == 1


# ----- the stored run comes with the package ---------------------------------------------------


def test_the_stored_run_is_found_from_any_folder_unless_one_lies_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert with_stored_run(Path("reference_run/lab")) == ROOT / "reference_run/lab"
    assert with_stored_run(Path("reference_run/nothing")) == Path("reference_run/nothing")
    assert with_stored_run(Path("runs/reference_run")) == Path("runs/reference_run")
    (tmp_path / "reference_run/lab").mkdir(parents=True)
    assert with_stored_run(Path("reference_run/lab")) == Path("reference_run/lab")


def test_flags_and_player_names_read_it_by_the_name_it_has_in_the_documents(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = Path("reference_run/lab")
    assert ServeConfig(lab=lab).lab == ROOT / lab
    report = ReportConfig(sources=(lab.parent, Path("other")), out=lab.parent)
    assert report.sources == (ROOT / lab.parent, Path("other"))
    assert report.out == lab.parent  # never written there
    assert open_lab(lab).folder == ROOT / lab
