"""One stored game with what an agent thought of it, drawn as a row of boards."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np

import games
from analysis.ratings.study import Study
from analysis.tables.rows import LabRows
from games.protocol import Game
from games.text.notation import NOBODY, PLAYER_NAMES, play, winner_name

_POSITIONS = 5  # boards before the final one
_LABELLED = 3  # cells of a board that carry their share of visits


class Position(NamedTuple):
    """A board of the game with its caption."""

    svg: str
    caption: str


class Example(NamedTuple):
    """A game worth looking at."""

    boardsize: int
    black: str  # names of the players
    white: str
    thinker: str  # whose analysis is shown
    nodes: int  # of the analysis, a move
    winner: str  # "black", "white" or "nobody"
    opening_plies: int
    values: np.ndarray  # [T] after search, black's view
    network_values: np.ndarray  # [T] likewise
    positions: list[Position]


def pick_example(rows: LabRows, study: Study) -> Example | None:
    """The analysed game between the strongest players of the largest board; None without any."""
    analysed = rows.games[rows.games["analysis"].notna()]
    of_match = rows.matches[["id", "boardsize", "black_id", "white_id"]]
    analysed = analysed.merge(of_match, left_on="match_id", right_on="id", suffixes=("", "_match"))
    if analysed.empty:
        return None
    agents = study.agents.set_index("player")
    analysed["strength"] = sum(analysed[f"{side}_id"].map(agents["elo"]) for side in PLAYER_NAMES)
    best = analysed.sort_values(["boardsize", "strength"], kind="stable").iloc[-1].to_dict()
    names = agents["name"].to_dict()
    of_black = rows.agents.set_index("id").loc[best["black_id"]]
    rules = games.make(of_black["game"], of_black["boardsize"])
    moves = best["analysis"]["moves"]
    # Stored values are the mover's; black moves at even plies.
    view = np.where(np.arange(len(moves)) % 2 == 0, 1.0, -1.0)
    values = view * np.array([move["value"] for move in moves])
    thinker = best["analysis"]["agent"]
    return Example(
        boardsize=best["boardsize"],
        black=names[best["black_id"]],
        white=names[best["white_id"]],
        thinker=names.get(thinker, str(thinker)),
        nodes=best["analysis"]["nodes"],
        winner=_winner(best),
        opening_plies=best["opening_plies"],
        values=values,
        network_values=view * np.array([move["network_value"] for move in moves]),
        positions=_positions(rules, best, moves, values),
    )


def _positions(
    game: Game, game_row: dict[Hashable, Any], moves: list[dict], values: np.ndarray
) -> list[Position]:
    """Boards spread evenly from the end of the opening to the final position."""
    actions, first = game_row["moves"], game_row["opening_plies"]
    plies = np.unique(np.linspace(first, len(actions) - 1, _POSITIONS).round().astype(int)).tolist()
    positions = []
    for ply in plies:
        visits = np.array(moves[ply]["visits"], float)
        share = visits / max(visits.sum(), 1)
        most = [a for a in np.argsort(-share)[:_LABELLED].tolist() if share[a] >= 0.05]
        svg = games.draw_svg(
            game,
            play(game, actions[:ply]),
            last_move=actions[ply - 1] if ply else None,
            heat=share / max(share.max(), 1e-9),
            labels={action: f"{100 * share[action]:.0f}" for action in most},
        )
        action = actions[ply]
        positions.append(
            Position(
                svg,
                f"Move {ply + 1}: {PLAYER_NAMES[ply % 2]} plays "
                f"{game.action_name(action)}, {100 * share[action]:.0f} % of the visits "
                f"(prior {100 * moves[ply]['prior'][action]:.0f} %). "
                f"Value for black {values[ply]:+.2f}.".replace("-", "−"),
            )
        )
    final = games.draw_svg(game, play(game, actions), last_move=actions[-1])
    won = (
        "A draw."
        if game_row["winner"] == NOBODY
        else (f"{_winner(game_row).capitalize()} wins with move {len(actions)}.")
    )
    return [*positions, Position(final, won)]


def _winner(game_row: dict[Hashable, Any]) -> str:
    return winner_name(int(game_row["winner"]))
