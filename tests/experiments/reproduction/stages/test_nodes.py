"""Whom the sweep of nodes lets meet: kept snapshots, and opponents whose games tell something."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.arena.strength import best_of_each_recipe, last_of_best_runs, on_frontier
from experiments.players.agents import AgentEntry
from experiments.players.specs import NetworkSpec
from experiments.reproduction.stages.league import spread
from experiments.reproduction.stages.nodes import Nodes, draw_near, kept_snapshots

# Two runs of one recipe and one of another; agent 13 is dearer than 5 and weaker.
POINTS = pd.DataFrame(
    [
        (1, "a", 0, 0, "ours", 1e6, -900.0),
        (2, "a", 1, 0, "ours", 2e6, -600.0),
        (3, "a", 2, 0, "ours", 4e6, -650.0),
        (4, "a", 3, 0, "ours", 8e6, -300.0),
        (11, "b", 0, 1, "ours", 3e6, -700.0),
        (5, "b", 1, 1, "ours", 6e6, -200.0),
        (13, "b", 2, 1, "ours", 9e6, -250.0),
        (21, "c", 0, 0, "theirs", 1e7, -500.0),
        (22, "c", 1, 0, "theirs", 1e8, 0.0),
    ],
    columns=["id", "run_id", "index", "seed", "recipe", "train_flops", "elo"],
).sort_values("elo", ascending=False, ignore_index=True)


def test_the_frontier_of_each_recipe_is_what_no_cheaper_agent_of_it_equals():
    assert set(on_frontier(POINTS)["id"]) == {1, 2, 5, 21, 22}
    assert best_of_each_recipe(POINTS) == [22, 5]


def test_the_last_agents_of_the_best_runs_are_chosen_whatever_their_own_strength():
    assert last_of_best_runs(POINTS, 1) == [22, 13]
    assert last_of_best_runs(POINTS, 3) == [22, 13, 4]


def test_kept_are_the_ends_of_the_runs_with_the_first_seeds_and_the_frontier():
    kept = kept_snapshots(POINTS, Nodes(snapshots=2, seeds=1))
    assert kept == [1, 2, 4, 5, 21, 22]


@pytest.mark.parametrize(
    ("nodes", "opponents", "openings", "lanes"),
    [
        (1, 12, 1, 56), (16, 12, 1, 56), (64, 12, 1, 56),  # the league's, as judging takes it
        (256, 12, 1, 20), (256, 8, 2, 28), (65, 12, 4, 40),  # 80 games in two halves
    ],
)  # fmt: skip
def test_searches_up_to_the_leagues_share_its_programs(nodes, opponents, openings, lanes):
    stage = Nodes(opponents=opponents, openings=openings)
    assert stage.lanes(nodes, league_nodes=64, usual=56) == lanes


@pytest.mark.parametrize(
    ("count", "kept", "which"),
    [(3, None, [0, 1, 2]), (3, 5, [0, 1, 2]), (21, 5, [0, 5, 10, 15, 20]), (13, 2, [0, 12])],
)
def test_what_is_kept_is_spread_evenly(count, kept, which):
    assert spread(count, kept) == which


def test_opponents_are_drawn_as_often_as_a_game_tells():
    """Agents on a ladder with 100 Elo between rungs: against p(1 − p) worked out by hand."""
    ladder = [AgentEntry(k, NetworkSpec(run="r", index=k), Path(), "") for k in range(9)]
    elo = {k: 100.0 * k for k in range(9)}
    rng, drawn = np.random.default_rng(1), np.zeros(9)
    for _ in range(4000):
        for other in draw_near(ladder[0], ladder[1:], elo, 1, 1.0, rng):
            drawn[other.id] += 1
    # Elo's table: 36.0 %, 24.0 %, 15.1 %, 9.1 %, 5.3 %, 3.1 %, 1.7 % and 1.0 % against 100 … 800.
    expected = np.array([0.360, 0.240, 0.151, 0.0909, 0.0532, 0.0307, 0.0175, 0.0099])
    information = expected * (1 - expected)
    share = information / information.sum()
    assert np.abs(drawn[1:] / 4000 - share).max() < 0.025  # three standard errors
    assert len(draw_near(ladder[0], ladder[1:], elo, 20, 1.0, rng)) == 8
