"""`hexlaw arena`: a tournament of any players, stored round by round in a lab.

Stop it at any time; the same command goes on, and one with more players or games goes further.
Who meets whom is the schedule's to say; how a game is played is the arena's
(experiments/arena/meeting.py).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pydantic
from rich.console import Console

from analysis.ratings.bradley_terry import Ratings, rate
from analysis.ratings.schedule import choose_pairs
from analysis.ratings.sprt import Sprt, sprt
from experiments.arena.matches import (
    COUNTS,
    by_number,
    match_rows,
    next_round,
    paired_scores,
    store_round,
)
from experiments.arena.meeting import MeetingConfig, Pairs, play_pairs
from experiments.arena.openings import count_openings
from experiments.arena.standings import show_sprt, show_standings, tournament_standings
from experiments.machine.parallel import Task, Worker, work_off
from experiments.machine.progress import stage
from experiments.players.agents import AgentEntry, enter_agents, load_player, resolve
from experiments.players.player import Player
from experiments.players.specs import NetworkSpec, PlayerSpec, parse_player
from experiments.verb import BoardConfig, InterruptedByUserError, Outcome
from games.errors import InputError
from games.protocol import Game
from games.text.numbers import side_by_side
from mcts import JONES
from training.store import Leases, Store

ScheduleName = Literal["all", "reference", "active", "sprt"]


class TournamentConfig(BoardConfig, frozen=True):
    """Let any players meet, and rate them."""

    players: tuple[str, ...]
    """Who plays: random, perfect, ladder:0.5, mctsbot:500, "gtp:COMMAND", or snapshots of the lab,
    RUN#INDEX@nodes=64; * and ? stand for many. See docs/arena.md."""
    lab: Path = Path("runs/laptop")
    """The lab that holds the snapshots and takes the games; made if it is not there."""
    schedule: ScheduleName = "all"
    """all: every pair; reference: everybody against one player; active: whoever's games tell most;
    sprt: two players, until it is clear which is stronger."""
    reference: str | None = None
    """The player that everybody meets, for --schedule reference; the first one if unset."""
    games: int = pydantic.Field(16, ge=2)
    """Games of each pair, half of them with each colour (all and reference)."""
    budget: int = pydantic.Field(10_000, ge=2)
    """Games in all, at most (active and sprt)."""
    target_se: float = pydantic.Field(25.0, gt=0)
    """Elo: stop when every standard error is as small (active)."""
    elo0: float = 0.0
    """Lead of the first player under H0 (sprt)."""
    elo1: float = 20.0
    """Lead of the first player under H1 (sprt)."""
    mode: Literal["paired", "jones"] = "paired"
    """paired: random openings with both colours, noise only where a player's name has it; jones:
    from the empty board, snapshots with his search, root noise left on and moves drawn."""
    opening_plies: int = pydantic.Field(2, ge=0, le=4)
    """Random moves that open a game (paired)."""
    seed: int = pydantic.Field(0, ge=0)
    """Of openings and of all that players draw; another seed is another tournament."""
    round_games: int = pydantic.Field(1024, ge=2)
    """Games that are played side by side and stored together; fewer are safer with slow engines."""


class _State:
    """A tournament as far as it is stored."""

    def __init__(self, store: Store, name: str, agents: Sequence[AgentEntry]) -> None:
        self.store, self.name = store, name
        self.names = [agent.spec.text for agent in agents]
        self.ids = [agent.id for agent in agents]
        self.drawn = any(agent.spec.draws for agent in agents)
        self.reload()

    def reload(self) -> None:
        rows = match_rows(self.store, self.name)
        rows = rows[rows["black_id"].isin(self.ids) & rows["white_id"].isin(self.ids)]
        self.rows: pd.DataFrame = rows.reset_index(drop=True)
        self.games = int(rows["games"].sum())
        place = {name: number for number, name in enumerate(self.names)}
        self._met = {
            (place[black], place[white]): int(count)
            for black, white, count in zip(rows["black"], rows["white"], rows["games"], strict=True)
        }

    def turn(self, first: int, second: int) -> int:
        """Openings that two players have met so far; each was played with both colours."""
        return self._met.get((first, second), 0)

    def known(self) -> Ratings:
        """What the schedule goes by: all players, whether games join them yet or not."""
        nobody = pd.DataFrame({"black": self.names, "white": np.roll(self.names, 1)})
        nobody[list(COUNTS)] = 0
        zero = "perfect" if "perfect" in self.names else None
        return rate(pd.concat([self.rows, nobody]), zero=zero, first_player=False)


def arena(config: TournamentConfig, console: Console) -> Outcome:
    """Play until the schedule has had enough; print and return the standings.

    Raises:
        InputError: for an unknown player, a wrong board, an engine that does not work.
        InterruptedByUserError: if Ctrl-C stopped it; whole rounds are stored.
    """
    game = config.rules
    meeting = _meeting(config, game)
    store = Store(config.lab)
    name = _tournament(config, meeting, game)
    with Leases(store) as leases:
        leases.claim_or_refuse(f"the tournament {name}", [name])
        specs = _resolve_all(store, game, config)
        # Every player is made before the first game, so that what is wrong with one shows at once.
        agents = enter_agents(store, game, specs)
        state = _State(store, name, agents)
        players = [load_player(game, agent) for agent in agents]
        try:
            draws = [spec.draws for spec in specs]
            _play(config, console, game, meeting, state, players, draws, leases)
        finally:
            for player in players:
                getattr(player, "close", lambda: None)()
    return _outcome(config, console, state)


def _meeting(config: TournamentConfig, game: Game) -> MeetingConfig:
    meeting = MeetingConfig(
        opening_plies=0 if config.mode == "jones" else config.opening_plies, seed=config.seed
    )
    try:
        meeting.check(game)
    except ValueError as error:
        raise InputError(str(error)) from None
    return meeting


def _tournament(config: TournamentConfig, meeting: MeetingConfig, game: Game) -> str:
    return meeting.tournament(game) + ("-jones" if config.mode == "jones" else "")


def _resolve_all(store: Store, game: Game, config: TournamentConfig) -> list[PlayerSpec]:
    """Every player once, the reference first if there is one."""
    given = [parse_player(text) for text in (config.reference, *config.players) if text is not None]
    found: dict[str, PlayerSpec] = {}
    for spec in given:
        if isinstance(spec, NetworkSpec):
            if spec.lab is not None:
                raise InputError(
                    f"player {spec.text!r}: the players of a tournament lie in one lab; name it "
                    "with --lab"
                )
            if config.mode == "jones":
                search = JONES.with_nodes(spec.search.nodes)
                spec = spec.model_copy(update={"strategy": search, "temperature": 1.0})
        found |= {one.text: one for one in resolve(store, game, spec)}
    if len(found) < 2:
        raise InputError("--players: a tournament needs two different players or more")
    if config.schedule == "sprt" and len(found) != 2:
        raise InputError(f"--schedule sprt compares two players, not {len(found)}")
    return list(found.values())


def _play(
    config: TournamentConfig,
    console: Console,
    game: Game,
    meeting: MeetingConfig,
    state: _State,
    players: Sequence[Player],
    draws: Sequence[bool],
    leases: Leases,
) -> None:
    over = False

    def rounds(worker: Worker) -> None:
        nonlocal over
        while (planned := _plan_round(config, state)) is not None:
            pairs, openings, done, share = planned
            result = play_pairs(
                game,
                players,
                pairs,
                meeting.model_copy(update={"openings": openings}),
                names=state.names,
                report=lambda part, done=done, share=share: worker.report(done + part * share),
                should_stop=worker.should_stop,
            )
            if result is None:
                return
            number = next_round(state.store, state.name)
            store_round(
                state.store, state.name, number, state.ids, result, meeting.opening_plies,
                draws=draws,
            )  # fmt: skip
            state.reload()
            for (match, _), notes in result.notes.items():
                sides = state.names[result.black[match]], state.names[result.white[match]]
                for note in notes:
                    told = f"{' – '.join(sides)}, move {int(note['ply']) + 1}: {note['note']}"
                    console.out(told, highlight=False)
        over = True

    available = count_openings(game, meeting.opening_plies)
    if not any(draws) and config.schedule in ("all", "reference") and config.games > 2 * available:
        console.print(
            f"only {available} openings of {meeting.opening_plies} plies: games beyond "
            f"{2 * available} a pair repeat earlier ones and are not counted"
        )
    title = f"{side_by_side(game.size)}, {len(players)} players"
    tasks = [Task(title, rounds, (), work=1.0, holds=(state.name,))]
    if not work_off(
        lambda: [] if over else tasks, 1, leases, functools.partial(stage, console, "Arena")
    ):
        raise InterruptedByUserError


def _plan_round(config: TournamentConfig, state: _State) -> tuple[Pairs, int, float, float] | None:
    """Pairs of the next round, openings of each, the share of the work done and this round's;
    none if the tournament is over."""
    if config.schedule in ("all", "reference"):
        return _plan_complete(config, state)
    if state.games + 2 > config.budget:
        return None
    if config.schedule == "sprt":
        if _sprt(config, state).verdict != "undecided":
            return None
        chosen, openings = [(0, 1)], max(1, min(config.round_games, 64) // 2)
    else:
        chosen = _most_telling(config, state)
        openings = 1
    if not chosen:
        return None
    openings = min(openings, (config.budget - state.games) // (2 * len(chosen)))
    if openings < 1:
        chosen, openings = chosen[: (config.budget - state.games) // 2], 1
    played = 2 * len(chosen) * openings
    return _pairs(chosen, state), openings, state.games / config.budget, played / config.budget


def _plan_complete(
    config: TournamentConfig, state: _State
) -> tuple[Pairs, int, float, float] | None:
    """The pairs that have met least, as many openings at a time as fit into a round."""
    players = range(len(state.names))
    wanted = -(-config.games // 2)
    everyone = list(itertools.combinations(players, 2))
    if config.schedule == "reference":
        everyone = [(0, other) for other in players[1:]]
    turns = [state.turn(*pair) for pair in everyone]
    least = min(turns)
    if least >= wanted:
        return None
    at_once = max(1, config.round_games // 2)
    chosen = [pair for pair, turn in zip(everyone, turns, strict=True) if turn == least][:at_once]
    openings = min(wanted - least, max(1, at_once // len(chosen)))
    total = wanted * len(everyone)
    done = sum(min(turn, wanted) for turn in turns) / total
    return _pairs(chosen, state), openings, done, len(chosen) * openings / total


def _most_telling(config: TournamentConfig, state: _State) -> list[tuple[int, int]]:
    players = len(state.names)
    if state.rows.empty:  # nothing is known: a ring in any order joins everybody
        order = np.random.default_rng(config.seed).permutation(players)
        ring = zip(order.tolist(), np.roll(order, 1).tolist(), strict=True)
        return sorted({(min(pair), max(pair)) for pair in ring})
    known = state.known()
    place = {name: number for number, name in enumerate(state.names)}
    at_once = max(1, min(config.round_games // 2, players // 2))
    return [
        (place[str(known.players[i])], place[str(known.players[j])])
        for i, j in choose_pairs(known, 2, at_once, target_se=config.target_se)
    ]


def _pairs(chosen: Sequence[tuple[int, int]], state: _State) -> Pairs:
    ordered = [(min(pair), max(pair)) for pair in chosen]
    first, second = np.array(ordered).T
    return Pairs(first, second, np.array([state.turn(*pair) for pair in ordered]))


def _sprt(config: TournamentConfig, state: _State) -> Sprt:
    scores = paired_scores(state.store, state.name, *state.ids[:2], drawn=state.drawn)
    return sprt(scores, elo0=config.elo0, elo1=config.elo1)


def _outcome(config: TournamentConfig, console: Console, state: _State) -> Outcome:
    result = {"lab": str(config.lab), "tournament": state.name, "games": state.games}
    console.print(f"tournament {state.name}: {state.games} games")
    if config.schedule == "sprt":
        verdict = _sprt(config, state)
        show_sprt(console, verdict, state.names[0], state.names[1])
        result |= {"sprt": verdict._asdict()}
    if not state.rows[list(COUNTS)].to_numpy().any():
        return Outcome(result)
    standings = tournament_standings(state.store, config.game, config.size, by_number(state.rows))
    show_standings(console, standings)
    return Outcome(result | {"ratings": standings.rows})
