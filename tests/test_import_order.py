"""Imports go one way, games < mcts < training < analysis < experiments, and so do the rooms of a
package: read in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORDER = ("games", "mcts", "training", "analysis", "experiments")
SOURCES = sorted(path for package in ORDER for path in (ROOT / package).rglob("*.py"))
ROOMS = {
    "games": ("text",),
    "mcts": ("rules", "strategies"),
    "training": ("store", "networks"),
    "analysis": ("statistics", "tables", "ratings", "laws", "figures", "studies", "report"),
    "experiments": (
        "machine", "executors", "tracking", "players", "arena", "reproduction", "studies", "web",
        "terminal", "bench", "verbs",
    ),
}  # fmt: skip
"""Sub-packages in the order of their imports; what lies beside them in a package's root is free,
except that no room imports a room to its right."""
OPTIONAL = {"pyspiel", "mctx", "numba", "pyarrow"}  # extras that most installations lack


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imports(path: Path, node: ast.AST) -> Iterator[str]:
    """Full names of what an import statement reads: `from a import b` gives `a.b`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        # `from . import b` counts up from the file's own folder.
        folder = path.relative_to(ROOT).parent.parts
        parents = folder[: len(folder) + 1 - node.level] if node.level else ()
        base = ".".join([*parents, *filter(None, [node.module])])
        yield from (f"{base}.{alias.name}" for alias in node.names)


def all_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        yield from imports(path, node)


def within(name: str, *modules: str) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def test_there_is_source_to_check():
    assert {path.relative_to(ROOT).parts[0] for path in SOURCES} == set(ORDER)


def test_every_python_file_of_the_project_parses():
    folders = [*ORDER, "tests", "benchmarks"]
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        ast.parse(path.read_text(), filename=str(path))


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_a_file_imports_only_from_folders_to_its_left(path):
    place = ORDER.index(path.relative_to(ROOT).parts[0])
    to_its_right = (*ORDER[place + 1 :], "tests", "benchmarks")
    assert [name for name in all_imports(path) if within(name, *to_its_right)] == []


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_a_file_imports_only_from_rooms_to_its_left(path):
    package, room, *_ = path.relative_to(ROOT).parts
    rooms = ROOMS.get(package, ())
    if room in rooms:
        to_its_right = [f"{package}.{other}" for other in rooms[rooms.index(room) + 1 :]]
        assert [name for name in all_imports(path) if within(name, *to_its_right)] == []


@pytest.mark.parametrize("package", ["mcts", "training", "analysis", "experiments"])
def test_every_sub_package_has_its_place_and_says_what_lives_there(package):
    found = {path.parent for path in (ROOT / package).glob("*/__init__.py")}
    assert {path.name for path in found} == set(ROOMS[package])
    assert all(ast.get_docstring(ast.parse((path / "__init__.py").read_text())) for path in found)


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_no_import_waits_inside_a_function_except_of_optional_extras(path):
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    late = [
        name
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, functions)
        for node in ast.walk(function)
        for name in imports(path, node)
    ]
    assert [name for name in late if not within(name, *OPTIONAL)] == []


def test_search_knows_games_only_through_their_protocol():
    found = {
        name
        for path in (ROOT / "mcts").rglob("*.py")
        for name in all_imports(path)
        if within(name, "games")
        and not within(name, "games.protocol", "games.config", "games.errors", "games.kinds")
    }
    assert found == set()


def test_analysis_touches_no_network_and_no_search():
    """So that every figure rebuilds on a laptop from stored rows alone."""
    found = {
        name
        for path in (ROOT / "analysis").rglob("*.py")
        for name in all_imports(path)
        if within(name, "jax", "jaxlib", "flax", "optax", "orbax", "mcts")
    }
    assert found == set()
