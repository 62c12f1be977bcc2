"""What agents do in positions that perfect play judges: a board's fixed set, or their own games."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
import sqlalchemy as sa
from sqlalchemy import orm

from analysis.tables.blunder_rates import count_blunders
from experiments.players.move_keys import move_keys
from experiments.players.player import NetworkPlayer
from games.batches import padded, states_before
from games.errors import InputError
from games.exact.protocol import ExactPlay, Verdicts
from games.exact.registry import exact_play, judged_set
from games.protocol import Game, State
from training.store import Agent, Match, Store
from training.store import Game as GameRow

OPEN_FIELDS = ("arena", "league")  # values of `match.stage`

MAX_NODES = 20_000  # of a solver for one position of a game: a second at most on 6×6 Hex


class Positions(NamedTuple):
    """Live positions, and what perfect play says of them."""

    id: str  # hash of what they are
    states: State  # host arrays, [N, ...]
    verdicts: Verdicts  # all known
    games: np.ndarray | None = None  # [N] number of the game each is from, where they are of games
    unsolved: int = 0  # positions left out, too hard for the solver


def judge(player: NetworkPlayer, positions: Positions) -> dict[str, Any]:
    """What an agent does in the positions, in the columns of the table `blunder_rate`."""
    value, keeping, _ = positions.verdicts
    count = len(value)
    moves, values, entropy = np.zeros(0, int), np.zeros(0), None
    if count:
        choice = player.choose(positions.states, move_keys(range(count), ply=0))
        moves, values = np.asarray(choice.action), np.asarray(choice.value)
        won = value > 0
        entropy = float(np.asarray(choice.entropy)[won].mean()) if won.any() else None
    counts = count_blunders(keeping, moves, values, positions.games, drawn=value == 0)
    own = {"positions_id": positions.id, "unsolved": positions.unsolved, "entropy": entropy}
    return own | counts


def fixed_set(rules: Game) -> Positions:
    """The positions that a game's exact player brings for a board.

    Raises:
        InputError: if it brings none.
    """
    fixed = judged_set(rules)
    if fixed is None:
        raise InputError(
            f"{rules.name}: there are no judged positions for boards of size {rules.size}"
        )
    return Positions(*fixed)


def own_games(store: Store, rules: Game, limit: int) -> dict[int, tuple[int, ...]]:
    """Stored games of each snapshot of a board: up to `limit`, spread evenly over all it has in
    tournaments and leagues. Other stages of an experiment pick its opponents or its settings.

    None where it would take too long to judge them.
    """
    if limit == 0 or not exact_play(rules).quick:
        return {}
    games, black, white = _games_and_players()
    query = games.with_only_columns(GameRow.id, black.snapshot_id, white.snapshot_id).where(
        sa.func.length(GameRow.moves) > 0, Match.stage.in_(OPEN_FIELDS)
    )
    found: dict[int, list[int]] = {}
    for game_id, *players in store.frame_query(query)[1]:
        for snapshot_id in {*players} - {None}:
            found.setdefault(snapshot_id, []).append(game_id)
    return {snapshot_id: tuple(_spread(ids, limit)) for snapshot_id, ids in found.items()}


def _spread(items: Sequence[int], limit: int) -> list[int]:
    chosen = np.linspace(0, len(items) - 1, min(len(items), limit)).round().astype(int)
    return [items[k] for k in chosen]


def games_id(game_ids: Sequence[int]) -> str:
    """The `id` of the positions of these games."""
    return hashlib.sha256(repr(tuple(game_ids)).encode()).hexdigest()[:8]


def own_positions(
    store: Store, rules: Game, snapshot_id: int, game_ids: Sequence[int], exact: ExactPlay
) -> Positions:
    """The positions of stored games after the opening in which a snapshot was to move.

    Left out are those that take the solver more than `MAX_NODES`.
    """
    games, black, white = _games_and_players()
    query = games.with_only_columns(
        GameRow.id, GameRow.moves, GameRow.opening_plies, black.snapshot_id, white.snapshot_id
    ).where(GameRow.id.in_(game_ids))
    ids, moves, openings, *players = zip(*store.frame_query(query)[1], strict=True)
    lines = [np.frombuffer(line, "<u2").tolist() for line in moves]
    ply = np.arange(rules.max_plies + 1)[:, None]
    in_play = (ply >= openings) & (ply < [len(line) for line in lines])  # [T + 1, G]
    mine = in_play & (np.array(players) == snapshot_id)[ply[:, 0] % 2]
    states = jax.tree.map(lambda leaf: leaf[mine], states_before(rules, padded(rules, lines)))
    verdicts = exact.judge(states, max_nodes=MAX_NODES)
    known = verdicts.known
    return Positions(
        id=games_id(game_ids),
        states=jax.tree.map(lambda leaf: leaf[known], states),
        verdicts=Verdicts(*(column[known] for column in verdicts)),
        games=np.broadcast_to(ids, mine.shape)[mine][known],
        unsolved=int((~known).sum()),
    )


def _games_and_players() -> tuple[sa.Select, Any, Any]:
    """All stored games in order, with the agents that played black and white."""
    black, white = orm.aliased(Agent), orm.aliased(Agent)
    query = (
        sa.select(GameRow.id)
        .join(Match, GameRow.match_id == Match.id)
        .join(black, Match.black_id == black.id)
        .join(white, Match.white_id == white.id)
        .order_by(GameRow.id)
    )
    return query, black, white
