"""The table of the cube: read back as written, refused with one line where it is damaged."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from analysis.tables.cube import CubeRow, cube_frame, read_cube, write_cube
from games.errors import InputError

ROW = CubeRow(
    game="hex", boardsize=4, recipe="", network="8x2", width=8, depth=2, parameters=661, seed=0,
    run="hex4-8x2-s0", snapshot=3, samples=5_000, train_flops=1.25e9 / 3, nodes=64,
    test_flops=8.5e4, tuning="fixed", c_puct=1.25, stratum="all", positions=4_000,
    effective=812.5, blunder_rate=0.1 + 0.2, blunder_error=0.01,
)  # fmt: skip
ROWS = [ROW, dataclasses.replace(ROW, nodes=1, recipe="efficient", value_sign_error=0.0625)]


@pytest.mark.parametrize("name", ["cube.csv", "tables/cube.csv.gz"])
def test_rows_come_back_as_they_were_written(tmp_path, name):
    frame = cube_frame(ROWS)
    back = read_cube(write_cube(frame, tmp_path / name))
    pd.testing.assert_frame_equal(back, frame)
    assert back["blunder_rate"].iloc[0] == 0.1 + 0.2


@pytest.mark.parametrize(
    ("column", "cell", "complaint"),
    [
        ("blunder_rate", "1.5", "line 3: blunder_rate is '1.5', not a share from 0 to 1"),
        ("value_sign_error", "-1", "line 3: value_sign_error is '-1'"),
        ("nodes", "0", "line 3: nodes is '0', not a whole number above 0"),
        ("seed", "0.5", "line 3: seed is '0.5', not a whole number from 0 on"),
        ("effective", "", "line 3: effective is empty, not a number above 0"),
        ("run", "", "line 3: run is empty"),
        ("tuning", "bst", "line 3: tuning is 'bst', not fixed or best"),
        ("nodes", "64", "line 3: a second row of hex4-8x2-s0#3 with 64 nodes, fixed c_puct"),
    ],
)
def test_a_damaged_table_is_refused_with_its_line(tmp_path, column, cell, complaint):
    text = cube_frame(ROWS).astype(object)
    text.loc[1, column] = cell
    text.to_csv(tmp_path / "cube.csv", index=False)
    with pytest.raises(InputError, match=complaint):
        read_cube(tmp_path / "cube.csv")


def test_a_table_without_a_column_is_refused(tmp_path):
    cube_frame(ROWS).drop(columns="stratum").to_csv(tmp_path / "cube.csv", index=False)
    with pytest.raises(InputError, match=r"lacks the columns stratum \(it has .*three_way"):
        read_cube(tmp_path / "cube.csv")


def test_two_rows_of_one_thing_are_no_cube():
    with pytest.raises(InputError, match="two rows tell of hex4-8x2-s0#3"):
        cube_frame([ROW, ROW])
