"""How often positions are met in the games of a lab, and what their players threw away in each."""

from __future__ import annotations

from collections.abc import Collection

import jax
import numpy as np
import pandas as pd

import games
from analysis.studies.second_game import by_board
from analysis.tables.rows import LabRows
from games.batches import ask, padded, states_before
from games.exact.registry import exact_play

COLUMNS = [
    "game", "boardsize", "position", "ply", "run_id", "parameters", "index", "live", "blunder",
]  # fmt: skip


def met_moves(rows: LabRows, runs: Collection[str], nodes: int) -> pd.DataFrame:
    """A row a move that snapshots of these runs played with so many nodes in a stored game.

    Perfect play has to know the boards.

    Returns:
        game, boardsize, position (a number), ply, run_id, parameters and index of the mover's
        snapshot, live (a win or draw could be thrown away), blunder.
    """
    agents = rows.agents.set_index("id")
    movers = agents[agents["run_id"].isin(runs) & (agents["nodes"] == nodes)]
    sides = rows.matches.set_index("id")[["black_id", "white_id"]]
    theirs = sides[sides.isin(movers.index).any(axis=1)]
    played = rows.games[rows.games["match_id"].isin(theirs.index)]
    black = played["match_id"].map(theirs["black_id"]).map
    boards = played.assign(game=black(agents["game"]), boardsize=black(agents["boardsize"]))
    parts = [
        _of_board(games.make(game, size), own, sides, movers)
        for game, size, own in by_board(boards)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _of_board(
    rules: games.Game, played: pd.DataFrame, sides: pd.DataFrame, movers: pd.DataFrame
) -> pd.DataFrame:
    both = sides.loc[played["match_id"]].to_numpy()
    lines = padded(rules, played["moves"].tolist())
    states = states_before(rules, lines)
    ply, row = np.nonzero(lines.T >= 0)
    at = jax.tree.map(lambda leaf: leaf[:-1][ply, row], states)
    owners, to_move, legal = ask(rules, at, "owners", "to_move", "legal")
    mover = both[row, to_move]
    own = np.isin(mover, movers.index) & (ply >= played["opening_plies"].to_numpy()[row])
    ply, row, owners, to_move, legal, mover = (
        values[own] for values in (ply, row, owners, to_move, legal, mover)
    )
    _, first, position = np.unique(
        np.column_stack([owners, to_move]), axis=0, return_index=True, return_inverse=True
    )
    asked_of = np.flatnonzero(own)[first]
    verdicts = exact_play(rules).judge(jax.tree.map(lambda leaf: leaf[asked_of], at))
    position = position.ravel()
    keeping, move = verdicts.keeping[position], lines[row, ply]
    live = keeping.any(1) & (keeping.sum(1) < legal.sum(1))
    return pd.DataFrame(
        {
            "game": rules.name,
            "boardsize": rules.size,
            "position": position,
            "ply": ply,
            "run_id": movers.loc[mover, "run_id"].to_numpy(),
            "parameters": movers.loc[mover, "parameters"].to_numpy(),
            "index": movers.loc[mover, "index"].to_numpy(),
            "live": live,
            "blunder": live & ~keeping[np.arange(len(move)), move],
        }
    )
