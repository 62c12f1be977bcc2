"""Numbers of README.md and docs/results.md are those of the stored report's tables."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


class Tables(HTMLParser):
    """Rows of cells by caption; a cell is its number and what stands below it, apart."""

    def __init__(self, text):
        super().__init__()
        self.found, self.caption, self.inside = {}, "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "figcaption":
            self.caption, self.inside = "", tag
        elif tag == "tr":
            self.found.setdefault(self.caption, []).append([])
        elif tag in ("td", "th"):
            self.found[self.caption][-1].append("")
            self.inside = tag

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside = ""

    def handle_data(self, data):
        if self.inside == "figcaption":
            self.caption += data
        elif self.inside:
            self.found[self.caption][-1][-1] += f" {data.strip()}"


@pytest.fixture(scope="module")
def tables():
    text = (ROOT / "reference_run/report.html").read_text(encoding="utf-8")
    return Tables(re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL)).found


def words(page):
    return " ".join((ROOT / page).read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def readme():
    return words("README.md")


@pytest.fixture(scope="module")
def results():
    return words("docs/results.md")


def row(tables, caption, name):
    """Numbers of the cells of a row after its name."""
    (rows,) = (rows for title, rows in tables.items() if title.strip().startswith(caption))
    (cells,) = (cells[1:] for cells in rows if cells[0].strip().startswith(name))
    spaced = [cell.replace("\u202f", "").replace("−", "-") for cell in cells]
    return [[float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", cell)] for cell in spaced]


def test_the_law(tables, results):
    slope, factor = (row(tables, "Table III", name)[1] for name in ("Elo per", "compute factor"))
    assert "{:.0f} ({:.0f} to {:.0f}) in common".format(*slope) in results
    assert "{:.0f} times ({:.0f} to {:.0f})".format(*factor) in results
    apart = [row(tables, "Slopes of each board apart", f"{s}×{s}") for s in (3, 4, 5, 6)]
    assert f"board by board {', '.join(f'{own[0][0]:.0f}' for own in apart)}" in results
    assert f"on the same boards {', '.join(f'{own[2][0]:.0f}' for own in apart)}" in results
    recipe = row(tables, "From this report’s factor", "played Jones’s way")[0][0]
    assert f"the part down to about {recipe:.0f}" in results


def test_the_factor_split(tables, results):
    parameters, samples = (row(tables, "Times more from", n) for n in ("parameters", "samples"))
    assert "{:.1f} times the parameters ({:.1f} to {:.1f})".format(*parameters[0]) in results
    assert "{:.1f} times the samples ({:.1f} to {:.1f}) here".format(*samples[0]) in results
    theirs = [*parameters[1], *samples[1]]
    assert (
        "{:.1f} ({:.1f} to {:.1f}) and {:.1f} ({:.1f} to {:.1f}) in his".format(*theirs) in results
    )
    steps = [row(tables, "What −50 Elo takes", f"{size}×{size}")[2][0] for size in (3, 4, 5, 6)]
    assert "{:,.0f}, {:,.0f}, {:,.0f} and {:,.0f} steps".format(*steps) in results


def test_recipes_search_and_perfect_play(tables, results):
    four, five = (row(tables, "How many times less compute", f"{s}×{s}")[1] for s in (4, 5))
    assert "{:.0f} times ({:.0f} to {:.0f}) on 4×4".format(*four) in results
    assert "{:.0f} ({:.0f} to {:.0f}) on 5×5; 3×3".format(*five) in results
    shares = [
        row(tables, "What search adds", f"{size}×{size} share of the gap")[0] for size in (4, 5, 6)
    ]
    for size, share in zip((4, 5, 6), shares, strict=True):
        assert "{:.0f} % ({:.0f} to {:.0f}) on {}×{}".format(*share, size, size) in results
    value, *limits = row(tables, "log₁₀ play", "6×6 efficient Jones’s axes")[3]
    low, high = sorted(-limit for limit in limits)
    assert f"{-value:.1f} ({low:.1f} to {high:.1f}) on 6×6; not" in results
    failures = row(tables, "Best agents against perfect play", "6×6")[2]
    assert "{:.0f} of {:.0f} ({:.1f} to {:.0f} %)".format(*failures) in results


def test_the_readme_tells_the_same_in_short(tables, readme):
    slope, factor = (row(tables, "Table III", name)[1] for name in ("Elo per", "compute factor"))
    assert "{:.0f} ({:.0f} to {:.0f}) in common".format(*slope) in readme
    assert "{:.0f} times ({:.0f} to {:.0f})".format(*factor) in readme
    four, six = (row(tables, "What search adds", f"{s}×{s} share of the gap")[0] for s in (4, 6))
    told = "{:.0f} % ({:.0f} to {:.0f}) of a network's gap to perfect play on 4×4".format(*four)
    assert told in readme
    assert "{:.0f} % ({:.0f} to {:.0f}) on 6×6".format(*six) in readme
