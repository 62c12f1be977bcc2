"""What several games are compared by: the agents of their leagues, and who plays at equal cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from analysis.ratings.scales import rate_rows
from analysis.studies.curves import judged_snapshots
from analysis.tables.rows import LabRows

AGENT_COLUMNS = [
    "game", "boardsize", "parameters", "seed", "run_id", "index", "nodes", "network", "samples",
    "train_flops", "test_flops", "raw", "searched", "elo",
]  # fmt: skip


def game_points(rows: LabRows, runs: Collection[str]) -> pd.DataFrame:
    """A row an agent of these runs that has played in its board's league.

    Games against agents of other runs do not count: a lab may hold leagues of former settings, and
    of two that no game joins one would have no ratings.

    Returns:
        game, boardsize, parameters, seed, run_id, index, nodes, network, samples, train_flops,
        test_flops (of a move), raw and searched (shares of won and drawn positions thrown away,
        where the snapshot was judged), elo (its board's best 0).
    """
    parts = []
    for game in sorted(rows.runs.loc[rows.runs["id"].isin(runs), "game"].unique()):
        own = rows.of_game(game)
        members = own.agents.loc[own.agents["run_id"].isin(runs), "id"]
        among = own.matches[["black_id", "white_id"]].isin(members.tolist()).all(axis=1)
        own = dataclasses.replace(own, matches=own.matches[among])
        agents = rate_rows(own)[["player", "elo"]].merge(
            own.agents, left_on="player", right_on="id"
        )
        agents = agents[agents["elo"].notna()]
        judged = judged_snapshots(own).set_index("id")[["raw", "searched"]]
        parts.append(agents.join(judged, on="snapshot_id"))
    points = pd.concat(parts, ignore_index=True)
    points = points.astype({"index": int, "nodes": int, "parameters": int})
    return _at_zero(points[AGENT_COLUMNS].sort_values(AGENT_COLUMNS[:7]))


def by_board(frame: pd.DataFrame) -> list[tuple[str, int, pd.DataFrame]]:
    """The rows of each board: game, board side and rows, in order."""
    boards = sorted(set(zip(frame["game"], frame["boardsize"], strict=True)))
    return [
        (str(game), int(size), frame[(frame["game"] == game) & (frame["boardsize"] == size)])
        for game, size in boards
    ]


def equal_flops_nodes(each: Sequence[float] | np.ndarray, fewest: int) -> np.ndarray:
    """The nodes with which networks spend as much on a move as the dearest does with `fewest`.

    Args:
        each: FLOPs of a node of each network.
        fewest: nodes of the dearest.

    Returns:
        Whole nodes, as near as they come.
    """
    flops = np.asarray(each, float)
    return np.rint(fewest * flops.max() / flops).astype(int)


def at_nodes(points: pd.DataFrame, nodes: int) -> pd.DataFrame:
    """The agents that play with so many nodes, the best of each board at 0 Elo."""
    return _at_zero(points[points["nodes"] == nodes])


def at_equal_flops(points: pd.DataFrame, fewest: int) -> pd.DataFrame:
    """The agents that spend equal FLOPs a move (see `equal_flops_nodes`), the best of each board at
    0 Elo."""
    parts = []
    for _, _, board in by_board(points):
        each = (board["test_flops"] / board["nodes"]).groupby(board["network"]).mean()
        nodes = pd.Series(equal_flops_nodes(each.to_numpy(), fewest), each.index)
        parts.append(board[board["nodes"] == board["network"].map(nodes)])
    return _at_zero(pd.concat(parts))


def _at_zero(points: pd.DataFrame) -> pd.DataFrame:
    best = points.groupby(["game", "boardsize"])["elo"].transform("max")
    return points.assign(elo=points["elo"] - best).reset_index(drop=True)
