"""Rows of several labs as those of one: nothing lost, nobody mistaken for another."""

from __future__ import annotations

import dataclasses

import pytest

from analysis.ratings.study import analyse
from analysis.tables.joined import join_rows
from games.errors import InputError
from tests.analysis.planted_lab import planted_lab


@pytest.fixture(scope="module")
def apart():
    """Two labs whose row numbers are the same."""
    return [
        planted_lab(boards=boards, networks=2, snapshots=3, stages=("league",), seed=seed)[0]
        for seed, boards in enumerate([(3, 4), (5,)])
    ]


def test_every_row_is_there_and_no_number_twice(apart):
    joined = join_rows(apart)
    for field in dataclasses.fields(joined):
        frame = getattr(joined, field.name)
        assert len(frame) == sum(len(getattr(part, field.name)) for part in apart), field.name
        if "id" in frame:
            assert frame["id"].is_unique, field.name


def test_agents_are_rated_as_by_themselves(apart):
    together = analyse(join_rows(apart), splits=4).agents
    alone = [analyse(part, splits=4).agents for part in apart]
    columns = ["run_id", "index", "elo", "train_flops"]
    told = together[columns].to_numpy().tolist()
    assert told == [row for part in alone for row in part[columns].to_numpy().tolist()]


def test_labs_with_a_board_in_common_are_sent_to_merge(apart):
    with pytest.raises(InputError, match=r"rows of hex on 5×5.*merge the labs"):
        join_rows([*apart, apart[1]])
