"""`hexlaw unbeaten`: does an agent, moving first, win every line of play?

Who moves first in Hex can win, so a perfect agent beats every opponent there is. The agent answers
every position that any replies can bring about, ply by ply, until it has lost no line, which
proves it perfect as first player from the empty board (in a game with draws: that nobody beats
it), or has lost one, which is then shown. Unlike a blunder rate it says nothing of positions that
the agent itself avoids. Where there are too many lines, a sample of them may find a loss, and
proves nothing if it does not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import pydantic
from rich.console import Console
from rich.table import Table

from experiments.players.agents import find_player, open_lab, resolve
from experiments.players.move_keys import move_keys
from experiments.players.player import Player
from experiments.players.specs import NetworkSpec, parse_player
from experiments.verb import BoardConfig, Outcome
from games.batches import ask, legal_moves, states_after
from games.errors import InputError
from games.protocol import Game, State

LANES = 256  # positions searched at once
WHITE = 1


class UnbeatenConfig(BoardConfig, frozen=True):
    """Let agents that move first answer every line of play, until one is lost or all are won."""

    agents: tuple[str, ...]
    """Snapshots by name: RUN#3, RUN#-1 (the last), RUN#* (all), with a search if wanted,
    @nodes=64; their moves must not be drawn at random."""
    lab: Path = Path("runs/laptop")
    """The lab that holds them."""
    size: int = 4
    """Side of the board; lines multiply: beyond 5×5 only weak agents, soon refuted, are quick."""
    max_positions: int = pydantic.Field(2_000_000, ge=1)
    """Give up once an agent has met so many."""
    sample: int | None = pydantic.Field(None, ge=1)
    """Follow no more than so many lines from ply to ply, drawn evenly; all if left out."""


class LinesTried(NamedTuple):
    """What came of every line of play."""

    positions: int  # in which the agent had to move
    refutation: list[int] | None  # a shortest game that it loses, if there is one
    complete: bool  # whether all lines were followed to the end, or one to a loss

    @property
    def unbeaten(self) -> bool:
        """Whether the agent is proven to lose no line."""
        return self.complete and self.refutation is None


def every_line(
    rules: Game, player: Player, max_positions: int, sample: int | None = None
) -> LinesTried:
    """Follow all lines of play against an agent that moves first, or a sample of them.

    Lines that lead to the same position are followed once. The agent must always play the same move
    in the same position.
    """
    lines = np.full((1, rules.max_plies), -1, np.int32)  # [L, T] moves up to the agent's turn
    states = states_after(rules, lines)
    met, all_followed, rng = 0, True, np.random.default_rng(0)
    for ply in range(0, rules.max_plies, 2):
        if sample and len(lines) > sample:
            all_followed = False
            kept = rng.choice(len(lines), sample, replace=False)
            lines, states = lines[kept], jax.tree.map(lambda leaf: leaf[kept], states)  # noqa: B023
        met += len(lines)
        if met > max_positions:
            return LinesTried(met, None, complete=False)
        lines[:, ply] = player.act(states, move_keys(np.zeros(len(lines)), ply))
        lines, states, lost = _going_on(rules, lines)
        if len(lines) and not len(lost):
            replies = _all_replies(lines, legal_moves(rules, states), ply + 1)
            lines, states, lost = _going_on(rules, replies)
        if len(lost):
            return LinesTried(met, lost[0][lost[0] >= 0].tolist(), complete=True)
        if not len(lines):
            break
    return LinesTried(met, None, complete=all_followed)


def _going_on(rules: Game, lines: np.ndarray) -> tuple[np.ndarray, State, np.ndarray]:
    """One line and its state for each live position among the ends of `lines`, and the lines that
    white has won."""
    states = states_after(rules, lines)
    over, winner, owners = ask(rules, states, "terminal", "winner", "owners")
    live = np.flatnonzero(~over)
    # Where moves only fill cells, whose stones lie where is all; elsewhere all of the state counts.
    seen = [owners] if rules.fills_cells else jax.tree.leaves(states)
    rows = [leaf.reshape(len(lines), -1).view(np.uint8)[live] for leaf in seen]
    first = np.unique(np.concatenate(rows, axis=1), axis=0, return_index=True)[1]
    kept = live[np.sort(first)]
    return lines[kept], jax.tree.map(lambda leaf: leaf[kept], states), lines[winner == WHITE]


def _all_replies(lines: np.ndarray, legal: np.ndarray, ply: int) -> np.ndarray:
    which, action = np.nonzero(legal)
    replies = lines[which]
    replies[:, ply] = action
    return replies


def run(config: UnbeatenConfig, console: Console) -> Outcome:
    """Try every agent; print and return what came of it.

    Raises:
        InputError: if there is no such lab or snapshot, or an agent draws its moves.
    """
    rules = config.rules
    table = Table("verdict", "positions met", "a shortest lost game")
    table.add_column("agent", overflow="fold")
    rows: list[dict[str, Any]] = []
    for spec in _agents(config, rules):
        player, _ = find_player(spec, rules, config.lab, lanes=LANES)
        verdict = every_line(rules, player, config.max_positions, config.sample)
        word = "unbeaten" if verdict.unbeaten else "beaten" if verdict.complete else "unproven"
        game = [rules.action_name(action) for action in verdict.refutation or []]
        table.add_row(word, f"{verdict.positions:,}", " ".join(game), spec.text)
        rows.append(
            {
                "agent": spec.text,
                "verdict": word,
                "positions": verdict.positions,
                "lost_game": game or None,
            }
        )
    console.print(table)
    return Outcome(
        {"lab": str(config.lab), "game": rules.name, "boardsize": rules.size, "agents": rows}
    )


def _agents(config: UnbeatenConfig, rules: Game) -> list[NetworkSpec]:
    store, found = open_lab(config.lab), []
    for name in config.agents:
        for spec in resolve(store, rules, parse_player(name)):
            if not isinstance(spec, NetworkSpec):
                raise InputError(f"player {spec.text!r} is no snapshot; name one, RUN#INDEX")
            if spec.draws:
                raise InputError(
                    f"player {spec.text!r} draws its moves, but a proof needs one answer to each "
                    "position; leave temperature and noise at 0"
                )
            found.append(spec)
    return found
