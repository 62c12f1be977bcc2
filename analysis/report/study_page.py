"""The page of a study: what was asked and expected, what was found, and where it comes from.

index.html              opens anywhere, needs no network and no script
figures/*.svg, *.png    each figure by itself
tables/*.csv            the rows that figures and tables are made of; a cube packed, as .csv.gz
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from analysis.figures import theme
from analysis.figures.wording import without_folders
from analysis.report.exhibits.base import Exhibit, Table
from analysis.report.page import environment, inlined, provenance
from analysis.report.tables import write_text
from analysis.tables.cube import COLUMNS, write_cube
from analysis.tables.rows import LabRows
from games.text.plain_json import to_json


class Published(NamedTuple):
    """A number that others have published, to be set beside ours."""

    what: str
    value: str
    source: str


class About(NamedTuple):
    """What is known of a study before it is run."""

    title: str
    question: str
    expectation: str
    published: Sequence[Published]
    settings: Mapping[str, Any]
    command: str


@dataclasses.dataclass(frozen=True)
class Findings:
    """What a study has found."""

    answer: str
    """The answer in two or three sentences, with intervals; what more there is to say, in lines of
    their own."""
    exhibits: Sequence[Exhibit]
    tables: Mapping[str, pd.DataFrame]
    """The rows that exhibits are made of, by name of the file."""
    limits: Sequence[str]
    """What the measurement cannot show, a sentence each."""
    documents: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """What other programs read on: JSON beside the page, in full precision and with its provenance,
    by name of the file."""
    sources: Sequence[tuple[str, str]] = ()
    """Where numbers come from that are not the lab's rows: what, and its value."""


def write_study(about: About, findings: Findings, rows: LabRows, out_dir: Path) -> Path:
    """Write the page with its figures and tables into `out_dir`.

    Args:
        about: the study.
        findings: what it has found.
        rows: the lab that it was found in, for the provenance.
        out_dir: the folder, made if it is not there.

    Returns:
        Path of index.html.

    Raises:
        InputError: if the folder cannot be written.
    """
    drawn = {
        exhibit.key: theme.save(exhibit.figure, out_dir / "figures" / exhibit.key)
        for exhibit in findings.exhibits
        if exhibit.figure is not None
    }
    for name, table in findings.tables.items():
        if list(table.columns) == list(COLUMNS):
            write_cube(table, out_dir / "tables" / f"{name}.csv.gz")
            continue
        text = table.to_csv(index=False, float_format="%.6g")
        write_text(out_dir / "tables" / f"{name}.csv", text)
    origin = [
        ("page written by", without_folders(about.command)),
        *findings.sources,
        *provenance(rows),
    ]
    for name, document in findings.documents.items():
        text = to_json({**document, "provenance": dict(origin)}, indent=1)
        write_text(out_dir / f"{name}.json", text + "\n")
    page = environment().get_template("study.html").render(
        title=about.title,
        about=about,
        findings=findings,
        provenance=origin,
        settings=[(name, to_json(value)) for name, value in about.settings.items()],
        published=Table("What others have published", Published._fields, about.published),
        svg=inlined(drawn),
    )  # fmt: skip
    return write_text(out_dir / "index.html", page)
