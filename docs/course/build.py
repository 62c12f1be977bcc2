"""Builds the class bundle: notebooks with gaps and with answers, guide, sheet, quiz, data.

`make course` runs it. Each lesson is one percent file with the answers between `# solution` and
`# end`: pupils get `...` there and the answer folded below the cell.
"""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

import jupytext
import nbformat
from gaps import for_pupils, with_answers

HERE = Path(__file__).parent
LESSONS = sorted(HERE.glob("[0-9]_*.py"))
SHARED = ("course.py", "agents.csv", "README.md", "quiz.md", "sheet.html")


def notebook(text: str) -> nbformat.NotebookNode:
    """A percent source as a notebook; the same source gives the same notebook."""
    made = jupytext.reads(text, fmt="py:percent")
    for number, cell in enumerate(made.cells):
        cell["id"] = f"cell-{number}"
    return made


def build(out: Path) -> list[Path]:
    """Write the bundle's folder; the notebooks with answers are in `answers/`."""
    shutil.rmtree(out, ignore_errors=True)
    (out / "answers").mkdir(parents=True)
    written = []
    for lesson in LESSONS:
        text = lesson.read_text(encoding="utf-8")
        for folder, source in ((out, for_pupils(text)), (out / "answers", with_answers(text))):
            written.append(folder / f"{lesson.stem}.ipynb")
            nbformat.write(notebook(source), written[-1])
    for name in SHARED:
        shutil.copy(HERE / name, out / name)
    for name in ("course.py", "agents.csv"):  # the answers run where they lie
        shutil.copy(HERE / name, out / "answers" / name)
    return written


def pack(folder: Path, archive: Path) -> None:
    """The folder as one zip."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if (
                path.is_file()
                and "__pycache__" not in path.parts
                and ".ipynb_checkpoints" not in path.parts
            ):
                packed.write(path, Path(folder.name) / path.relative_to(folder))


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if "--pack" in sys.argv:
        pack(folder, folder.with_suffix(".zip"))
    else:
        build(folder)
