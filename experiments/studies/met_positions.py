"""How often positions are met in the games of a lab, and what their players threw away in each."""

from __future__ import annotations

import jax
import numpy as np
import pandas as pd

import games
from analysis.studies.second_game import by_board
from analysis.tables.rows import LabRows
from games.batches import ask, padded, states_before
from games.exact.registry import exact_play

COLUMNS = ["game", "boardsize", "position", "ply", "parameters", "index", "live", "blunder"]


def met_moves(rows: LabRows) -> pd.DataFrame:
    """A row a move that an agent played in a stored game: game, boardsize, position (a number),
    ply, parameters and index of the mover's snapshot, live (a win or draw could be thrown away),
    blunder.

    Perfect play has to know the boards.
    """
    sides = rows.matches.set_index("id")[["black_id", "white_id"]]
    agents = rows.agents.set_index("id")
    black = rows.games["match_id"].map(sides["black_id"])
    played = rows.games.assign(
        game=black.map(agents["game"]), boardsize=black.map(agents["boardsize"])
    )
    parts = [
        _of_board(games.make(game, size), own, sides, agents)
        for game, size, own in by_board(played)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _of_board(
    rules: games.Game, played: pd.DataFrame, sides: pd.DataFrame, agents: pd.DataFrame
) -> pd.DataFrame:
    lines = padded(rules, played["moves"].tolist())
    states = states_before(rules, lines)
    ply, row = np.nonzero(lines.T >= 0)
    at = jax.tree.map(lambda leaf: leaf[:-1][ply, row], states)
    owners, to_move = ask(rules, at, "owners", "to_move")
    _, first, position = np.unique(
        np.column_stack([owners, to_move]), axis=0, return_index=True, return_inverse=True
    )
    verdicts = exact_play(rules).judge(jax.tree.map(lambda leaf: leaf[first], at))
    position = position.ravel()
    keeping, move = verdicts.keeping[position], lines[row, ply]
    legal = ask(rules, at, "legal")[0]
    live = keeping.any(1) & (keeping.sum(1) < legal.sum(1))
    match = played["match_id"].to_numpy()[row]
    both = sides.loc[match].to_numpy()
    mover = both[np.arange(len(both)), to_move]
    by_agent = ply >= played["opening_plies"].to_numpy()[row]
    found = pd.DataFrame(
        {
            "game": rules.name,
            "boardsize": rules.size,
            "position": position,
            "ply": ply,
            "parameters": agents.loc[mover, "parameters"].to_numpy(),
            "index": agents.loc[mover, "index"].to_numpy(),
            "live": live,
            "blunder": live & ~keeping[np.arange(len(move)), move],
        }
    )
    return found[by_agent].reset_index(drop=True)
