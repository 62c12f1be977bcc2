"""Tables from outside: read as they stand, whatever their delimiter, packing or encoding."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

import pandas as pd
import pytest

from analysis.tables.outside import read_table
from games.errors import InputError

TEXT = "run,elo\n01,1.5\nNA,2\n"
CELLS = [{"run": "01", "elo": "1.5"}, {"run": "NA", "elo": "2"}]


@pytest.fixture
def file(tmp_path):
    def write(content: str | bytes, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def zipped(*names):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), TEXT)  # without the time, as test names hold it
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", TEXT),
        ("t.csv", "\n\n" + TEXT.replace("\n", "\r\n\r\n")),
        ("t.csv", TEXT.replace(",", ";")),
        ("t.tsv", TEXT.replace(",", "\t")),
        ("t.csv", TEXT.replace("run,elo", " Run , ELO ")),
        ("t.csv", TEXT.encode("utf-8-sig")),
        ("t.csv", TEXT.encode("utf-16")),
        ("t.csv.gz", gzip.compress(TEXT.encode(), mtime=0)),
        ("t.csv.bz2", bz2.compress(TEXT.encode())),
        ("t.csv.XZ", lzma.compress(TEXT.encode())),
        ("t.zip", zipped("t.csv")),
    ],
)
def test_cells_stay_text_in_every_form_of_the_same_table(file, name, content):
    assert read_table(file(content, name)).cells.to_dict("records") == CELLS


def test_a_parquet_file_is_the_same_table(tmp_path):
    frame = pd.DataFrame({"run": ["01", "NA", None], "elo": [1.5, float("nan"), 2]})
    frame.to_parquet(tmp_path / "t.parquet")
    read = read_table(tmp_path / "t.parquet")
    assert read.cells["run"].tolist() == ["01", "NA", ""]
    assert read.cells["elo"].tolist() == ["1.5", "", "2.0"]


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("t.gz", b"junk", "cannot unpack"),
        ("t.gz", gzip.compress(TEXT.encode(), mtime=0)[:-9], "cannot unpack"),
        ("t.gz", gzip.compress(TEXT.encode(), mtime=0)[:12] + b"\xff" * 20, "cannot unpack"),
        ("t.bz2", b"junk", "cannot unpack"),
        ("t.bz2", bz2.compress(TEXT.encode())[:-9], "cannot unpack"),
        ("t.xz", b"junk", "cannot unpack"),
        ("t.zip", b"junk", "cannot unpack"),
        ("t.zip", zipped(), "0 files, not one table"),
        ("t.zip", zipped("a.csv", "b.csv"), "2 files, not one table"),
        ("t.zst", b"junk", "unpack it first"),
        ("t.parquet", b"junk", "is no Parquet table"),
        ("t.csv", "run,elo\nM\xfcller,1\n".encode("latin-1"), "line 2: no text in UTF-8"),
        ("t.csv", b"\xff\xfe\x00", "no text in UTF-8"),
        ("t.csv", b"run,elo\na\0,1\n", "zero bytes"),
        ("t.csv", TEXT + "\n\nx,1,2\n", "line 6: 3 cells, but the first line names 2"),
        ("t.csv", 'run,elo\n"a\nb",1\nc\n', "line 4: 1 cells"),
        ("t.csv", 'run,elo\n"a,1\n', "line 2"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(file, name, content, complaint):
    with pytest.raises(InputError, match=complaint) as caught:
        read_table(file(content, name))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(InputError, match=f"cannot read .*{name}: No such file"):
        read_table(tmp_path / name)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("", "empty"), ("1e400", "'1e400'"), ("nan", "'nan'"), ("1,5", "'1,5'"), ("-2", "'-2'")],
)
def test_a_number_that_does_not_fit_is_named_by_its_line(file, cell, shown):
    table = read_table(file(f"run;elo\n\na;1\nb;{cell}\n"))
    with pytest.raises(InputError, match=f"line 4: elo is {shown}, not a number above 0"):
        table.numbers("elo", "a number above 0", lambda number: number > 0)


def test_a_board_has_a_whole_number_of_cells(file):
    table = read_table(file("boardsize\n4.0\n4.7\n"))
    with pytest.raises(InputError, match=r"line 3: boardsize is '4\.7', not a whole number"):
        table.board_sizes()


def test_a_column_that_stands_twice_is_refused(file):
    with pytest.raises(InputError, match="the column elo stands twice"):
        read_table(file("Elo,run,elo\n1,a,2\n")).require(["elo"], "")
