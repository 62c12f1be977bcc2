"""The command line: `hexlaw VERB --flag …`."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import re
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Union

import tyro
from rich.console import Console

from experiments.runtime import use_compilation_cache
from experiments.verb import InterruptedByUserError, Outcome, VerbConfig
from games.errors import InputError

Verb = Callable[[Any, Console], Outcome]

VERBS: dict[str, tuple[str, str, str]] = {
    "reproduce": ("jones2021", "ReproduceConfig", "reproduce"),
    "arena": ("tournament", "TournamentConfig", "arena"),
    "rate": ("rating", "RateConfig", "rate_players"),
    "replay": ("replay", "ReplayConfig", "replay"),
    "play": ("play", "PlayConfig", "play"),
    "gtp": ("gtp", "GtpConfig", "gtp"),
    "train": ("train", "TrainVerbConfig", "train"),
    "serve": ("serve", "ServeConfig", "serve"),
    "report": ("reporting", "ReportConfig", "report"),
    "fit": ("fit", "FitConfig", "run"),
    "list": ("listing", "ListConfig", "list_things"),
    "solve": ("solve", "SolveConfig", "run"),
    "blunders": ("blunders", "BlundersConfig", "run"),
    "unbeaten": ("unbeaten", "UnbeatenConfig", "run"),
    "bench": ("bench", "BenchConfig", "bench"),
}
"""Module in experiments/, configuration and function of each verb. Only the module of the verb that
is asked for is imported: all of them together take longer than most verbs need to answer."""

BAD_INPUT = 2
STOPPED = 130  # 128 + SIGINT, as shells have it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code: 0, 2 for bad input, 130 if Ctrl-C stopped it."""
    try:
        config, run = parse(sys.argv[1:] if arguments is None else arguments)
        console = Console(stderr=config.as_json, highlight=False)
        use_compilation_cache()
        result, exit_code = run(config, console)
    except InputError as error:
        print(f"hexlaw: {error}", file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        culprit = error.filename or "the disk"
        print(f"hexlaw: {culprit}: {error.strerror or error}", file=sys.stderr)
        return BAD_INPUT
    except (InterruptedByUserError, KeyboardInterrupt):
        print("hexlaw: stopped; run the same command again to go on", file=sys.stderr)
        return STOPPED
    if config.as_json:
        print(json.dumps(result))
    return exit_code


def parse(arguments: Sequence[str]) -> tuple[VerbConfig, Verb]:
    """The verb's configuration, and what runs it.

    Raises:
        InputError: for an unknown verb or flag, or a value that does not fit.
        SystemExit: with code 0, after printing the help that was asked for.
    """
    if arguments and arguments[0] in VERBS:
        name, *rest = arguments
        model, run = _load(name)
        return _parse(model, rest, f"hexlaw {name}"), run
    # No verb, or none that is known: the help and the complaint name them all.
    loaded = {name: _load(name) for name in VERBS}
    verbs: Any = Union[  # noqa: UP007 - built at run time
        tuple(Annotated[model, tyro.conf.subcommand(name)] for name, (model, _) in loaded.items())
    ]
    config = _parse(verbs, arguments, "hexlaw")
    return config, next(run for model, run in loaded.values() if type(config) is model)


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
    module, model, run = VERBS[name]
    found = importlib.import_module(f"experiments.{module}")
    return getattr(found, model), getattr(found, run)


def _one_line(framed: str) -> str:
    """tyro's framed error message as one line."""
    words = [line.strip("│╭╮╰╯─ ") for line in framed.splitlines()[1:]]
    text = " ".join(word for word in words if word)
    text = re.sub(r"\[type=[^\]]*\]\s*For further information visit \S+", "", text)
    text = re.sub(r"Error parsing (\w+): \d+ validation errors? for \1 ", "", text)
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"\.? For full helptext, \w+ (.+)$", r"; see \1", text)


if __name__ == "__main__":
    sys.exit(main())
