"""The engine in static/engine/ as one script, for pages that carry everything themselves.

Workers know no import maps, and pages opened from a file may import nothing: there, one script
holds the modules, each a function that gives what it exports to those after it.
"""

from __future__ import annotations

import functools
import re

from experiments.web.replay_page import read_web_file

MODULES = (
    "hex",
    "engine/snapshot",
    "engine/rules",
    "engine/network",
    "engine/search",
    "engine/puct",
    "engine/gumbel",
    "engine/random",
    "engine/regularised",
    "engine/agents",
    "engine/openings",
    "engine/perfect",
    "engine/worker",
)
"""Files of static/, each after those that it imports."""

GAME = "hex"
"""The one game whose rules it has."""

RULES = ("puct", "gumbel", "regularised")
"""Of the searches that a visitor may choose from, those that the engine has."""

SOLVED_UP_TO, PROVES_UP_TO = 5, 6
"""Side of the largest board on which it plays perfectly, and on which it proves what it can in a
few seconds."""

SMALL = 200_000
"""Parameters up to which it is asked where there is a server, too: 1,024 nodes then take a browser
less than the server needs to compile its first search."""

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "[./]*([\w-]+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|function|class) (\w+))", re.MULTILINE)


@functools.cache
def engine_script() -> str:
    """The whole engine as a classic script; started as a worker, it answers questions."""
    return "const modules = {};\n" + "\n".join(map(_wrap, MODULES))


def _wrap(module: str) -> str:
    source = read_web_file(f"{module}.js")
    exports = ", ".join(match[1] for match in _EXPORT.finditer(source))
    body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = modules['\2'];", source))
    name = module.rpartition("/")[2]
    return f"modules['{name}'] = (() => {{\n{body}\nreturn {{ {exports} }};\n}})();"
