"""The library names faults and remedies in its own terms; commands are the verbs' to name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from experiments.cli import VERBS

ROOT = Path(__file__).parents[1]
LIBRARY = ("games", "mcts", "training", "analysis")
COMMAND = re.compile(rf"hexlaw ({'|'.join(VERBS)})\b|(?<![\w-])--[a-z]")
GIT = {"--always", "--dirty", "--abbrev=12"}  # flags of another program


def told(tree: ast.AST) -> Iterator[str]:
    """The string constants of a module that are no docstrings."""
    for node in ast.walk(tree):
        children = [] if isinstance(node, ast.Expr) else ast.iter_child_nodes(node)
        for child in children:
            if isinstance(child, ast.Constant) and isinstance(child.value, str):
                yield child.value


@pytest.mark.parametrize("room", LIBRARY)
def test_no_message_names_a_command(room):
    named = {
        f"{path.relative_to(ROOT)}: {text}"
        for path in (ROOT / room).rglob("*.py")
        for text in told(ast.parse(path.read_text()))
        if COMMAND.search(text) and text not in GIT
    }
    assert not named


def test_a_command_and_a_flag_are_noticed():
    assert all(map(COMMAND.search, ("run `hexlaw reproduce` first", "with --lab DIR", "(--nodes)")))
    assert not any(map(COMMAND.search, ("another version of hexlaw; start", "a--b", "1 -- 2")))
