"""A lab as rows for a page: its players with ratings and costs, who met whom, and the games.

Nothing here needs JAX: the page shows the leaderboard before that is imported.
"""

from __future__ import annotations

import collections
import re
import threading
from collections.abc import Sequence
from typing import Any

import pandas as pd
import sqlalchemy as sa

from analysis.ratings.names import shown_names
from analysis.ratings.scales import APART, MAIN, OWN_SCALE, rate_lab
from experiments.web.board_keys import board_key, first_name
from games.errors import NotFoundError
from training.store import Agent, Match, Run, Snapshot, Store, sum_of
from training.store import Game as GameRow
from training.store.match_counts import agent_kinds, stage_matches

LISTED_GAMES = 500  # of an agent or a pair, the newest first

Row = dict[str, Any]

OFFERED_NODES = 64
"""Nodes with which an opponent thinks at first."""

_NAMED_BY = ("run_id", "network", "seed", "index", "recipe")
_UNRATED: Row = {"elo": None, "scale": None, "zero": False, "apart": None, "flags": ""}


class LabView:
    """One lab, read for pages; it may grow while it is shown."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._overview: Row | None = None
        self._seen: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The lab's folder, as a title."""
        return self.store.folder.name or str(self.store.folder)

    @property
    def title(self) -> str:
        """What its pages are called."""
        return f"{'Hex agents' if self._games_played() <= {'hex'} else 'Agents'}: {self.called}"

    @property
    def called(self) -> str:
        """The folder's name as people write it; of one that is only called lab, that around it."""
        folder = self.store.folder.absolute()
        name = folder.parent.name if folder.name == "lab" else folder.name
        return re.sub(r"[_-]+", " ", name).strip() or self.name

    def _games_played(self) -> set[str]:
        """The games that its agents play."""
        return {row["game"] for row in self._rows(sa.select(Agent.game).distinct())}

    def overview(self) -> Row:
        """Boards, snapshots, agents with their ratings; worked out anew when rows have come."""
        with self._lock:
            tables = (Run, Snapshot, Agent, Match)
            seen = self._row(sa.select(*(_count(table) for table in tables)))
            if self._overview is None or seen != self._seen:
                self._overview, self._seen = self._make_overview(), seen
            return self._overview

    def agent(self, number: int) -> Row:
        """An agent's opponents and its newest games.

        Raises:
            NotFoundError: if there is no such agent.
        """
        self._rated(number)
        opponents: dict[int, collections.Counter[str]] = collections.defaultdict(
            collections.Counter
        )
        played = sa.or_(Match.black_id == number, Match.white_id == number)
        for match in self._rows(sa.select(Match.__table__).where(played)):
            black = match["black_id"] == number
            other = opponents[match["white_id" if black else "black_id"]]
            colour, won, lost = ("black", "black_wins", "white_wins") if black else (
                "white", "white_wins", "black_wins"
            )  # fmt: skip
            other[f"{colour}_wins"] += match[won]
            other[f"{colour}_losses"] += match[lost]
            other[f"{colour}_draws"] += match["draws"]
        return {
            "opponents": [{"id": other, **record} for other, record in opponents.items()],
            **self._games(played),
        }

    def pair(self, first: int, second: int) -> Row:
        """The record of two agents against each other, and their newest games.

        Raises:
            NotFoundError: if one of them is not there.
        """
        for number in (first, second):
            self._rated(number)
        both = (first, second)
        met = Match.black_id.in_(both) & Match.white_id.in_(both)
        totals = sa.select(
            Match.black_id,
            *(
                sum_of(column).label(column.key)
                for column in (
                    Match.games, Match.distinct_games, Match.black_wins, Match.white_wins,
                    Match.draws,
                )
            ),
        )  # fmt: skip
        return {
            "records": self._rows(totals.where(met).group_by(Match.black_id)),
            **self._games(met),
        }

    def searches(self) -> dict[int, Row]:
        """The whole search configuration of each agent that always plays its search's choice."""
        query = sa.select(Agent.id, Agent.search).where(
            Agent.search.is_not(None), Agent.temperature == 0
        )
        return {row["id"]: row["search"] for row in self._rows(query)}

    def _make_overview(self) -> Row:
        snapshots = {row["id"]: row for row in self._snapshots()}
        agents = self._rows(sa.select(Agent.__table__).order_by(Agent.id))
        ratings, names = self._ratings(), _agent_names(agents, snapshots)
        shown = []
        for agent in agents:
            snapshot = snapshots.get(agent["snapshot_id"])
            shown.append(
                {
                    "id": agent["id"],
                    "name": names[agent["id"]],
                    "spec": agent["spec"],
                    "kind": agent["kind"],
                    **_board_fields(agent),
                    "snapshot": snapshot and snapshot["key"],
                    "nodes": agent["nodes"],
                    "quiet": not (
                        agent["temperature"] or (agent["search"] or {}).get("noise_fraction")
                    ),
                    "move_flops": agent["test_flops"],
                    "train_flops": snapshot and snapshot["train_flops"],
                    "parameters": snapshot and snapshot["parameters"],
                    **_UNRATED,
                    **ratings.get(agent["id"], {}),
                }
            )
        shown.sort(key=_place)
        return {
            "lab": self.name,
            "title": self.title,
            "boards": boards([*snapshots.values(), *shown]),
            "games": self._row(sa.select(_count(GameRow)))[0],
            "snapshots": [
                {
                    key: value
                    for key, value in row.items()
                    if key == "network" or key not in ("id", *_NAMED_BY)
                }
                for row in snapshots.values()
            ],
            "agents": shown,
            "opponents": opponents(shown),
        }

    def _snapshots(self) -> list[Row]:
        rows = self._rows(
            sa.select(
                Snapshot.id, Snapshot.run_id, Snapshot.index, Snapshot.train_flops,
                Run.game, Run.boardsize, Run.network, Run.seed, Run.recipe, Run.parameters,
            )
            .join(Run, Snapshot.run_id == Run.id)
            .order_by(Run.game, Run.boardsize, Run.parameters, Run.id, Snapshot.index)
        )  # fmt: skip
        for row in rows:
            row |= {"kind": "network", "spec": f"{row['run_id']}#{row['index']}"}
        for board in {(row["game"], row["boardsize"]) for row in rows}:
            here = [row for row in rows if (row["game"], row["boardsize"]) == board]
            for row, name in zip(here, shown_names(here), strict=True):
                row["name"] = name
        return [
            {
                "id": row["id"],
                "key": f"{row['run_id']}#{row['index']}",
                "run": row["run_id"],
                "name": row["name"],
                **_board_fields(row),
                **{column: row[column] for column in _NAMED_BY},
                "parameters": row["parameters"],
                "train_flops": row["train_flops"],
            }
            for row in rows
        ]

    def _ratings(self) -> dict[int, Row]:
        """Rating and scale of every agent that has played."""
        found: dict[int, Row] = {}
        for row in rate_lab(stage_matches(self.store), agent_kinds(self.store)).to_dict("records"):
            on_scale = {str(column): value for column, value in row.items() if column != "player"}
            apart = {"elo": None, "apart": APART}
            found[int(row["player"])] = on_scale if pd.notna(row["scale"]) else apart
        return found

    def _games(self, condition: sa.ColumnElement[bool]) -> Row:
        total = sa.select(sa.func.count(GameRow.id)).join(Match, GameRow.match_id == Match.id)
        rows = self._rows(
            sa.select(
                GameRow.id, Match.black_id, Match.white_id, GameRow.winner, GameRow.ending,
                (sa.func.length(GameRow.moves) // 2).label("plies"),
            )
            .join(Match, GameRow.match_id == Match.id)
            .where(condition)
            .order_by(GameRow.id.desc())
            .limit(LISTED_GAMES)
        )  # fmt: skip
        played = sa.select(sa.func.coalesce(sa.func.sum(Match.games), 0)).where(condition)
        return {
            "games": rows,
            "total": self._row(total.where(condition))[0],
            "played": self._row(played)[0],
        }

    def _rows(self, query: sa.Select) -> list[Row]:
        columns, rows = self.store.frame_query(query)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def _row(self, query: sa.Select) -> tuple:
        return self.store.frame_query(query)[1][0]

    def _rated(self, number: int) -> Row:
        for agent in self.overview()["agents"]:
            if agent["id"] == number:
                return agent
        raise NotFoundError(f"the lab {self.name} has no agent {number}")


def boards(rows: Sequence[Row]) -> list[Row]:
    """The boards of agents and snapshots, Hex's first, each game's from small to large."""
    found = {row["board"]: (row["game"] != "hex", row["game"], row["size"]) for row in rows}
    return [
        {"key": key, "game": game, "size": size, "name": first_name(game, size)}
        for key, (_, game, size) in sorted(found.items(), key=lambda each: each[1])
    ]


def _board_fields(row: Row) -> Row:
    board = board_key(row["game"], row["boardsize"])
    return {"board": board, "game": row["game"], "size": row["boardsize"]}


def opponents(agents: Sequence[Row]) -> dict[str, str]:
    """The snapshot that pages ask where a strong agent is wanted (to compare, to advise, to review
    a game), by board; none where none is rated.

    The agent whose Elo is surest to be high has the highest lower end of the 95 % interval. Whose
    Elo lies in or above its interval, known at least half as well, is as good; the cheapest of
    these is offered, by FLOPs a move, then by training. So luck in a few games chooses nobody.

    Args:
        agents: as `LabView.overview` has them; asked are those of the main scale that play their
            search's choice, with `OFFERED_NODES` if any have as many.
    """
    found = {}
    able = [a for a in agents if a["snapshot"] and a["scale"] == MAIN and a["quiet"]]
    for board in sorted({agent["board"] for agent in able}):
        here = [agent for agent in able if agent["board"] == board]
        here = [agent for agent in here if agent["nodes"] == OFFERED_NODES] or here
        surest = max(here, key=lambda agent: agent["low"])
        width = surest["high"] - surest["low"]
        best = [
            agent
            for agent in here
            if agent["elo"] >= surest["low"] and agent["high"] - agent["low"] <= 2 * width
        ]
        cheapest = min(best, key=lambda agent: (agent["move_flops"], agent["train_flops"]))
        found[board] = cheapest["snapshot"]
    return found


def _count(table: Any) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count(table.id)).scalar_subquery()


def _place(agent: Row) -> tuple:
    """By board; those on its main scale first, the strongest first; then other scales, the rest."""
    scales = (MAIN, *OWN_SCALE.values(), None)
    return agent["game"], agent["size"], scales.index(agent["scale"]), -(agent["elo"] or 0)


def _agent_names(agents: list[Row], snapshots: dict[int, Row]) -> dict[int, str]:
    """Shown names by agent, each board's by themselves."""
    names: dict[int, str] = {}
    for board in {(agent["game"], agent["boardsize"]) for agent in agents}:
        here = [agent for agent in agents if (agent["game"], agent["boardsize"]) == board]
        known = [{**snapshots.get(agent["snapshot_id"], {}), **agent} for agent in here]
        names |= zip((agent["id"] for agent in here), shown_names(known), strict=True)
    return names
