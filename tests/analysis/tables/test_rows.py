"""Rows from the store, and their way through files and back."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from analysis.tables.rows import load_lab, read_parquet, write_csv, write_parquet
from games.errors import InputError
from training.store import Store


def test_frames_carry_what_belongs_to_them(lab_rows):
    assert [len(getattr(lab_rows, f.name)) for f in dataclasses.fields(lab_rows)] == [
        6, 6, 30, 60, 420, 1, 90, 0,
    ]  # fmt: skip
    snapshot = lab_rows.snapshots.iloc[7]
    assert (snapshot["boardsize"], snapshot["width"], snapshot["parameters"]) == (3, 4, 200)
    searching = lab_rows.agents[lab_rows.agents["nodes"] == 64]
    agent = searching.set_index("snapshot_id").loc[snapshot["id"]]
    assert agent["run_id"] == snapshot["run_id"] == "hex3-run1"
    assert agent["train_flops"] == snapshot["train_flops"]
    assert lab_rows.matches.groupby("boardsize").size().to_dict() == {3: 210, 4: 210}
    assert lab_rows.games["moves"].iloc[0] == [4, 0, 1, 2, 7]
    assert lab_rows.runs["config"].iloc[0] == {"nodes": 64}


def test_parquet_brings_every_row_back(lab_rows, tmp_path):
    write_parquet(lab_rows, tmp_path)
    again = read_parquet(tmp_path)
    for field in dataclasses.fields(lab_rows):
        pd.testing.assert_frame_equal(
            getattr(again, field.name), getattr(lab_rows, field.name), check_dtype=False
        )


def test_csv_has_a_header_and_every_row(lab_rows, tmp_path):
    paths = write_csv(lab_rows, tmp_path)
    assert [path.name for path in paths] == [
        "runs.csv", "metrics.csv", "snapshots.csv", "agents.csv", "matches.csv", "games.csv",
        "blunder_rates.csv", "traces.csv",
    ]  # fmt: skip
    assert pd.read_csv(tmp_path / "matches.csv")["black_wins"].tolist() == (
        lab_rows.matches["black_wins"].tolist()
    )


def test_an_empty_lab_has_empty_frames(tmp_path):
    rows = load_lab(Store(tmp_path / "lab"))
    assert all(getattr(rows, field.name).empty for field in dataclasses.fields(rows))
    write_parquet(rows, tmp_path)
    assert "boardsize" in read_parquet(tmp_path).matches


TRACE = {
    "id": 1, "snapshot_id": 7, "search_id": "a", "search": {"nodes": 2}, "budgets": [1, 2],
    "positions_id": "b/9", "positions": 9, "blunders": b"\x00\xff", "wrong_values": b"\x01",
    "winning_mass": b"", "policy_kl": [0.0, 0.25],
}  # fmt: skip


def test_the_bits_of_traces_come_back(lab_rows, tmp_path):
    rows = dataclasses.replace(lab_rows, traces=pd.DataFrame([TRACE]))
    write_parquet(rows, tmp_path)
    assert read_parquet(tmp_path).traces.to_dict("records") == [TRACE]
    (tmp_path / "traces.parquet").unlink()
    assert read_parquet(tmp_path).traces.empty, "rows of earlier versions have no such file"
    write_parquet(rows, tmp_path)
    damaged = pd.read_parquet(tmp_path / "traces.parquet").assign(wrong_values="xy")
    damaged.to_parquet(tmp_path / "traces.parquet")
    with pytest.raises(InputError, match="column 'wrong_values' holds no hexadecimal bits"):
        read_parquet(tmp_path)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (lambda path: path.unlink(), "no matches.parquet in"),
        (lambda path: path.write_bytes(b"PAR1 cut short"), "matches.parquet is damaged"),
        (
            lambda path: pd.read_parquet(path).drop(columns="games").to_parquet(path),
            "matches.parquet lacks the columns games",
        ),
    ],
)
def test_missing_and_damaged_files_are_named(damage, complaint, lab_rows, tmp_path):
    write_parquet(lab_rows, tmp_path)
    damage(tmp_path / "matches.parquet")
    with pytest.raises(InputError, match=complaint) as caught:
        read_parquet(tmp_path)
    assert "\n" not in str(caught.value)


def test_json_that_is_none_is_named(lab_rows, tmp_path):
    write_parquet(lab_rows, tmp_path)
    path = tmp_path / "runs.parquet"
    pd.read_parquet(path).assign(config="{").to_parquet(path)
    with pytest.raises(InputError, match=r"runs.parquet: column 'config' holds no JSON"):
        read_parquet(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(lab_rows, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write_csv(lab_rows, tmp_path / "file" / "tables")
