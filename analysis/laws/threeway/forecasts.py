"""Do plans made from some runs hold for others?

One seed after the other is held out, the law is fitted to the rest, and its plans are compared with
what the held-out runs did: how strong the agent nearest a plan really was, and what the cheapest
held-out agent of the wanted strength cost.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.laws.threeway.break_even import Plan, plan_grid, plans_on
from analysis.laws.threeway.cells import Cells, Places, blunder_rate, strength_of
from analysis.laws.threeway.fit import ThreeWayLaw, fit_law
from games.errors import InputError


def forecast(
    cells: Cells, form: str, seeds: np.ndarray, rates: tuple[float, ...], moves: tuple[float, ...]
) -> pd.DataFrame:
    """Plans against held-out agents.

    Args:
        cells: of one board.
        form: of the law.
        seeds: [N] the seed of each cell's run.
        rates: wanted blunder rates.
        moves: numbers of moves.

    Returns:
        A row a seed, rate and number of moves: seed, blunder_rate, moves, foretold and measured
        (blunder rates of the held-out agent nearest the plan), planned and cheapest (totals in
        FLOPs, of the plan and of the cheapest held-out agent which was that strong; NaN where none
        was).
    """
    lines = []
    for seed in np.unique(seeds).tolist():
        kept, rest = cells.of(seeds != seed), cells.of(seeds == seed)
        if len(np.unique(kept.network)) < len(cells.networks):
            continue
        law = fit_law(kept, form)
        grid = plan_grid(kept)
        for rate in rates:
            try:
                plans = plans_on(law, grid, kept, rate, moves, 1.0)
            except InputError:
                continue
            lines += [{"seed": seed, **_against(rest, law, plan)} for plan in plans]
    columns = ["seed", "blunder_rate", "moves", "foretold", "measured", "planned", "cheapest"]
    return pd.DataFrame(lines, columns=pd.Index(columns))


def _against(rest: Cells, law: ThreeWayLaw, plan: Plan) -> dict[str, float]:
    logs = np.log10([plan.samples, plan.parameters, plan.nodes])
    distance = sum(np.abs(axis - at) for axis, at in zip(rest.places, logs, strict=True))
    nearest = int(np.argmin(distance))
    there = Places(*(axis[nearest : nearest + 1] for axis in rest.places))
    cost = 10 ** rest.costs.train_flops(rest.places)
    cost = cost + plan.price * plan.moves * 10 ** rest.costs.test_flops(rest.places)
    strong = rest.strength >= strength_of(plan.blunder_rate)
    return {
        "blunder_rate": plan.blunder_rate,
        "moves": plan.moves,
        "foretold": float(blunder_rate(law.strength(there)[0, 0])),
        "measured": float(blunder_rate(rest.strength[nearest])),
        "planned": plan.train_flops + plan.price * plan.moves * plan.test_flops,
        "cheapest": float(cost[strong].min()) if strong.any() else float("nan"),
    }
