"""Two classes or functions of one name are one thing seen twice, or stand here with the reason."""

from __future__ import annotations

import ast
import collections
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("games", "mcts", "training", "analysis", "experiments")
ALLOWED = {
    # A verb's function is called by its own name, or `run`, from experiments/cli.py alone.
    "run": "the verbs in files of their own",
    "play": "the verb, and the two ways to play: moves of a text, moves of a training program",
    "train": "the verb, and the training that it calls",
    # One dispatches to the others by game.
    "draw_svg": "the registry and the pictures it picks from",
    "draw_text": "the registry and the pictures it picks from",
    "lay_out": "the pictures that the registry picks from",
    "winning_chain": "the pictures that the registry picks from",
    "register": "a game, and an exact player for it; both are called on their module",
    # Of the field, each the usual word where it stands.
    "search": "over trees with a network; over proofs in the exact solver",
    "winning_moves": "of one position as bits; of a batch of states",
    "grow": "a tree by a node; a group of stones by its neighbours",
    "find": "a registered game; where a kept tree has the new root",
    "Game": "the rules; a row of the table of games, which is imported as GameRow",
    "Cell": "of a board; of a table of the report",
    "Table": "a table of the database; a table of the report",
    "Board": "geometry of the exact solver; the league of a board in the report",
    "Study": "a lab as rated for the report; a file of experiments/studies/",
    "Stage": "a step of a study; a stage of the reproduction",
    "Example": "what the report shows of a game; the stage that thinks it through",
    "Form": "of what search adds to a network; of a law of training, search and size",
    "fit_law": "of training by board; of training, search and size",
    "forecast": "time and FLOPs of a run; costs of plans held against agents",
    "Grid": "networks by nodes in the three-way law; the runs of its study",
    "Plan": "of a reproduction; the cheapest agent of a strength for so many moves",
    "reach": "stones joined to an edge; the strengths that a law speaks of",
    "Nodes": "of a tree; the stage that varies how many there are",
}
"""What shares a name all the same, and why."""


def public_names() -> dict[str, list[str]]:
    """The files of each public class or function of a module's top level."""
    found = collections.defaultdict(list)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.parse(path.read_text()).body:
                named = isinstance(node, ast.ClassDef | ast.FunctionDef)
                if named and not node.name.startswith("_"):
                    found[node.name].append(str(path.relative_to(ROOT)))
    return found


def test_no_two_classes_or_functions_share_a_name_unless_it_is_said_why():
    shared = {name: files for name, files in public_names().items() if len(files) > 1}
    assert {name: files for name, files in shared.items() if name not in ALLOWED} == {}


def test_every_exception_is_still_one():
    found = public_names()
    assert [name for name in ALLOWED if len(found[name]) < 2] == []
