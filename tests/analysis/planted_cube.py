"""A cube with a known law: every network, snapshot and search of a small factorial, judged on a
finite set of positions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.tables.cube import ALL, FIXED, CubeRow, cube_frame

WIDTHS = (4, 8, 16, 32, 64)
NODES = (1, 2, 4, 8, 16, 32, 64, 128)
SAMPLES = tuple(round(x) for x in np.geomspace(2_000, 300_000, 7))
TRAIN_NODES = 32

Law = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""ln samples, ln parameters and ln nodes → log-odds of keeping a won position."""


def parameters_of(width: int) -> int:
    return 2 * width**2 + 60 * width


def planted_cube(
    law: Law,
    *,
    boardsize: int = 4,
    widths: tuple[int, ...] = WIDTHS,
    nodes: tuple[int, ...] = NODES,
    samples: tuple[int, ...] = SAMPLES,
    seeds: int = 3,
    positions: int = 4_000,
    luck: float = 0.1,
    frontier: bool = False,
    random_seed: int = 0,
) -> pd.DataFrame:
    """Counts drawn from the law.

    Args:
        law: the truth.
        boardsize, widths, nodes, samples, seeds: the factorial.
        positions: won positions that each agent is judged on.
        luck: standard deviation of strength between runs that differ in seed.
        frontier: whether each network is measured only where compute is well spent on it, so that
            samples grow with size.
        random_seed: of luck and counts.
    """
    rng = np.random.default_rng(random_seed)
    rows = []
    for k, width in enumerate(widths):
        parameters = parameters_of(width)
        chosen = range(len(samples))
        if frontier:
            at = round(k * (len(samples) - 2) / (len(widths) - 1))
            chosen = range(at, at + 2)
        for seed in range(seeds):
            lucky = luck * rng.standard_normal()
            for index in chosen:
                for n in nodes:
                    logs = np.log([samples[index], parameters, n])
                    truth = float(law(*logs)) + lucky
                    lost = rng.binomial(positions, 1 / (1 + np.exp(truth)))
                    rate = lost / positions
                    rows.append(
                        CubeRow(
                            "hex", boardsize, "planted", f"{width}x2", width, 2, parameters, seed,
                            f"hex{boardsize}-{width}-{seed}", index, samples[index],
                            2.0 * TRAIN_NODES * 1.3 * parameters * samples[index], n,
                            2.0 * parameters * n, FIXED, 0.5, ALL, positions, float(positions),
                            rate, float(np.sqrt(rate * (1 - rate) / positions)),
                        )
                    )  # fmt: skip
    return cube_frame(rows)
