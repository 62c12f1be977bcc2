"""Players by name, as command lines, pages and records write them.

    random                          any legal move
    perfect                         perfect play, up to 6×6
    ladder:0.5                      perfect with that probability at each move, else random
    mctsbot:500                     OpenSpiel's MCTSBot with so many simulations
    gtp:mohex --seed 1              an external engine, by the command that starts it
    RUN#3                           snapshot 3 of a run, with the default search; #-1 is the last
    runs/laptop/RUN#3@nodes=1       the same from a lab named here, with another budget
    RUN#3@strategy=raw              the same playing its raw policy
    RUN#3@strategy=mpv,second=BIG#-1   the same with another snapshot of the lab beside it

Options follow an @, `key=value` with commas between; those of an engine stand before its colon:
`gtp@seconds=30:mohex`. A snapshot's options are the fields of its strategy: `strategy=NAME` and
what `mcts.STRATEGIES` holds under that name, or where none is named the tree search
(`mcts.SearchConfig`, a rule's own fields with a dot: `rule=gumbel,rule.c_visit=20`); `second`, the
other network of a strategy that asks two; and `temperature`: 0 plays the strategy's choice, above
it moves are drawn from its policy to the power 1/temperature. `jones` is the play of Jones's
league.
A player's `text` is its one canonical name; parsing it gives the player back.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any, ClassVar, Self

import pydantic

from games.config import FrozenModel
from games.errors import InputError
from games.text.numbers import parse_natural
from mcts import JONES, STRATEGIES, AnyStrategy, SearchConfig, TwoNetworkStrategy

KINDS = (
    "random, perfect, ladder:PROBABILITY, mctsbot:SIMULATIONS, gtp:COMMAND, "
    "or RUN#INDEX@nodes=64 for a snapshot"
)
JONES_PLAY = "jones"
"""The option that stands for Jones's league: his search, root noise left on, and moves drawn."""


class PlayerSpec(FrozenModel, frozen=True):
    """A player's kind and settings. Subclasses' first field may stand after a colon."""

    kind: ClassVar[str]
    argument: ClassVar[str | None] = None
    """The field that stands after the colon."""
    draws: ClassVar[bool] = False
    """Whether moves hang on the random numbers of each game, so that equal games are still
    independent evidence. What an external engine does is not known."""

    @property
    def text(self) -> str:
        """The player's canonical name."""
        argument = "" if self.argument is None else f":{_plain(getattr(self, self.argument))}"
        return f"{self.kind}{argument}{self._options()}"

    def _options(self) -> str:
        skip = {self.argument} if self.argument else set()
        options = self.model_dump(mode="json", exclude_defaults=True, exclude=skip)
        return "@" + ",".join(f"{k}={_plain(v)}" for k, v in options.items()) if options else ""


class RandomSpec(PlayerSpec, frozen=True):
    """Any legal move."""

    kind = "random"
    draws = True


class PerfectSpec(PlayerSpec, frozen=True):
    """Perfect play; chance decides between moves that are equally good."""

    kind = "perfect"
    draws = True


class LadderSpec(PlayerSpec, frozen=True):
    """Perfect with probability `probability` at each move, else any legal move."""

    kind = "ladder"
    argument = "probability"
    draws = True
    probability: float = pydantic.Field(ge=0, le=1)


class MctsBotSpec(PlayerSpec, frozen=True):
    """OpenSpiel's C++ MCTSBot with random rollouts."""

    kind = "mctsbot"
    argument = "simulations"
    draws = True
    simulations: int = pydantic.Field(ge=1, le=10_000_000)
    uct_c: float = pydantic.Field(default=2.0, ge=0)
    """Weight of exploration in UCT."""
    rollouts: int = pydantic.Field(default=1, ge=1)
    """Random games to evaluate a leaf."""
    solve: bool = True
    """Back up proven wins and losses."""


class GtpSpec(PlayerSpec, frozen=True):
    """An external engine that speaks GTP (or HTP, its Hex dialect)."""

    kind = "gtp"
    argument = "command"
    command: str = pydantic.Field(min_length=1)
    """What starts it, quoted as in a shell; no shell is involved."""
    seconds: float = pydantic.Field(default=60.0, gt=0)
    """Time it has to answer."""

    @property
    def text(self) -> str:
        """The player's canonical name; a command may hold any character, so it comes last."""
        return f"gtp{self._options()}:{self.command}"


class NetworkSpec(PlayerSpec, frozen=True):
    """A snapshot with its play-time strategy."""

    kind = "network"
    run: str = pydantic.Field(min_length=1)
    """Name of the run; the names of several may be written with * and ?."""
    index: int | None
    """Which snapshot, counted from 0; -1 the last one; none stands for all, written `*`."""
    lab: str | None = None
    """Folder of the lab; the command's own if unset."""
    strategy: AnyStrategy = SearchConfig()
    second: str | None = pydantic.Field(default=None, pattern=r"^[^#@,]+#(-1|[0-9]+)$")
    """`RUN#INDEX` of the other network, in the same lab, for a strategy that asks two."""
    temperature: float = pydantic.Field(default=0.0, ge=0, le=100)
    """0 plays the strategy's choice; 1 draws by its policy, 2 by that policy's square root."""

    @pydantic.model_validator(mode="after")
    def _check_second(self) -> Self:
        name = STRATEGIES.name_of(self.strategy)
        if self.second and not isinstance(self.strategy, TwoNetworkStrategy):
            raise ValueError(f"strategy {name} asks one network; leave out second={self.second}")
        if self.strategy.needs_second and not self.second:
            raise ValueError(f"strategy {name} asks two networks; name the other, second=RUN#INDEX")
        return self

    @property
    def second_spec(self) -> NetworkSpec | None:
        """The other network as a player of its own."""
        if self.second is None:
            return None
        run, _, index = self.second.partition("#")
        return NetworkSpec(run=run, index=int(index))

    @property
    def draws(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether its moves are drawn: by temperature, or by chance in the strategy."""
        return self.temperature > 0 or self.strategy.for_evaluation().draws

    @property
    def search(self) -> SearchConfig:
        """Its strategy, where that must be a tree search.

        Raises:
            InputError: if it is another.
        """
        if not isinstance(self.strategy, SearchConfig):
            raise InputError(f"player {self.text!r} does not search a tree; name one that does")
        return self.strategy

    @property
    def text(self) -> str:
        """The player's canonical name; nodes are always named."""
        place = f"{PurePath(self.lab) / self.run}" if self.lab else self.run
        place = f"{place}#{'*' if self.index is None else self.index}@"
        if self.strategy == JONES.with_nodes(nodes := self.strategy.evaluations):
            drawn = "" if self.temperature == 1 else f",temperature={_plain(self.temperature)}"
            return f"{place}{JONES_PLAY},nodes={nodes}{drawn}"
        options = self.strategy.options()
        if self.second:
            options["second"] = self.second
        if self.temperature:
            options["temperature"] = self.temperature
        return place + ",".join(f"{key}={_plain(value)}" for key, value in options.items())


_NAMED: dict[str, type[PlayerSpec]] = {
    spec.kind: spec for spec in (RandomSpec, PerfectSpec, LadderSpec, MctsBotSpec)
}


_SNAPSHOT = r"(.*?)#([^#@]*)(?:@((?:second=[^#,]*#|[^#])*))?"


def parse_player(text: str) -> PlayerSpec:
    """The player called `text`; see the module's grammar.

    Raises:
        InputError: if there is no such kind of player or setting, or a value does not fit.
    """
    text = text.strip()
    if match := re.fullmatch(r"gtp(?:@([^:]*))?:(.*)", text, re.DOTALL):
        fields = {"command": match[2].strip(), **_parse_options(text, match[1] or "")}
        return _validated(GtpSpec, text, fields)
    # A folder may have an @ in its name, so a snapshot's options begin after its index; the only
    # one with a # of its own is the second network.
    if match := re.fullmatch(_SNAPSHOT, text, re.DOTALL):
        place, index, listed = match.groups(default="")
        fields = {**_parse_snapshot(text, place, index), **_split(_parse_options(text, listed))}
        return _validated(NetworkSpec, text, fields)
    head, _, listed = text.partition("@")
    options = _parse_options(text, listed)
    kind, _, argument = head.partition(":")
    if kind not in _NAMED:
        raise InputError(f"unknown player {text!r}; players are {KINDS}")
    model = _NAMED[kind]
    if bool(argument) != (model.argument is not None):
        usage = kind if model.argument is None else f"{kind}:{model.argument.upper()}"
        raise InputError(f"player {text!r}: write {usage}")
    if model.argument is not None:
        options[model.argument] = argument
    return _validated(model, text, options)


def _parse_snapshot(text: str, place: str, index: str) -> dict[str, Any]:
    folder, _, run = place.rpartition("/")
    number = -1 if index == "-1" else parse_natural(index)
    if number is None and index != "*":
        raise InputError(
            f"player {text!r}: {index!r} is no snapshot; write RUN#0, RUN#-1 for the last one, or "
            "RUN#* for all"
        )
    # "/RUN" lies in the root folder, "RUN" in no folder that is named here.
    lab = folder or ("/" if place.startswith("/") else None)
    return {"run": run, "index": number, "lab": lab}


def _parse_options(text: str, listed: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for option in filter(None, listed.split(",")):
        key, equals, value = (part.strip() for part in option.partition("="))
        if not equals and key == JONES_PLAY:
            options[JONES_PLAY] = ""
        elif not equals or not key or not value:
            raise InputError(f"player {text!r}: {option!r} is not KEY=VALUE")
        else:
            options[key] = value
    return options


def _split(options: dict[str, str]) -> dict[str, Any]:
    """Options of a snapshot as fields: the strategy's own in a dict, nested as their dots say."""
    strategy = JONES.model_dump(mode="json") if JONES_PLAY in options else {}
    fields: dict[str, Any] = {"strategy": strategy}
    if JONES_PLAY in options:
        fields["temperature"] = 1.0
    tables = {"rule", *(key.partition(".")[0] for key in options if "." in key)}
    for key, value in options.items():
        if key == JONES_PLAY:
            continue
        if key in ("temperature", "second"):
            fields[key] = value
            continue
        group, dot, name = key.partition(".")
        if key in tables:
            inner = strategy.setdefault(key, {})
            if inner.setdefault("name", value) != value:
                strategy[key] = {"name": value}
        elif dot:
            strategy.setdefault(group, {})[name] = value
        else:
            strategy[key] = value
    return fields


def _validated(model: type[PlayerSpec], text: str, fields: dict[str, Any]) -> PlayerSpec:
    try:
        return model.model_validate(fields)
    except pydantic.ValidationError as error:
        problem = error.errors()[0]
        place = [str(part) for part in problem["loc"] if part != "strategy"]
        message = problem["msg"].removeprefix("Value error, ").splitlines()[0]
        if problem["type"] == "extra_forbidden":
            message = f"no such setting; there is {', '.join(_settings(model, fields))}"
        raise InputError(f"player {text!r}: {'.'.join(place) or 'it'}: {message}") from None


def _settings(model: type[PlayerSpec], fields: dict[str, Any]) -> list[str]:
    if model is NetworkSpec:
        strategy = type(STRATEGIES.parse(fields["strategy"].get("strategy", {})))
        second = ["second"] if issubclass(strategy, TwoNetworkStrategy) else []
        return [*strategy.model_fields, *second, "temperature"]
    return [name for name in model.model_fields if name != model.argument] or ["none"]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
