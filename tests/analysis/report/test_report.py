"""The report as a file: whole, offline, rebuilt from exported rows, honest without a law."""

from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from analysis.figures import theme
from analysis.figures.blunder_curves import blunders_by_compute
from analysis.report.exhibits.base import Cell, Table
from analysis.report.report import write_report
from analysis.tables.blunder_rates import blunder_points
from analysis.tables.rows import read_parquet
from games.errors import InputError
from tests.analysis.planted_lab import planted_lab

TEXTS = {"p", "li", "figcaption"}
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """Collects ids, links and text, and checks that elements nest."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.open, self.text, self.tags = [], [], [], [], set()
        self.tables, self.sentences = [], []  # rows of texts of cells; texts of paragraphs
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self._attributes(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        elif tag in TEXTS:
            self.sentences.append("")

    def handle_startendtag(self, tag, attrs):
        self._attributes(attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data
        elif TEXTS & set(self.open):
            self.sentences[-1] += data

    def _attributes(self, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in ("href", "src", "xlink:href")]


@pytest.fixture(scope="module")
def report(lab_rows, tmp_path_factory):
    return write_report(lab_rows, tmp_path_factory.mktemp("report"), resamples=5)


@pytest.fixture(scope="module")
def page(report):
    return Page(report.index.read_text(encoding="utf-8"))


def test_the_page_is_small_and_needs_nothing_else(report, page):
    text = report.index.read_text(encoding="utf-8")
    assert len(text) < 2_000_000
    assert "script" not in page.tags
    assert "@import" not in text
    # What it points to is in itself, so that it can be mailed or stored alone.
    places = [link for link in page.links if not link.startswith("data:")]
    assert {"#question", "#perfect", "#provenance"} <= set(places)
    assert {place.removeprefix("#") for place in places} <= set(page.ids)


def test_inlined_figures_do_not_share_ids(report, page):
    assert len(page.ids) == len(set(page.ids))
    text = report.index.read_text(encoding="utf-8")
    referenced = re.findall(r'(?:href="#|url\(#|labelledby=")([^")]+)', text)
    assert set(referenced) <= set(page.ids)


def test_commands_on_the_page_tell_nothing_of_the_machine(one_board_rows, tmp_path):
    command = "hexlaw train --lab=/home/me/labs/lab --from /data/x --size 3/4 reference_run/lab"
    named = dataclasses.replace(one_board_rows, runs=one_board_rows.runs.assign(command=command))
    text = write_report(named, tmp_path, resamples=2).index.read_text()
    assert "hexlaw train --lab=lab --from x --size 3/4 reference_run/lab" in text


def test_text_from_outside_is_escaped(report):
    text = report.index.read_text(encoding="utf-8")
    assert "--preset &lt;tiny&gt; &amp; more" in text
    assert "<tiny>" not in text


def check_as_people_read_it(page):
    """What is wrong in any report, whatever was found."""
    text = " ".join(page.text)
    assert "nan" not in re.findall(r"\w+", text)
    counted = r"\d\.0 (?:nodes|games|agents|seeds|runs|snapshots|positions|boards|moves)"
    assert re.findall(counted, text) == []
    for sentence in page.sentences:
        assert (
            re.findall(r"[a-z][.;:,)]+[A-Z]\w*|[a-z] [.,;:]|[a-z)][.] [a-z]|\(\)", sentence) == []
        )
    assert page.tables
    for head, *rows in page.tables:
        assert rows, head
        assert {len(row) for row in rows} == {len(head)}, head
        for name, *cells in zip(head, *rows, strict=True):
            assert any(cell.strip() not in ("", "–") for cell in cells), (name, head)


def test_the_page_reads_well(page):
    check_as_people_read_it(page)


def test_a_column_in_which_nothing_stands_is_left_out():
    table = Table("t", ["a", "b", "c"], [["x", "–", ""], ["", Cell("–"), Cell("1")]])
    assert table.filled() == Table("t", ["a", "c"], [["x", ""], ["", Cell("1")]])


def test_counts_of_nodes_are_whole_numbers_whatever_their_type(lab_rows):
    points = blunder_points(lab_rows)
    fixed = points[points["source"] == "fixed"].astype({"nodes": float})
    (legend,) = blunders_by_compute(fixed).legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "network alone", "64 nodes a move", "one run",
    ]  # fmt: skip


def test_every_section_is_there(page):
    text = " ".join("".join(page.text).split())
    for part in (
        "30 agents on 3×3 and 4×4 were rated",
        "Read with care",
        "Table I: board limits",
        "0123abc",
        "Table III: the fitted law with 95 % intervals",
        "What the budget cannot show",
        "3×3: the best 8 of 15 agents",
        "Black wins with move 5.",
        "The strongest fully trained agent of each board: percent",
        "energy not measured",
    ):
        assert part in text, part


def test_stages_that_were_not_played_are_asked_for_in_a_sentence(page):
    text = " ".join("".join(page.text).split())
    for stage in ("nodes", "direct", "perfect"):
        assert f"the stage “{stage}” of the matches" in text, stage
    assert "the stage “league_jones”, have not been played" in text
    assert "It needs three board sizes at least" in text
    assert "It needs frontiers of two recipes" in text


def test_figures_and_tables_lie_beside_the_page(report):
    stems = {path.stem for path in report.figures}
    assert stems == {
        "figure_1", "figure_2", "figure_3", "figure_5", "figure_6", "optimal_size", "win_rates_3",
        "win_rates_4", "blunders_compute", "blunders_nodes", "specification", "split",
    }  # fmt: skip
    assert all(path.stat().st_size > 1000 for path in report.figures)
    for path in report.figures:
        if path.suffix == ".svg":
            ET.parse(path)
    names = {path.name for path in report.tables}
    assert {"ratings.csv", "frontiers.csv", "law.csv", "matches.parquet", "metrics.csv"} <= names


def test_a_whole_lab_has_every_figure_of_the_paper(tmp_path):
    rows, _ = planted_lab(boards=(3, 4, 5), networks=2, snapshots=5, seeds=2, games=8)
    report = write_report(rows, tmp_path, resamples=4)
    page = Page(report.index.read_text(encoding="utf-8"))
    # The planted lab stores no games, so figure 1 alone is missing.
    figures = {f"figure_{number}" for number in range(2, 11)} | {
        "optimal_size", "recipe_distance", "specification", "fixed_network", "split"}  # fmt: skip
    assert figures <= {path.stem for path in report.figures}
    assert {*figures, "figure_1", "table_1", "table_2", "conventions", "seeds"} <= set(page.ids)
    check_as_people_read_it(page)
    text = " ".join("".join(page.text).split())
    for table in ("Table I:", "Table II:", "Table III:", "Table IV:", "The law of each seed"):
        assert table.lower() in text.lower(), table


def test_the_exported_rows_alone_rebuild_the_same_page(report, tmp_path):
    rows = read_parquet(report.index.parent / "tables")
    again = write_report(rows, tmp_path, resamples=5)
    assert again.index.read_bytes() == report.index.read_bytes()
    assert [path.read_bytes() for path in again.figures] == [
        path.read_bytes() for path in report.figures
    ]


def test_one_board_still_makes_a_report_and_says_what_is_missing(one_board_rows, tmp_path):
    report = write_report(one_board_rows, tmp_path, resamples=4)
    text = " ".join("".join(Page(report.index.read_text(encoding="utf-8")).text).split())
    assert "No law was fitted: the law needs at least two board sizes" in text
    assert {path.stem for path in report.figures} == {
        "figure_1", "figure_2", "figure_3", "figure_5", "optimal_size", "win_rates_3",
        "blunders_compute", "blunders_nodes",
    }  # fmt: skip


def test_a_folder_that_cannot_be_written_is_named(one_board_rows, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write_report(one_board_rows, tmp_path / "file" / "report", resamples=2)


def test_inlining_prefixes_ids_and_references_and_follows_the_page():
    svg = (
        '<?xml version="1.0"?>\n<svg width="9pt" height="9pt" viewBox="0 0 9 9">'
        "<metadata>who</metadata>"
        f'<g id="a" clip-path="url(#c)" style="fill: {theme.INK}"/><use href="#a"/></svg>'
    )
    assert theme.inline_svg(svg, "one") == (
        '<svg viewBox="0 0 9 9" role="img" aria-labelledby="caption-one">'
        '<g id="one-a" clip-path="url(#one-c)" style="fill: currentColor"/>'
        '<use href="#one-a"/></svg>'
    )


def test_boards_keep_colours_of_their_own():
    assert len({theme.board_colour(size) for size in range(3, 10)}) == 7
