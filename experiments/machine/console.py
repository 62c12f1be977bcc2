"""The console that verbs print to, and the streams under it: text from outside stays as it is.

Names of players, folders and runs are anybody's. Rich would read `mohex[bot]` as mark-up and
`:bug:` as a picture, and would cut a long name to fit 80 columns where nobody looks; a terminal or
pipe that knows no `×` would raise. All of that is settled here, once, so verbs print what they
have. Style is asked for by `style=` or `rich.text.Text`, never inside a text.
"""

from __future__ import annotations

import io
import sys

from rich.console import Console

UNCUT = 10_000  # columns of a file or a pipe: nothing is wrapped there, nothing cut


def open_console(*, stderr: bool) -> Console:
    """The console of one command: standard output, or standard error."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = UNCUT
    return console


def forgive_encodings() -> None:
    """Have characters that a standard stream cannot decode or encode replaced, never raised."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
