"""Folders for hubs of models: read back as a hub reads them, and compared with the lab."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
import yaml
from rich.console import Console

from experiments.verbs.export import ExportConfig, export
from experiments.web.lab_view import LabView
from games.errors import InputError, NotFoundError
from training.config import TrainConfig
from training.files import load_snapshot
from training.store import Game, Snapshot


def front_matter(card: Path) -> dict[str, Any]:
    """What a hub reads: the YAML between the first two lines of three dashes."""
    empty, matter, _ = card.read_text(encoding="utf-8").split("---\n", 2)
    assert empty == ""
    return yaml.safe_load(matter)


@pytest.fixture(scope="module")
def hub(store, tmp_path_factory) -> Path:
    """The whole lab."""
    folder = tmp_path_factory.mktemp("hub") / "hub"
    outcome = export(ExportConfig(lab=store.folder, hub=folder), Console(quiet=True))
    assert outcome.result["agents"] == 3
    return folder


def test_a_lab_has_a_card_and_a_folder_for_each_agent(hub, store):
    fields = front_matter(hub / "README.md")
    assert fields["license"] == "apache-2.0"
    assert {each["config_name"] for each in fields["configs"]} == {"agents", "games"}
    for each in fields["configs"]:
        assert (hub / each["data_files"]).is_file()
    card = (hub / "README.md").read_text(encoding="utf-8")
    folders = sorted((hub / "agents").iterdir())
    assert len(folders) == 3
    for folder in folders:
        assert f"(agents/{folder.name})" in card
        assert {path.name for path in folder.iterdir()} == {
            "README.md",
            "config.json",
            "model.safetensors",
        }


def test_an_agents_card_states_rating_cost_recipe_and_commit(hub, store, snapshot_key):
    key = snapshot_key(1)
    folder = hub / "agents" / key.replace("#", "-")
    rated = [a for a in LabView(store).overview()["agents"] if a["snapshot"] == key]
    (model,) = front_matter(folder / "README.md")["model-index"]
    found = {
        result["dataset"]["name"]: result["metrics"][0]["value"] for result in model["results"]
    }
    assert found == {f"league, nodes a move: {a['nodes']}": round(a["elo"], 1) for a in rated}
    card = (folder / "README.md").read_text(encoding="utf-8")
    for agent in rated:
        row = f"| {agent['nodes']} | {agent['elo']:.0f} | {agent['low']:.0f} to {agent['high']:.0f}"
        assert row in card
    assert f"Commit {'0' * 12}" in card
    query = sa.select(Snapshot.sha256).where(Snapshot.index == 1)
    ((sha256,),) = store.frame_query(query)[1]
    assert sha256 in card
    params, run = load_snapshot(folder / "model.safetensors", sha256)
    assert params
    assert TrainConfig.model_validate_json((folder / "config.json").read_text()) == run


def test_games_have_their_moves_as_lists(hub, store):
    games = pd.read_parquet(hub / "data/games.parquet")
    rows = store.frame_query(sa.select(Game.id, Game.moves).order_by(Game.id))[1]
    assert len(games) == len(rows) > 0
    for (number, moves), (_, game) in zip(rows, games.sort_values("id").iterrows(), strict=True):
        assert game["id"] == number
        assert game["moves"].tolist() == np.frombuffer(moves, "<u2").tolist()
        # By hand: cell 5 of 3×3 is the third of the second row.
        names = dict(zip(game["moves"].tolist(), game["cells"].tolist(), strict=True))
        assert names.get(5, "c2") == "c2"
    agents = pd.read_parquet(hub / "data/agents.parquet")
    assert {"name", "elo", "low", "high", "nodes", "move_flops", "train_flops"} <= {*agents}


def test_one_agent_alone_and_what_is_refused(store, snapshot_key, tmp_path):
    console = Console(quiet=True)
    one = ExportConfig(lab=store.folder, hub=tmp_path / "one", agent=snapshot_key(2))
    export(one, console)
    files = {path.name for path in (tmp_path / "one").iterdir()}
    assert files == {"README.md", "config.json", "model.safetensors"}
    assert json.loads((tmp_path / "one/config.json").read_text())["boardsize"] == 3
    with pytest.raises(InputError, match="choose another --hub"):
        export(one, console)
    nobody = ExportConfig(lab=store.folder, hub=tmp_path / "none", agent="nobody#0")
    with pytest.raises(NotFoundError, match="no snapshot nobody#0"):
        export(nobody, console)
    with pytest.raises(InputError, match="--agent goes with --hub"):
        export(ExportConfig(lab=store.folder, agent="x#0"), console)
    both = ExportConfig(lab=store.folder, hub=tmp_path / "a", site=tmp_path / "b")
    with pytest.raises(InputError, match="two exports"):
        export(both, console)
