"""A lab, or one of its agents, as a folder in the convention of model hubs.

README.md               the card: front matter that hubs read, then what a person wants to know
model.safetensors       an agent's weights, as its snapshot holds them
config.json             the configuration of the run that made them
agents/NAME/            of a lab: such a folder for each snapshot
data/*.parquet          of a lab: agents with ratings and costs, and the games with their moves

Front matter is YAML, of which JSON is a part; so its values are written as JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

import games
from analysis.ratings.scales import MAIN
from analysis.tables.rows import load_lab
from experiments.web.lab_view import LabView, Row
from games.errors import InputError, NotFoundError
from games.text.notation import board_name
from games.text.plain_json import to_json
from training.files import read_snapshot, write_atomically
from training.store import Run, Snapshot, Store

LICENCE = "apache-2.0"  # the project's own, as hubs name it
TAGS = ("alphazero", "board-games", "self-play", "scaling-laws")


class HubEntry(NamedTuple):
    """A snapshot with all that its card says."""

    snapshot: Row
    run: Row
    rated: Sequence[Row]
    """The agents that play with it on the board's main scale, the fewest nodes first."""

    @property
    def folder(self) -> str:
        """Its folder in a lab's: `#` means something in addresses."""
        return self.snapshot["key"].replace("#", "-")


def write_hub(store: Store, folder: Path, agent: str | None = None) -> int:
    """Write the folder.

    Args:
        store: the lab.
        folder: where to write.
        agent: the snapshot `RUN#INDEX` to write; the whole lab if none is named.

    Returns:
        How many snapshots were written.

    Raises:
        NotFoundError: if the lab has no such snapshot.
        InputError: if a snapshot is missing or damaged, or a file cannot be written.
    """
    lab = LabView(store)
    published = _published(store, lab)
    if agent is not None:
        chosen = [each for each in published if each.snapshot["key"] == agent]
        if not chosen:
            raise NotFoundError(f"the lab {lab.name} has no snapshot {agent}; `hexlaw list` has")
        _write_agent(store, folder, chosen[0])
        return 1
    if not published:
        raise InputError(f"the lab {lab.name} has no trained agents yet")
    for each in published:
        _write_agent(store, folder / "agents" / each.folder, each)
    _write_tables(store, folder / "data", lab)
    write_atomically(folder / "README.md", _lab_card(lab, published).encode())
    return len(published)


def _published(store: Store, lab: LabView) -> list[HubEntry]:
    columns, rows = store.frame_query(
        sa.select(
            Run.id, Run.config, Run.commit, Run.command, Run.recipe, Run.network, Run.seed,
            Run.parameters, Snapshot.index, Snapshot.file, Snapshot.sha256, Snapshot.samples,
        ).join(Snapshot, Snapshot.run_id == Run.id)
    )  # fmt: skip
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    runs = {f"{row['id']}#{row['index']}": row for row in found}
    overview = lab.overview()
    published = []
    for snapshot in overview["snapshots"]:
        agents = [each for each in overview["agents"] if each["snapshot"] == snapshot["key"]]
        rated = [each for each in agents if each["scale"] == MAIN and each["quiet"]]
        rated.sort(key=lambda each: each["nodes"])
        published.append(HubEntry(snapshot, runs[snapshot["key"]], rated))
    return published


def _write_agent(store: Store, folder: Path, each: HubEntry) -> None:
    payload = read_snapshot(store.folder / each.run["file"], each.run["sha256"])
    write_atomically(folder / "model.safetensors", payload)
    config = to_json(each.run["config"], indent=2)
    write_atomically(folder / "config.json", f"{config}\n".encode())
    write_atomically(folder / "README.md", _agent_card(each).encode())


def _write_tables(store: Store, folder: Path, lab: LabView) -> None:
    """Agents as the leaderboard has them; games with moves as lists of cells and of their names."""
    rows = load_lab(store)
    agents = pd.DataFrame(lab.overview()["agents"])
    boards = agents.set_index("id")[["game", "size"]]
    seats = rows.matches[["id", "stage", "black_id", "white_id"]].rename(columns={"id": "match_id"})
    played = rows.games.merge(seats, on="match_id").drop(columns=["analysis"])
    played = played[played["black_id"].isin(boards.index)].reset_index(drop=True)
    played["game"], played["boardsize"] = (
        played["black_id"].map(boards[column]) for column in ("game", "size")
    )
    columns = (played[name] for name in ("moves", "game", "boardsize"))
    played["cells"] = [
        [rules.action_name(move) for move in moves]
        for moves, name, size in zip(*columns, strict=True)
        for rules in (games.make(name, size),)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    agents.to_parquet(folder / "agents.parquet", index=False)
    played.to_parquet(folder / "games.parquet", index=False)


def _front_matter(fields: dict[str, Any]) -> str:
    lines = (f"{key}: {to_json(value, ensure_ascii=False)}" for key, value in fields.items())
    return "\n".join(["---", *lines, "---", ""])


def _shared_fields(played: Sequence[str]) -> dict[str, Any]:
    return {
        "license": LICENCE,
        "library_name": "hexlaw",
        "pipeline_tag": "reinforcement-learning",
        "tags": [*played, *TAGS],
    }


def _agent_card(each: HubEntry) -> str:
    snapshot, run = each.snapshot, each.run
    rules = games.make(snapshot["game"], snapshot["size"])
    board, (rows, columns) = board_name(rules), rules.shape
    title = f"{snapshot['name']} ({board})"
    results = [
        {
            "task": {"type": "reinforcement-learning", "name": board},
            "dataset": {"type": "hexlaw", "name": f"league, nodes a move: {agent['nodes']}"},
            "metrics": [{"type": "elo", "name": "Elo", "value": round(agent["elo"], 1)}],
        }
        for agent in each.rated
    ]
    fields = _shared_fields([rules.name])
    if results:
        fields["model-index"] = [{"name": title, "results": results}]
    table = "\n".join(
        f"| {agent['nodes']} | {agent['elo']:.0f} | {agent['low']:.0f} to {agent['high']:.0f} | "
        f"{agent['move_flops']:.3g} | {agent['games']:.0f} |"
        for agent in each.rated
    )
    return f"""{_front_matter(fields)}
# {title}

An AlphaZero agent for {board}, trained by self-play with hexlaw.

| nodes a move | Elo | 95 % interval | FLOPs a move | games |
|---|---|---|---|---|
{table or "| – | not rated | – | – | – |"}

A node is one evaluation of the network; with 1 the network plays alone. Elo is that of the board's
league, on which zero is perfect play where games join it to the agents.

- Network: {run["network"]}, {run["parameters"]:,} parameters, seed {run["seed"]}.
- Training: recipe `{run["recipe"] or "none"}`, {run["samples"]:,} positions of self-play,
  {snapshot["train_flops"]:.3g} FLOPs (a multiplication and an addition are two).
- Commit {run["commit"]}; run `{run["id"]}`, snapshot {run["index"]}; SHA-256 of the weights
  {run["sha256"]}.

`model.safetensors` holds the weights, `config.json` the configuration of the run, which the weights
carry in their metadata, too. Cells are numbered row × {columns} + column; the network sees
{rules.num_planes} planes of {rows}×{columns} as the side to move sees the board, its own stones
first, then the other's. Moves have {rules.num_actions} numbers, those of
`games.make("{rules.name}", {rules.size})` in hexlaw.

```sh
hexlaw play --game {rules.name} --size {rules.size} --against model.safetensors
```
"""


def _lab_card(lab: LabView, published: Sequence[HubEntry]) -> str:
    played = sorted({each.snapshot["game"] for each in published})
    words = ", ".join(name.replace("_", " ").title() for name in played)
    fields = _shared_fields(played) | {
        "configs": [
            {"config_name": name, "data_files": f"data/{name}.parquet"}
            for name in ("agents", "games")
        ]
    }
    lines = []
    for each in published:
        # Of the budgets the one surely strongest: the highest Elo may be the luckiest.
        best = max(each.rated, key=lambda agent: agent["low"], default=None)
        rated = (
            "– | – | –"
            if best is None
            else f"{best['elo']:.0f} | {best['low']:.0f} to {best['high']:.0f} | {best['nodes']}"
        )
        board = board_name(games.make(each.snapshot["game"], each.snapshot["size"]))
        lines.append(
            f"| {board} | [{each.snapshot['name']}](agents/{each.folder}) | {rated} | "
            f"{each.snapshot['train_flops']:.3g} | {each.run['recipe'] or '–'} |"
        )
    commits = ", ".join(sorted({each.run["commit"] for each in published}))
    return f"""{_front_matter(fields)}
# {lab.called}: {len(published)} agents of {words}

AlphaZero agents trained by self-play with hexlaw, from random play to the strongest of the lab.
Each has a folder of its own with its weights, its configuration and a card. Commit: {commits}.

| board | agent | Elo | 95 % interval | with nodes | training FLOPs | recipe |
|---|---|---|---|---|---|---|
{chr(10).join(lines)}

`data/agents.parquet` has every player of the lab with rating, interval and costs;
`data/games.parquet` the games that the lab keeps: who played, who won, and the moves as lists, of
numbers (`moves`) and of names (`cells`, a1 at the top left; black moves first).
"""
