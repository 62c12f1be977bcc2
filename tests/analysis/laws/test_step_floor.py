"""The critical batch, found again in planted runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.laws.step_floor import fit_step_floor
from games.errors import InputError

BATCHES = (256, 1_024, 4_096, 32_768)


def planted(critical: float, samples: int = 500_000) -> pd.DataFrame:
    """Runs of equal samples that follow one curve of the positions they could use, each a little
    better or worse than it by luck."""
    random = np.random.default_rng(0)
    frames = []
    for batch in BATCHES:
        for seed in range(3):
            steps = np.unique(np.geomspace(1, samples / batch, 12).astype(int))
            used = steps / (1 + critical / batch)
            middle = 0.1 * (samples / BATCHES[0]) / (1 + critical / BATCHES[0])
            strength = -1 / (1 + used / middle) + 0.02 * random.standard_normal()
            frame = pd.DataFrame({"run_id": f"{batch}-{seed}", "batch": batch, "steps": steps})
            frames.append(frame.assign(strength=strength))
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize("critical", [500, 4_000])
def test_a_planted_floor_in_steps_is_found(critical):
    found = fit_step_floor(planted(critical), resamples=50)
    # Three runs a batch make the interval a little too narrow.
    assert found.low / 1.2 < critical < 1.2 * found.high
    assert found.high < 3 * found.low
    assert found.critical == pytest.approx(critical, rel=0.4)
    assert found.residual == pytest.approx(0.02, rel=0.5)
    assert 1.5 * found.residual < min(found.by_steps, found.by_samples)


def test_where_steps_alone_count_there_is_no_floor_in_samples():
    found = fit_step_floor(planted(1e-3), resamples=20)
    assert found.low < 20  # far below the smallest batch
    assert found.by_steps == pytest.approx(found.residual, rel=0.1)
    assert found.by_samples > 2 * found.residual


def test_where_samples_alone_count_there_is_no_floor_in_steps():
    found = fit_step_floor(planted(1e9), resamples=20)
    assert found.high > 1e6
    assert found.by_samples == pytest.approx(found.residual, rel=0.1)
    assert found.by_steps > 2 * found.residual


def test_untrained_networks_do_not_count():
    runs = planted(500)
    with_start = pd.concat([runs, runs.head(1).assign(steps=0, strength=9.0)])
    assert (
        fit_step_floor(with_start, resamples=2).critical
        == fit_step_floor(runs, resamples=2).critical
    )


def test_a_single_batch_says_nothing():
    with pytest.raises(InputError, match="two batches"):
        fit_step_floor(planted(500).query("batch == 256"))


def test_one_run_a_batch_has_no_interval():
    runs = planted(500)
    single = runs[runs["run_id"].str.endswith("-0")]
    found = fit_step_floor(single, resamples=5)
    assert np.isnan([found.low, found.high]).all()
    assert found.critical == pytest.approx(500, rel=1)
