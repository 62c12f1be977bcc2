"""Budgets by position: multipliers, wins thrown away, and what there is to know."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.figures.wording import interval, listed, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table, cell
from analysis.studies.play_time_figures import multipliers_by_rule

ORACLE = "oracle"


def budget_exhibits(
    found: pd.DataFrame, pooled: pd.DataFrame, known: pd.DataFrame, mean: float, caps: Sequence[int]
) -> list[Exhibit]:
    """Multipliers in a figure and in tables.

    Args:
        found: `play_time.multipliers`.
        pooled: `play_time.pooled_multipliers`.
        known: `play_time.knowledge`.
        mean: evaluations that settings were chosen for.
        caps: the arm that saves, and the one that raises the cap.
    """
    saving, raising = caps
    return [
        Exhibit(
            "multipliers", "Figure 1", "What a budget by position is worth",
            f"How many times larger a uniform budget would have to be to throw away as few wins; "
            "right of 1 a rule gains. Settings and the predictor are fitted on one half of the "
            f"positions, the settings for a mean of {number(mean)} evaluations, and measured on "
            "the other, both ways; 95 % intervals over networks and positions. The oracle knows "
            "the answer, and its multiplier is what is there to be gained at most.",
            figure=multipliers_by_rule(found, ORACLE),
        ),
        Exhibit(
            "pooled", "Table 1", "All networks together",
            "Median multiplier over boards and networks, and wins thrown away beyond a uniform "
            "budget of the same mean: below 0 a rule gains. 95 % intervals over networks and "
            "positions.",
            tables=[_pooled_table(pooled)],
        ),
        *(
            Exhibit(
                f"cap{cap}", f"Table {place}", title,
                "Mean evaluations and their 95th percentile (the latency tail), wins thrown away "
                "by the rule and beyond a uniform budget of the same mean.",
                tables=[_table(found[found["cap"] == cap])],
            )
            for place, cap, title in (
                (2, saving, f"Saving: the cap stays at {saving}"),
                (3, raising, f"Raising: the cap is {raising}"),
            )
        ),
        Exhibit(
            "known", "Table 4", "What there is to know, and what the predictor knows of it",
            "In how many decisions the whole search keeps a win that the policy throws away, and "
            "the other way round; and how often the predictor, on positions that it was not "
            "fitted on, ranks a helped decision above another: ½ is luck, 1 knowledge.",
            tables=[_known_table(known)],
        ),
    ]  # fmt: skip


def _known_table(known: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = [
        [
            f"{row['boardsize']}×{row['boardsize']}, {row['network']}, cap {row['cap']}",
            percent(row["helped"]), percent(row["harmed"]), number(row["auc"], 2),
        ]
        for row in known.to_dict("records")
    ]  # fmt: skip
    head = ["board, network", "search helps, %", "search harms, %", "predictor’s ranking"]
    return Table("Search against the policy.", head, lines)


def _table(found: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = [
        [
            f"{row['boardsize']}×{row['boardsize']}, {row['network']}, {row['rule']}",
            row["setting"] or "–",
            number(row["mean"], 1),
            number(row["tail"]),
            percent(row["rate"]),
            Cell(
                number(100 * row["beyond"], 1),
                interval(100 * row["beyond_low"], 100 * row["beyond_high"], 1),
            ),
            _multiplier(row),
        ]
        for row in found.to_dict("records")
    ]
    head = [
        "board, network, rule", "setting", "mean", "95 %", "thrown away, %",
        "beyond uniform, points",        "multiplier",
    ]  # fmt: skip
    return Table("Budgets by position.", head, lines)


def _multiplier(row: Mapping[Hashable, Any]) -> Cell:
    if np.isfinite(row["high"]):
        return cell(row["multiplier"], (row["low"], row["high"]), 2)
    return Cell(_factor(row["multiplier"]), f"from {number(row['low'], 2)}")


def _factor(value: float) -> str:
    return number(value, 2) if np.isfinite(value) else "beyond the cap"


def _pooled_table(pooled: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = [
        [
            f"{row['rule']}, cap {row['cap']}",
            number(row["mean"], 1),
            _multiplier(row),
            Cell(
                number(100 * row["beyond"], 2),
                interval(100 * row["beyond_low"], 100 * row["beyond_high"], 2),
            ),
        ]
        for row in pooled.to_dict("records")
    ]
    head = ["rule", "mean evaluations", "multiplier", "beyond uniform, points"]
    return Table(f"{pooled['measurements'].iloc[0]} boards and networks.", head, lines)


def budget_answer(found: pd.DataFrame, pooled: pd.DataFrame, known: pd.DataFrame) -> str:
    """Which rules gain for certain; where none does, that none does, and why."""
    real, oracle = (pooled[(pooled["rule"] == ORACLE) == is_it] for is_it in (False, True))
    own = found[found["rule"] != ORACLE]
    gains = real[real["low"] > 1]
    named = gains if len(gains) else real.sort_values("multiplier").tail(1)
    told = "; ".join(
        f"{row['rule']} with cap {row['cap']} {_factor(row['multiplier'])} "
        f"({interval(row['low'], row['high'], 2)})"
        for row in named.to_dict("records")
    )
    said = (
        f"Over all networks these gain for certain, by the median multiplier: {told}."
        if len(gains)
        else "No rule has a multiplier, over all networks, whose 95 % interval excludes 1; the "
        f"largest is that of {told}."
    )
    fewer = real[real["beyond_high"] < 0]
    rules = [f"{row['rule']} (cap {row['cap']})" for row in fewer.to_dict("records")]
    at_mean = (
        f"At equal mean evaluations fewer wins are thrown away for certain with {listed(rules)}."
        if rules
        else "At equal mean evaluations none throws away fewer wins for certain."
    )
    alone = f"Of single boards and networks {int((own['low'] > 1).sum())} of {len(own)} gain."
    return f"{said} {at_mean} {alone} {_why(oracle, known)}"


def _why(oracle: pd.DataFrame, known: pd.DataFrame) -> str:
    least, helped = oracle["low"].min(), known["helped"]
    return (
        f"An oracle’s multiplier is above {number(least, 1)}, for search changes the answer for "
        f"the better in {percent(helped.min())} to {percent(helped.max())} % of the positions "
        "alone. What one evaluation says ranks them right "
        f"{percent(known['auc'].min())} to {percent(known['auc'].max())} % of the time: that a "
        "position is hard is mostly seen by searching it."
    )
