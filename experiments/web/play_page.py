"""What a page may ask of a position, and the answers: a move, thoughts, perfect play.

Every question carries its whole position as a list of moves, so the server holds no games: a page
goes on after a restart as if nothing had happened. Questions come from strangers and are checked
before anything is computed; what may be asked is bounded in board, budget and length.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from typing import Annotated, Any, Literal

import numpy as np
import pydantic

import games
from experiments.players.thinking import BUDGETS, MAX_BUDGET, Thinker
from experiments.web.annotate import Annotator
from experiments.web.positions import line_from, page_course, page_position
from experiments.web.solver_process import SolverProcess
from games.errors import InputError
from games.protocol import Game
from games.text.notation import board_name, play, play_through
from mcts import RULES, STRATEGIES, SearchConfig, Strategy
from mcts.stopping import STOPPING
from mcts.strategies.adaptive import Adaptive
from training.ledger import forward_flops
from training.networks import NetworkConfig

PERFECT, RANDOM = "perfect", "random"
MAX_SIZE, MAX_PLIES = 99, 1000  # of questions that are looked at; the rules know better

_OTHERS = [STRATEGIES[name]() for name in STRATEGIES.names if name != SearchConfig.strategy]
# But the default, the one that never stops, and the one whose weights are to be fitted first.
_STOPS = sorted({*STOPPING.names} - {"settled", "uniform", "predicted"})
SEARCHES: dict[str, Strategy] = {
    **{name: SearchConfig.model_validate({"rule": name}) for name in RULES.names},
    **{STRATEGIES.name_of(own): own for own in _OTHERS if not own.needs_second},
    **{f"adaptive, {name}": Adaptive.model_validate({"stop": name}) for name in _STOPS},
}
"""What a visitor may choose from: tree search by the name of its rule, every other strategy of one
network, and when a search stops; the nodes are chosen beside them, where a budget can be set."""
OF_TWO: dict[str, Strategy] = {STRATEGIES.name_of(own): own for own in _OTHERS if own.needs_second}
"""What else a visitor may choose who names a second network."""
WITHOUT_NODES = tuple(name for name, own in SEARCHES.items() if not own.has_budget)


class Message(pydantic.BaseModel):
    """Base of what a page may send; anything else is refused."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)


def _check_budget(nodes: int) -> int:
    # Each budget is a compiled program: a page has to make do with a few.
    if nodes not in BUDGETS:
        raise ValueError(f"must be a power of two up to {MAX_BUDGET}")
    return nodes


Budget = Annotated[int, pydantic.AfterValidator(_check_budget)]
"""Network evaluations a move that a visitor may ask for."""


class Question(Message):
    """A position and what is asked of it."""

    id: int = pydantic.Field(ge=0, lt=2**53)
    """The page's own number, given back with every answer."""
    ask: Literal["position", "course", "move", "thoughts", "verdict"]
    game: str = pydantic.Field(default="hex", max_length=40)
    size: int = pydantic.Field(ge=1, le=MAX_SIZE)
    moves: list[Annotated[int, pydantic.Field(ge=0, le=MAX_PLIES)]] = pydantic.Field(
        max_length=MAX_PLIES
    )
    player: str = pydantic.Field(default=PERFECT, max_length=200)
    """A snapshot `RUN#INDEX` of the lab, `perfect` or `random`."""
    nodes: Budget = 1
    rule: str = pydantic.Field(default="puct", max_length=40)
    """One of `SEARCHES`, or of `OF_TWO`."""
    second: str = pydantic.Field(default="", max_length=200)
    """Another snapshot, for a rule of `OF_TWO`."""


class Stop(Message):
    """No more answers to a question are wanted."""

    stop: int = pydantic.Field(ge=0, lt=2**53)


Answer = dict[str, Any]
AnswerStep = Callable[[], Answer | Future[Answer]]
"""Gives an answer within moments, or the promise of one from another process."""


def node_costs(overview: dict[str, Any]) -> dict[str, int]:
    """FLOPs of one evaluation by each network on its own board, by the snapshot's key; what a
    chain of runs or a mix has spent is of several boards. Without networks unknown here."""
    costs = {}
    for each in overview["snapshots"]:
        with contextlib.suppress(ValueError):
            rules = games.make(each["game"], each["size"])
            costs[each["key"]] = forward_flops(rules, NetworkConfig.parse(each["network"]))
    return costs


def search_name(strategy: Strategy) -> str | None:
    """The one of `SEARCHES` that a strategy is, but for its nodes."""

    def without_nodes(any_: Strategy) -> Strategy:
        return any_.model_copy(update={"nodes": None}) if any_.has_budget else any_

    own = without_nodes(strategy)
    return next((name for name, same in SEARCHES.items() if without_nodes(same) == own), None)


def plan_answers(
    question: Question, annotator: Annotator, solver: SolverProcess
) -> list[AnswerStep]:
    """The answers to a question, as steps to be run one by one.

    Raises:
        InputError: if the position is illegal or over, or there is no such player or rule.
    """
    rules = games.make(question.game, question.size)
    if question.ask == "position":
        return [lambda: page_position(rules, question.moves)]
    if question.ask == "course":
        return [lambda: page_course(rules, play_through(rules, question.moves), ways=True)]
    state = play(rules, question.moves)
    if bool(rules.terminal(state)):
        raise InputError("the game is over; there is nothing to ask")
    if question.ask == "verdict":
        return [lambda: solver.verdict(rules, question.moves)]
    if question.player == RANDOM:
        return [lambda: {"action": _random_move(rules, state)}]
    if question.player == PERFECT:
        return [lambda: solver.move(rules, question.moves)]
    return _ask_network(question, rules, annotator)


def chosen_strategy(rule: str, second: str) -> Strategy:
    """What a visitor has chosen.

    Raises:
        InputError: if there is no such rule, it asks two networks and one is named, or the other
            way round.
    """
    if rule not in SEARCHES | OF_TWO:
        raise InputError(f"no search rule {rule!r}; there is {', '.join(SEARCHES | OF_TWO)}")
    if rule in OF_TWO and not second:
        raise InputError(f"{rule} asks two networks; name the other as second")
    if rule in SEARCHES and second:
        raise InputError(f"{rule} asks one network; leave out second")
    return (SEARCHES | OF_TWO)[rule]


def asked_thinker(question: Question, annotator: Annotator) -> Thinker:
    """Who is asked.

    Raises:
        InputError: if there is no such network or rule, or two networks do not fit.
    """
    strategy = chosen_strategy(question.rule, question.second)
    return annotator.thinker(question.player, strategy, question.second)


def _ask_network(question: Question, rules: Game, annotator: Annotator) -> list[AnswerStep]:
    thinker = asked_thinker(question, annotator)
    if thinker.game != rules:
        plays = board_name(thinker.game)
        raise InputError(f"{question.player} plays {plays}; choose that board")
    grows = question.ask == "thoughts" and thinker.strategy.has_budget
    budgets = thinker.budgets(question.nodes) if grows else [question.nodes]
    return [lambda budget=budget: _think(thinker, question.moves, budget) for budget in budgets]


def _think(thinker: Thinker, moves: list[int], nodes: int) -> Answer:
    thoughts, seconds = thinker.think(moves, nodes)
    found = {"nodes": nodes, "seconds": round(seconds, 5), **thoughts.model_dump()}
    if thoughts.evaluations is not None:
        found["spent"] = thinker.strategy.with_nodes(nodes).spent(thoughts.evaluations)
    return found | line_from(thinker.game, play(thinker.game, moves), thoughts.variation)


def _random_move(rules: games.Game, state: games.State) -> int:
    legal = np.flatnonzero(np.asarray(rules.legal(state)))
    return int(np.random.default_rng().choice(legal))
