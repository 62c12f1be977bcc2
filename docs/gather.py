"""Gathers the pages of the site: docs/, the pages of the root, and two that are made from the code.

`make docs` runs it before zensical. Links out of docs/ lead to pages here where there are such
pages; a link to a source file becomes its path in words, since a site has no source beside it.
"""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pydantic

from experiments.cli import VERBS

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
FROM_ROOT = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarks.md",
    "reference_run/README.md": "stored-run.md",
}
"""Pages outside docs/, and where they stand on the site."""
HOME = "index.md"
MODULES = {
    "Games": ("games.protocol", "games.registry", "games.hex"),
    "Search": ("mcts.search", "mcts.strategies.tree_search", "mcts.rules.puct"),
    "Training": ("training.config", "training.networks", "training.store.lab"),
    "Ratings": ("analysis.ratings.bradley_terry", "analysis.ratings.scales"),
    "Laws": ("analysis.laws.frontier", "analysis.laws.law", "analysis.laws.search.exchange"),
    "Tables": ("analysis.tables.rows", "analysis.tables.snapshot_files"),
}
_LINK = re.compile(
    r"```.*?```|(!?)\[((?:`[^`]*`|[^\]`])*)\]\(([^)\s]+)\)|`[^`\n]*`", re.DOTALL
)  # or code, in which nothing is a link


def gather(out: Path) -> None:
    """Write the folder of pages and the site's configuration beside it."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(
        DOCS, out, ignore=shutil.ignore_patterns("*.py", "requirements.lock", "__pycache__")
    )
    places = {path.resolve(): path.relative_to(DOCS) for path in DOCS.rglob("*") if path.is_file()}
    places |= {(ROOT / name).resolve(): Path(place) for name, place in FROM_ROOT.items()}
    places[ROOT / "README.md"] = Path(HOME)
    places[DOCS / "decisions"] = Path("decisions/0001-planes-first.md")
    shutil.copy(ROOT / "reference_run" / "report.html", out / "report.html")
    places[(ROOT / "reference_run" / "report.html").resolve()] = Path("report.html")
    for source, place in places.items():
        if source.suffix == ".md" and source != ROOT / "README.md":
            text = relinked(source.read_text(encoding="utf-8"), source.parent, place, places)
            (out / place).write_text(text, encoding="utf-8")
    (out / "commands.md").write_text(commands(), encoding="utf-8")
    (out / "api.md").write_text(interface(), encoding="utf-8")
    pages = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.md"))
    config = with_every_page((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), pages)
    (out.parent / "mkdocs.yml").write_text(config.replace("ROOT", str(ROOT)), encoding="utf-8")


def with_every_page(config: str, pages: Sequence[str]) -> str:
    """The site's configuration with the decisions, and the pages that nobody has given a place."""
    decisions = [page for page in pages if page.startswith("decisions/")]
    placed = {*decisions, *re.findall(r"[\w/.-]+\.md", config)}
    more = [page for page in pages if page not in placed]
    config = config.replace("DECISIONS", ", ".join(decisions))
    return config.replace(", MORE", "".join(f", {page}" for page in more))


def relinked(text: str, folder: Path, place: Path, places: dict[Path, Path]) -> str:
    """A page's text with its links as they are on the site.

    Args:
        text: of the page.
        folder: in which the page lies.
        place: of the page on the site.
        places: of all files that are on the site.
    """

    def link(found: re.Match[str]) -> str:
        picture, words, target = found.groups()
        if target is None:
            return found.group()
        path, _, anchor = target.partition("#")
        if not path or "://" in target:
            return found.group()
        there = places.get((folder / path).resolve())
        if there is None:
            return words
        up = "../" * (len(place.parts) - 1)
        return f"{picture}[{words}]({up}{there.as_posix()}{'#' + anchor if anchor else ''})"

    return _LINK.sub(link, text)


def commands() -> str:
    """A page with every verb and its flags, from the configurations that parse them."""
    lines = [
        "# Commands", "",
        "`hexlaw VERB --help` says the same. Every verb has `--json`, which prints one JSON object "
        "last; bad input ends in one line and exit code 2, Ctrl-C in 130.", "",
    ]  # fmt: skip
    for name, place in VERBS.items():
        model = getattr(importlib.import_module(f"experiments.{place.module}"), place.config)
        lines += [
            f"## {name}",
            "",
            place.summary,
            "",
            "| flag | default | meaning |",
            "|---|---|---|",
        ]
        lines += [
            _flag(key, field) for key, field in model.model_fields.items() if key != "as_json"
        ]
        lines.append("")
    return "\n".join(lines)


def _flag(key: str, field: pydantic.fields.FieldInfo) -> str:
    named = [getattr(one, "name", None) for one in field.metadata]
    named += [getattr(one, "name", None) for one in get_args(field.annotation)]
    name = next((one for one in named if isinstance(one, str)), key.replace("_", "-"))
    default = "" if field.is_required() else _plain(field.get_default(call_default_factory=True))
    meaning = " ".join((field.description or "").split()).replace("|", "\\|")
    return f"| `--{name}` | {default} | {meaning} |"


def _plain(value: object) -> str:
    if value is None or value in ((), ""):
        return ""
    if isinstance(value, pydantic.BaseModel):
        return "its own flags"
    return f"`{value}`".replace("|", "\\|")


def interface() -> str:
    """A page that asks mkdocstrings for the docstrings of `MODULES`."""
    lines = ["# In Python", "", "The modules a script is likely to want, by their docstrings.", ""]
    for title, modules in MODULES.items():
        lines += [f"## {title}", ""]
        for module in modules:
            lines += [f"::: {module}", "    options:", "      heading_level: 3", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    gather(Path(sys.argv[1]).resolve())
