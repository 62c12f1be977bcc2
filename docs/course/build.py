"""Builds the class bundle: notebooks with gaps and with answers, guide, sheet, quiz, data.

`make course` runs it. Each lesson is one percent file with the answers between `# solution` and
`# end`: pupils get `...` there and the answer folded below the cell.
"""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
from pathlib import Path

import jupytext
import nbformat

HERE = Path(__file__).parent
LESSONS = sorted(HERE.glob("[0-9]_*.py"))
SHARED = ("course.py", "agents.csv", "README.md", "quiz.md", "sheet.html")
_ANSWER = re.compile(r"^( *)# solution\n(.*?)^ *# end\n?", re.MULTILINE | re.DOTALL)


def for_pupils(text: str) -> str:
    """A lesson's source with gaps in place of answers, and each answer folded below its cell."""
    cells = re.split(r"^(?=# %%)", text, flags=re.MULTILINE)
    return "".join(_with_gap(cell) for cell in cells)


def with_answers(text: str) -> str:
    """A lesson's source as it stands, without the marks."""
    return re.sub(r"^ *# (solution|end)\n", "", text, flags=re.MULTILINE)


def _with_gap(cell: str) -> str:
    found = _ANSWER.search(cell)
    if found is None:
        return cell
    indent, answer = found.groups()
    # Outside functions, what later cells read must exist: each name gets a gap of its own.
    names = list(dict.fromkeys(re.findall(r"^(\w+(?:, \w+)*) = ", answer, re.MULTILINE)))
    gap = "".join(
        f"{name} = {', '.join(['...'] * (name.count(',') + 1))}  # your code\n" for name in names
    )
    gap = gap if not indent and gap else f"{indent}...  # your code\n"
    if not indent and re.search(
        rf"^({'|'.join(names) or '-'}) = \.\.\.", cell[: found.start()], re.MULTILINE
    ):
        gap = ""
    lines = [
        f"# {line}".rstrip() for line in answer.replace(f"\n{indent}", "\n").strip().split("\n")
    ]
    folded = ["# %% [markdown]", "# <details><summary>Answer</summary>", "#", "# ```python",
              *lines, "# ```", "# </details>"]  # fmt: skip
    return (
        cell[: found.start()]
        + gap
        + cell[found.end() :].rstrip()
        + "\n\n"
        + "\n".join(folded)
        + "\n\n"
    )


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
