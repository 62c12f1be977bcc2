"""Rates at a fixed network, on planted runs whose rate is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.laws.search.fixed_network import censored, rates_by_band, swept, three_way

NODES = (1, 4, 16, 64, 256)


def planted(training, search, noise=0.0, snapshots=8):
    """Six runs of three sizes; Elo = training·log S + search·log n + 200·log P − 3,200, at most 0,
    written out for itself."""
    rng = np.random.default_rng(0)
    rows = []
    for run in range(6):
        parameters = 10 ** (2 + run // 2)
        for place, samples in enumerate(np.logspace(3.5, 5.5, snapshots)):
            for nodes in NODES:
                elo = training * np.log10(samples) + search * np.log10(nodes)
                elo = min(elo + 200 * np.log10(parameters) - 3200, 0.0) + noise * rng.normal()
                rows.append((f"r{run}", 100 * run + place, samples, parameters, nodes, elo))
    columns = ["run_id", "snapshot_id", "samples", "parameters", "nodes", "elo"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize("rate", [1.0, 4.0])
def test_the_planted_rate_comes_back(rate):
    agents = swept(planted(100 * rate, 100.0, noise=10.0))
    found = three_way(agents, resamples=20)
    assert found.value == pytest.approx(rate, rel=0.1)
    assert found.low <= rate <= found.high
    lower = rates_by_band(agents, resamples=50).iloc[:2]  # above, runs end at perfect play
    assert lower["rate"].to_numpy() == pytest.approx(rate, rel=0.3)
    assert (lower["low"] <= lower["rate"]).all()
    assert (lower["rate"] <= lower["high"]).all()


def test_search_that_never_catches_up_is_counted():
    """256 nodes are 2.4 decades: worth 240 Elo here, where a step of training buys 2/7 decade."""
    agents = swept(planted(400.0, 100.0))
    found = censored(agents)
    # 3 steps (342 Elo) are out of reach, 2 (229) are not; none of these runs comes near zero.
    assert found.pairs == 6 * 28
    assert found.never == 6 * 15


def test_snapshots_without_a_sweep_or_without_training_stay_out():
    agents = planted(400.0, 100.0)
    untrained = agents[agents["snapshot_id"] == 0].assign(samples=0.0, snapshot_id=-1)
    single = agents[agents["snapshot_id"] == 0].head(1).assign(snapshot_id=-2)
    both = pd.concat([agents, untrained, single])
    assert set(swept(both)["snapshot_id"]) == set(agents["snapshot_id"])
