"""Configurations: what is refused, and when snapshots are due."""

from __future__ import annotations

import numpy as np
import pydantic
import pytest

from training.config import TrainConfig


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("boardsize", 1, "size must be 2 to 19, got 1"),
        ("boardsize", 20, "size must be 2 to 19, got 20"),
        ("game", "chess", "unknown game 'chess'"),
        ("lanes", 0, "lanes"),
        ("lanes", "many", "lanes"),
        ("seed", -1, "seed"),
        ("learning_rate", 0.0, "learning_rate"),
        ("learning_rate", float("nan"), "learning_rate"),
        ("replay_ratio", -1.0, "replay_ratio"),
        ("window", 63, "window 63 must be a multiple of moves 4"),
        ("batch_size", 10**6, "no learner step of batch_size 1000000"),
        ("full_every", 3, "moves 4 must be a multiple of full_every 3"),
        ("full_every", 2, "full_every 2 and fast_nodes None do not go together"),
        ("fast_nodes", 16, "full_every 1 and fast_nodes 16 do not go together"),
        ("final_learning_rate", 1.5, "final_learning_rate"),
        ("window_share", 0, "window_share"),
        ("first_snapshot", 300_000, "samples 200000 end before first_snapshot 300000"),
        ("samples", 4_000, "less than 21 iterations of 512"),
        ("snapshots", 0, "snapshots"),
        ("learning_rte", 1e-3, "learning_rte"),
        ("network", {"width": 0}, "network.width"),
        ("network", {"heads": 2}, "network.heads"),
        ("search", {"nodes": 0}, "search.nodes"),
        ("search", {"noise_fraction": 1.5}, "search.noise_fraction"),
        ("search", {"rule": {"c_puct": -1}}, "search.rule.c_puct"),
    ],
)
def test_bad_values_are_refused_by_name(key, value, complaint):
    with pytest.raises(pydantic.ValidationError) as caught:
        TrainConfig.model_validate({key: value})
    assert complaint in str(caught.value)


def test_every_bad_value_is_named_at_once():
    with pytest.raises(pydantic.ValidationError) as caught:
        TrainConfig.model_validate({"lanes": 0, "seed": -1, "windw": 3})
    assert {error["loc"] for error in caught.value.errors()} == {("lanes",), ("seed",), ("windw",)}


SCHEDULES = [
    {},
    {"samples": 1_000_000, "first_snapshot": 512},
    {"samples": 200_001},  # not a whole number of iterations
    {"samples": 21 * 512, "first_snapshot": 512},  # as many snapshots as iterations
    {"samples": 100_000, "first_snapshot": 100_000},  # all at the end
    {"samples": 50_000, "snapshots": 2},
    {"samples": 50_000, "snapshots": 1},
]


@pytest.mark.parametrize("changes", SCHEDULES)
def test_snapshots_rise_and_the_last_one_ends_the_run(changes):
    config = TrainConfig.model_validate(changes)
    iterations = config.snapshot_iterations
    assert len(iterations) == config.snapshots
    assert iterations[0] >= 1
    assert np.all(np.diff(iterations) >= 1)
    end = iterations[-1] * config.samples_per_iteration
    assert 0 <= end - config.samples < config.samples_per_iteration


def test_the_untrained_network_comes_before_the_others():
    config = TrainConfig()
    with_it = config.model_copy(update={"untrained_snapshot": True})
    assert with_it.snapshot_iterations == [0, *config.snapshot_iterations]


def test_snapshots_are_evenly_spaced_in_log_samples():
    config = TrainConfig(
        samples=1_000_000, first_snapshot=10_000, lanes=10, moves=1, window=1, batch_size=10
    )
    at = np.array(config.snapshot_iterations) * config.samples_per_iteration
    expected = 10_000 * 10 ** (np.arange(21) / 10)  # two decades in 20 steps
    assert np.all((at >= expected - 1e-6) & (at < expected + 10))


def test_runs_of_different_configurations_have_different_names(tiny):
    changes = [{}, {"seed": 1}, {"learning_rate": 1e-4}, {"opening_plies": 2}, {"samples": 400}]
    names = [tiny(**change).run_id for change in changes]
    assert len(set(names)) == len(names)
    assert all(name.startswith("hex3-4x1-s") for name in names)
    assert tiny().run_id == tiny().run_id


def test_names_of_runs_that_labs_hold_stand():
    """A field that is not in `ADDED`, or a changed default, renames runs: stored labs are then not
    resumed (docs/decisions/0010-identity-by-everything.md)."""
    assert TrainConfig().run_id == "hex5-16x2-s0-d8b7a052"
