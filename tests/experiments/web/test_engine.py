"""The engine of the pages, in node and chromium, against the Python search and the exact solver."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.web.engine import engine_script
from experiments.web.golden import Case, answer
from experiments.web.openings import winning_digits

ROOT = Path(__file__).parents[3]
ENGINE = ROOT / "experiments/web/static/engine"
GOLDEN = json.loads((ROOT / "tests/data/engine/positions.json").read_text())
JUDGED = ROOT / "games/exact/judged"
NUMBERS = ("value", "network_value", "prior", "policy", "q")


def judged(name: str, count: int, stones: int = 0) -> list[dict[str, Any]]:
    """Positions of so many stones and more with their winning moves, as the exact solver found
    them."""
    lines = gzip.decompress((JUDGED / f"{name}.jsonl.gz").read_bytes()).splitlines()
    found = [each for each in map(json.loads, lines) if len(each["moves"]) >= stones]
    return found[:: max(1, len(found) // count)]


def assert_same_thoughts(found: list[dict[str, Any]]) -> None:
    """Visits, moves and lines equal, numbers to 10⁻⁵."""
    assert len(found) == len(GOLDEN) > 120
    for expected, said in zip(GOLDEN, found, strict=True):
        for name in ("action", "visits", "variation"):
            assert said[name] == expected[name], expected
        for name in NUMBERS:
            np.testing.assert_allclose(said[name], expected[name], atol=1e-5, err_msg=name)


@pytest.fixture(scope="module")
def node():
    """Asks the engine in node; tests that want it are skipped where there is none."""
    path = shutil.which("node")
    if path is None:
        pytest.skip("no node here; the same positions run in chromium, if that is here")

    def ask(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
        script = Path(__file__).with_name("engine_answers.mjs")
        done = subprocess.run(
            [path, str(script), str(ENGINE)],
            input=json.dumps(questions),
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        return json.loads(done.stdout)

    return ask


def test_thoughts_are_the_python_searchs_in_node(node):
    assert_same_thoughts(node(GOLDEN))


@pytest.mark.parametrize(
    ("name", "stones"), [("hex3", 0), ("hex4", 0), ("hex5", 0), ("hex6-play", 14)]
)
def test_verdicts_are_the_exact_solvers(node, name, stones):
    """Positions of the judged sets, openings included but on 6×6, where they take too long."""
    positions = judged(name, 60, stones)
    found = node([{"size": each["size"], "moves": each["moves"]} for each in positions])
    for position, verdict in zip(positions, found, strict=True):
        assert verdict["winning"] == sorted(position["winning_moves"]), position
        to_move = len(position["moves"]) % 2
        assert verdict["winner"] == (to_move if verdict["winning"] else 1 - to_move)


def test_thoughts_are_the_python_searchs_in_chromium(chromium):
    """The engine as one script, which is what a page starts as its worker."""
    weights = {
        file: base64.b64encode((ROOT / file).read_bytes()).decode()
        for file in {each["file"] for each in GOLDEN}
    }
    page = chromium.new_page()
    page.add_script_tag(content=f"{engine_script()}\nwindow.engine = modules;")
    found = page.evaluate(
        """([questions, weights]) => {
          const agents = new Map();
          for (const [file, text] of Object.entries(weights)) {
            const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
            agents.set(file, engine.agents.makeAgent(bytes.buffer));
          }
          return questions.map(({ file, moves, size, nodes, rule }) =>
            agents.get(file)(moves, size, nodes, rule));
        }""",
        [GOLDEN, weights],
    )
    page.close()
    assert_same_thoughts(found)


def test_the_golden_positions_are_what_python_thinks_now():
    """One program of them all; the rest follow from the same search."""
    cases = [each for each in GOLDEN if each["size"] == 3 and each["nodes"] == 64]
    for stored in [case for case in cases if case["rule"] == "puct"]:
        case = Case(ROOT / stored["file"], stored["moves"], stored["rule"], stored["nodes"])
        now = answer(case)
        for name in ("action", "visits", "variation"):
            assert now[name] == stored[name]
        for name in NUMBERS:
            np.testing.assert_allclose(now[name], stored[name], atol=1e-6)


def test_stored_openings_are_the_solvers():
    """By hand from the file: the middle of 5×5 wins, so nothing wins against it."""
    text = (ENGINE / "openings.js").read_text()
    stored = "".join(part for part in text.split('"')[1::2])
    assert len(stored) == 5 * (1 + 25 + 625)
    assert stored[5 * (1 + 12) :][:5] == "00000"
    for row, moves in ((0, []), (1 + 0, [0]), (1 + 25 + 25 * 3 + 7, [3, 7])):
        assert stored[5 * row :][:5] == winning_digits(moves)


def test_an_opening_of_the_large_board_is_given_up_in_time(node):
    """The empty 6×6 board takes minutes; what the page says instead comes when it was promised."""
    question = {"size": 6, "moves": [], "seconds": 0.2}
    with pytest.raises(subprocess.CalledProcessError) as error:
        node([question])
    assert "not solved in time" in error.value.stderr


def test_what_is_no_snapshot_is_refused(node, tmp_path):
    for content in (b"", b"\xff" * 64, (2).to_bytes(8, "little") + b"{}"):
        (tmp_path / "broken").write_bytes(content)
        question = {"file": str(tmp_path / "broken"), "moves": [], "size": 3, "nodes": 1}
        with pytest.raises(subprocess.CalledProcessError) as error:
            node([question])
        assert "snapshot" in error.value.stderr
