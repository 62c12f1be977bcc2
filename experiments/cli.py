"""The command line: `hexlaw VERB --flag …`."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Union

import tyro
from rich.console import Console

from experiments import blunders, fit, solve
from experiments.bench import BenchConfig, bench
from experiments.blunders import BlundersConfig
from experiments.fit import FitConfig
from experiments.gtp import GtpConfig, gtp
from experiments.listing import ListConfig, list_things
from experiments.play import PlayConfig, play
from experiments.rating import RateConfig, rate_players
from experiments.replay import ReplayConfig, replay
from experiments.reporting import ReportConfig, report
from experiments.reproduce import ReproduceConfig, reproduce
from experiments.runtime import use_compilation_cache
from experiments.solve import SolveConfig
from experiments.tournament import TournamentConfig, arena
from experiments.train import TrainVerbConfig, train
from experiments.verb import InterruptedByUserError, Outcome, VerbConfig
from games.errors import InputError

Verb = Callable[[Any, Console], Outcome]

VERBS: dict[str, tuple[type[VerbConfig], Verb]] = {
    "reproduce": (ReproduceConfig, reproduce),
    "arena": (TournamentConfig, arena),
    "rate": (RateConfig, rate_players),
    "replay": (ReplayConfig, replay),
    "play": (PlayConfig, play),
    "gtp": (GtpConfig, gtp),
    "train": (TrainVerbConfig, train),
    "report": (ReportConfig, report),
    "fit": (FitConfig, fit.run),
    "list": (ListConfig, list_things),
    "solve": (SolveConfig, solve.run),
    "blunders": (BlundersConfig, blunders.run),
    "bench": (BenchConfig, bench),
}

BAD_INPUT = 2
STOPPED = 130  # 128 + SIGINT, as shells have it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code: 0, 2 for bad input, 130 if Ctrl-C stopped it."""
    try:
        config = parse(sys.argv[1:] if arguments is None else arguments)
        console = Console(stderr=config.as_json, highlight=False)
        use_compilation_cache()
        run = next(verb for model, verb in VERBS.values() if type(config) is model)
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


def parse(arguments: Sequence[str]) -> VerbConfig:
    """The verb's configuration.

    Raises:
        InputError: for an unknown verb or flag, or a value that does not fit.
        SystemExit: with code 0, after printing the help that was asked for.
    """
    verbs: Any = Union[  # noqa: UP007 - built at run time
        tuple(Annotated[model, tyro.conf.subcommand(name)] for name, (model, _) in VERBS.items())
    ]
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(verbs, args=arguments, prog="hexlaw", description=__doc__)
    except SystemExit as exit_:
        if not exit_.code:
            raise
        raise InputError(_one_line(complaint.getvalue())) from None


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
