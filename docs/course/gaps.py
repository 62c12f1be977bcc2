"""Gaps in place of answers: a lesson's one source as pupils get it, and as it stands solved."""

from __future__ import annotations

import re

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
