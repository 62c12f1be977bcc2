"""What the repository says about itself: links lead somewhere, versions agree."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from docs import check_site, gather

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md", "reference_run/*.md")
    for path in ROOT.glob(pattern)
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchor(heading):
    """The name that code hosts give a heading: small letters, no punctuation, hyphens."""
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return words.replace(" ", "-")


def without_code(text):
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for target in LINK.findall(without_code(page.read_text(encoding="utf-8"))):
        if target.startswith(("https://", "http://")):
            continue
        path, _, place = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if place:
            headings = HEADING.findall(found.read_text(encoding="utf-8"))
            assert place in {anchor(heading) for heading in headings}, target


def test_every_page_has_a_place_on_the_site_and_every_place_a_page():
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    config = config[config.index("nav:") :]
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    pages |= {"commands.md", "api.md", *gather.FROM_ROOT.values()}
    placed = re.findall(r"[\w/.-]+\.md", gather.with_every_page(config, sorted(pages | {"new.md"})))
    assert sorted(placed) == sorted(pages | {"new.md"})
    assert "contributing.md, new.md]" in gather.with_every_page(config, ["new.md"])


def test_links_of_the_site_lead_to_pages_there_and_to_source_in_words():
    places = {(ROOT / "benchmarks/README.md"): Path("benchmarks.md")}
    text = "[speed](../benchmarks/README.md#how) [`rules`](../games/hex.py) `[a](b)`"
    assert gather.relinked(text, ROOT / "docs", Path("extend/game.md"), places) == (
        "[speed](../benchmarks.md#how) `rules` `[a](b)`"
    )


def test_the_check_of_the_site_finds_what_leads_nowhere_and_what_is_fetched(tmp_path):
    page = '<a href="b.html#there">b</a><a href="https://far.org">far</a><img src="{image}">'
    (tmp_path / "a.html").write_text(page.format(image="here.png"))
    (tmp_path / "b.html").write_text('<p id="there"></p>')
    (tmp_path / "here.png").write_bytes(b"")
    assert check_site.faults(tmp_path) == []
    (tmp_path / "b.html").write_text("<p></p>")
    assert check_site.faults(tmp_path) == ["a.html: b.html#there has no such place"]
    (tmp_path / "a.html").write_text(page.format(image="https://far.org/x.png"))
    assert "a.html: fetches https://far.org/x.png" in check_site.faults(tmp_path)


def test_a_citation_names_the_version_and_licence_that_are_installed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {project['version']}\n" in citation
    assert f"\nlicense: {project['license']}\n" in citation
    assert f"\n## {project['version']}\n" in (ROOT / "CHANGELOG.md").read_text()


def test_the_glossary_has_the_words_of_the_tables():
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = set(re.findall(r"\*\*([^*]+)\*\*", glossary))
    assert {
        "run", "snapshot", "agent", "match", "game", "round", "stage", "tournament", "league",
        "frontier", "isoquant", "node", "sample", "FLOP", "Elo",
    } <= words  # fmt: skip
