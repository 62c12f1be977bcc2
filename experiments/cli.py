"""The command line: `hexlaw VERB --flag …`, or `hexlaw --version`."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import io
import os
import re
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NamedTuple, Union

import tyro
from rich.console import Console

from experiments.machine import extras
from experiments.machine.console import forgive_encodings, open_console
from experiments.verb import InterruptedByUserError, Outcome, VerbConfig
from games.errors import InputError
from games.text.plain_json import to_json

Verb = Callable[[Any, Console], Outcome]


class VerbPlace(NamedTuple):
    """Where a verb is found."""

    module: str
    """In experiments/."""
    config: str
    run: str
    summary: str
    """The first line of the configuration's docstring."""


VERBS = {
    "reproduce": VerbPlace(
        "reproduction.jones2021", "ReproduceConfig", "reproduce",
        "Train a grid of agents, let them play, rate them, fit the laws, write the report.",
    ),
    "arena": VerbPlace(
        "verbs.arena", "TournamentConfig", "arena", "Let any players meet, and rate them."
    ),
    "rate": VerbPlace(
        "verbs.rate", "RateConfig", "rate_players",
        "Rate players: Bradley–Terry, intervals from the covariance.",
    ),
    "replay": VerbPlace(
        "terminal.replay", "ReplayConfig", "replay",
        "Step through a game: board, policy, value; or check or export it.",
    ),
    "play": VerbPlace(
        "terminal.play", "PlayConfig", "play",
        "Play against any player in the terminal, with undo, hints and a search budget to change.",
    ),
    "gtp": VerbPlace(
        "terminal.gtp", "GtpConfig", "gtp",
        "Be a GTP engine, so that other programs and boards can play against a player of ours.",
    ),
    "train": VerbPlace(
        "verbs.train", "TrainVerbConfig", "train",
        "Train an agent, or a population of agents that differ in seed or a setting.",
    ),
    "label": VerbPlace(
        "verbs.label", "LabelVerbConfig", "label",
        "Make a label set: positions with a teacher's policy and value, for students.",
    ),
    "serve": VerbPlace(
        "verbs.serve", "ServeConfig", "serve",
        "Look at agents and matches, and play against them, in a browser on this machine.",
    ),
    "report": VerbPlace(
        "verbs.report", "ReportConfig", "report",
        "Write the report of a lab again, without training or playing.",
    ),
    "export": VerbPlace(
        "verbs.export", "ExportConfig", "export",
        "Export a lab as small tables, and the agents on its frontiers as a lab of their own.",
    ),
    "fit": VerbPlace(
        "verbs.fit", "FitConfig", "run", "Fit a scaling law to a table of rated snapshots."
    ),
    "advise": VerbPlace(
        "verbs.advise", "AdviseConfig", "run",
        "Say how large to train, how long, and how much to search, by a measured law.",
    ),
    "study": VerbPlace(
        "verbs.study", "StudyVerbConfig", "run",
        "Run a study: one question, answered with tables, figures and a page.",
    ),
    "work": VerbPlace(
        "verbs.work", "WorkConfig", "work",
        "Help with what is being done in a lab, until nothing is left to do.",
    ),
    "merge": VerbPlace(
        "verbs.merge", "MergeConfig", "merge_labs", "Merge labs that were made apart into one."
    ),
    "list": VerbPlace(
        "verbs.listing", "ListConfig", "list_things",
        "List games, presets, recipes, studies and, for a lab, its runs.",
    ),
    "solve": VerbPlace(
        "verbs.solve", "SolveConfig", "run",
        "Solve positions exactly: of Hex at once up to 5×5, within seconds on 6×6.",
    ),
    "blunders": VerbPlace(
        "verbs.blunders", "BlundersConfig", "run",
        "Count how often agents throw won positions away, where perfect play is known.",
    ),
    "unbeaten": VerbPlace(
        "verbs.unbeaten", "UnbeatenConfig", "run",
        "Let agents that move first answer every line of play, until one is lost or all are won.",
    ),
    "bench": VerbPlace(
        "bench.bench", "BenchConfig", "bench", "Measure self-play in moves a second, against mctx."
    ),
}  # fmt: skip
"""Only the module of the verb that is asked for is imported: all of them together take longer than
most verbs need to answer."""

BAD_INPUT = 2
UNREAD = 141  # 128 + SIGPIPE, as shells have it
STOPPED = 130  # 128 + SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code: 0, 2 for bad input, 130 if Ctrl-C stopped it.

    Where nobody reads on (`hexlaw … | head`) it ends without a word, as Unix tools do.
    """
    forgive_encodings()
    try:
        try:
            return _run(sys.argv[1:] if arguments is None else arguments)
        finally:
            sys.stdout.flush()  # here, not at the interpreter's end, where nobody can catch it
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD


def _run(arguments: Sequence[str]) -> int:
    try:
        config, run = parse(arguments)
        console = open_console(stderr=config.as_json)
        result, exit_code = run(config, console)
    except InputError as error:
        print(f"hexlaw: {error}", file=sys.stderr)
        return BAD_INPUT
    except ModuleNotFoundError as error:
        if (words := extras.complaint(error)) is None:
            raise
        print(f"hexlaw: {words}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        raise
    except OSError as error:
        culprit = error.filename or "the disk"
        print(f"hexlaw: {culprit}: {error.strerror or error}", file=sys.stderr)
        return BAD_INPUT
    except (InterruptedByUserError, KeyboardInterrupt):
        print("hexlaw: stopped; run the same command again to go on", file=sys.stderr)
        return STOPPED
    if config.as_json:
        print(to_json(result))
    return exit_code


def parse(arguments: Sequence[str]) -> tuple[VerbConfig, Verb]:
    """The verb's configuration, and what runs it.

    Raises:
        InputError: for an unknown verb or flag, or a value that does not fit.
        SystemExit: with code 0, after printing the help or the version that was asked for.
    """
    if list(arguments) == ["--version"]:
        print(f"hexlaw {importlib.metadata.version('hexlaw')}")
        raise SystemExit(0)
    if arguments and arguments[0] in VERBS:
        name, *rest = arguments
        model, run = _load(name)
        return _parse(model, rest, f"hexlaw {name}"), run
    # No verb, or none that is known: the help and the complaint name them all.
    verbs: Any = Union[  # noqa: UP007 - built at run time
        tuple(
            Annotated[VerbConfig, tyro.conf.subcommand(name, description=entry.summary)]
            for name, entry in VERBS.items()
        )
    ]
    _parse(verbs, arguments, "hexlaw")
    raise InputError("the verb comes first; see hexlaw --help")


def _parse(model: Any, arguments: Sequence[str], program: str) -> VerbConfig:
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(
                model, args=arguments, prog=program, description=model.__doc__ or __doc__
            )
    except SystemExit as exit_:
        if not exit_.code:
            raise
        raise InputError(_one_line(complaint.getvalue())) from None


def _load(name: str) -> tuple[type[VerbConfig], Verb]:
    """The configuration and the function of a verb."""
    entry = VERBS[name]
    found = importlib.import_module(f"experiments.{entry.module}")
    return getattr(found, entry.config), getattr(found, entry.run)


def _one_line(framed: str) -> str:
    """tyro's framed error message as one line.

    tyro prints its complaints and has no public way to hand them over. The frame is drawn with
    `|`, `+` and `-` where standard output knows no other lines.
    """
    words = [line.strip("│╭╮╰╯─|+ ") for line in framed.splitlines()[1:]]
    text = " ".join(word for word in words if word.strip("-"))
    text = re.sub(r"\[type=[^\]]*\]\s*For further information visit \S+", "", text)
    text = text.replace(" Value error, ", ": ", 1)
    text = re.sub(r"Error parsing (\w+): \d+ validation errors? for \1 ", "", text)
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"\.? For full helptext, \w+ (.+)$", r"; see \1", text)


if __name__ == "__main__":
    sys.exit(main())
