"""Positions of play: judged rightly, weighted to their population, subsampled without bias."""

from __future__ import annotations

import numpy as np
import pytest

from games.exact.populations import (
    SIZES,
    SOURCES,
    Pool,
    draw_strata,
    population,
    read_lines,
    subsample,
    write_lines,
)
from games.exact.registry import exact_play
from games.hex import Hex


@pytest.mark.parametrize("size", SIZES)
def test_the_shipped_sets_are_large_and_every_source_has_its_third(size):
    found = population(Hex(size))
    assert found is not None
    won = np.any(found.winning, axis=1)
    assert won.sum() >= 4_000
    assert (~won).sum() >= 1_000
    assert found.weight.sum() == pytest.approx(1)
    black, white = map(np.asarray, Hex(size).stones(found.states))
    empty = size**2 - black.sum(1) - white.sum(1)
    assert (found.winning.sum(1) < empty).all(), (
        "where every move wins there is nothing to get wrong"
    )
    # A third each, but for positions in which every move wins; strong play has the fewest of these.
    shares = np.bincount(found.source, found.weight, minlength=len(SOURCES))
    assert shares == pytest.approx(1 / 3, abs=0.06)


@pytest.mark.parametrize(("size", "step"), [(4, 1), (5, 60), (6, 200)])
def test_shipped_verdicts_are_those_of_perfect_play(size, step):
    found = population(Hex(size))
    assert found is not None
    some = slice(None, None, step)
    states = type(found.states)(*(leaf[some] for leaf in found.states))
    np.testing.assert_array_equal(exact_play(Hex(size)).judge(states).keeping, found.winning[some])


def planted_pool(rng: np.random.Generator) -> Pool:
    """Boards of 2×2 with at most two stones, whose shares differ a hundredfold."""
    stones = np.array([
        [0, 0, 0, 0],
        *[np.eye(4, dtype=int)[a] for a in range(4)],
        *[np.eye(4, dtype=int)[a] + 2 * np.eye(4, dtype=int)[b] for a in range(4) for b in range(4)
          if a != b],
    ])  # fmt: skip
    stones = np.concatenate([stones] * 3)
    source = np.repeat(np.arange(3), len(stones) // 3)
    share = rng.uniform(0.01, 1, len(stones)) ** 2
    winning = (stones == 0) & (rng.random(stones.shape) < 0.4)
    return Pool(stones, winning, source, share / share.sum())


def test_strata_give_back_the_shares_of_the_pool(tmp_path):
    rng = np.random.default_rng(0)
    pool = planted_pool(rng)
    lines = draw_strata(pool, won=20, lost=8, rng=rng)
    drawn = read_lines(Hex(2), lines)
    assert len(lines) < len(pool.share)
    for number in range(3):
        mine = pool.share[pool.source == number].sum()
        assert drawn.weight[drawn.source == number].sum() == pytest.approx(mine, rel=1e-3)
    lost = pool.share[~pool.winning.any(1)].sum()
    assert drawn.weight[~drawn.winning.any(1)].sum() == pytest.approx(lost, rel=1e-3)
    paths = [write_lines(lines, 2, tmp_path) for _ in range(2)]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_subsample_stands_for_all():
    rng = np.random.default_rng(1)
    weight = rng.pareto(1.5, 5_000) + 0.01
    weight /= weight.sum()
    event = rng.random(5_000) < 0.2
    chosen, own = subsample(weight, 1_000)
    assert len(chosen) == pytest.approx(1_000, abs=2)
    assert len(np.unique(chosen)) == len(chosen)
    assert own.sum() == pytest.approx(1, abs=0.01)
    share = (own * event[chosen]).sum() / own.sum()
    assert share == pytest.approx((weight * event).sum(), abs=3 * (0.16 / 1_000) ** 0.5)
    free = own > 1.0001 * weight[chosen]
    assert own[free] == pytest.approx(own[free][0]), "they weigh the same"
    assert own[~free].min() >= 0.999 * own[free][0], "what is heavier was certain to be there"
    everything, weights = subsample(weight, 5_000)
    np.testing.assert_array_equal(everything, np.arange(5_000))
    np.testing.assert_array_equal(weights, weight)


def test_other_boards_have_no_set():
    assert population(Hex(7)) is None
