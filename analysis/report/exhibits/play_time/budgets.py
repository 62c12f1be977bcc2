"""Budgets by position: multipliers, wins thrown away, and what there is to know."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.figures.wording import interval, listed, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.report.exhibits.play_time.cells import factor, multiplier, points
from analysis.studies.budgets import Aim
from analysis.studies.play_time_figures import multipliers_by_mean, multipliers_by_rule

ORACLE = "oracle"


def budget_exhibits(
    found: pd.DataFrame,
    pooled: pd.DataFrame,
    known: pd.DataFrame,
    c_puct: float,
    aims: Sequence[Aim],
) -> list[Exhibit]:
    """Multipliers in figures and in tables.

    Args:
        found: `draws_table` of rules.
        pooled: `pooled_draws` of rules.
        known: `budgets.knowledge`.
        c_puct: the weight of the prior that most is told of.
        aims: the mean that most is told of, with the cap that saves and the one that is raised.
    """
    saving, raising = aims
    own, together = (_main(rows, c_puct, saving.mean) for rows in (found, pooled))
    return [
        Exhibit(
            "multipliers", "Figure 1", "What a budget by position is worth",
            f"How many times larger a uniform budget would have to be to throw away as few wins; "
            "right of 1 a rule gains. Settings and the predictor are fitted on one half of the "
            f"positions, the settings for a mean of {number(saving.mean)} evaluations, and "
            "measured on the other, both ways; 95 % intervals over networks and positions. The "
            "oracle knows the answer, and its multiplier is what is there to be gained at most.",
            figure=multipliers_by_rule(own, ORACLE),
        ),
        Exhibit(
            "pooled", "Table 1", "All networks together",
            "Median multiplier over boards and networks, and wins thrown away beyond a uniform "
            "budget of the same mean: below 0 a rule gains. 95 % intervals over networks and "
            "positions.",
            tables=[_pooled_table(together)],
        ),
        Exhibit(
            "means", "Figure 2", "More or fewer evaluations on the mean",
            "The same median multipliers by the mean that settings were chosen for.",
            figure=multipliers_by_mean(pooled[pooled["c_puct"] == c_puct], ORACLE),
        ),
        Exhibit(
            "others", "Table 2", "The same at other means and weights of the prior",
            "Median multipliers with 95 % intervals. A weight c_puct is that of both sides, the "
            f"uniform budget’s too; without one it is {number(c_puct, 2)}.",
            tables=[
                _others_table(pooled, title, place)
                for place, title in enumerate(("Saving.", "Raising the cap."))
            ],
        ),
        *(
            Exhibit(
                f"cap{cap}", f"Table {place}", title,
                "Mean evaluations and their 95th percentile (the latency tail), wins thrown away "
                "by the rule and beyond a uniform budget of the same mean.",
                tables=[_table(own[own["cap"] == cap])],
            )
            for place, cap, title in (
                (3, saving.cap, f"Saving: the cap stays at {saving.cap}"),
                (4, raising.cap, f"Raising: the cap is {raising.cap}"),
            )
        ),
        Exhibit(
            "known", "Table 5", "What there is to know, and what the predictor knows of it",
            "In how many decisions the whole search keeps a win that the policy throws away, and "
            "the other way round; and how often the predictor, on positions that it was not "
            "fitted on, ranks a helped decision above another: ½ is luck, 1 knowledge.",
            tables=[_known_table(known)],
        ),
    ]  # fmt: skip


def _main(rows: pd.DataFrame, c_puct: float, mean: int) -> pd.DataFrame:
    return rows[(rows["c_puct"] == c_puct) & (rows["target"] == mean)]


def _others_table(pooled: pd.DataFrame, title: str, place: int) -> Table:
    """A column a mean and weight of the prior; `place` of the cap among those of each."""
    arms = pooled[["c_puct", "target"]].drop_duplicates().to_dict("records")
    usual = arms[0]["c_puct"]
    columns = []
    for arm in arms:
        own = _main(pooled, arm["c_puct"], arm["target"])
        columns.append(own[own["cap"] == sorted(own["cap"].unique())[place]].set_index("rule"))
    head = [
        f"mean {arm['target']}"
        + (f", c_puct {number(arm['c_puct'], 2)}" if arm["c_puct"] != usual else "")
        for arm in arms
    ]
    lines: list[list[Cell | str]] = [
        [str(rule), *(multiplier(own.loc[rule].to_dict()) for own in columns)]
        for rule in columns[0].index
    ]
    return Table(title, ["rule", *head], lines)


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
            number(row["evaluations"], 1),
            number(row["tail"]),
            percent(row["rate"]),
            points(row),
            multiplier(row),
        ]
        for row in found.to_dict("records")
    ]
    head = [
        "board, network, rule", "setting", "mean", "95 %", "thrown away, %",
        "beyond uniform, points", "multiplier",
    ]  # fmt: skip
    return Table("Budgets by position.", head, lines)


def _pooled_table(pooled: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = [
        [
            f"{row['rule']}, cap {row['cap']}",
            number(row["evaluations"], 1),
            multiplier(row),
            points(row, digits=2),
        ]
        for row in pooled.to_dict("records")
    ]
    head = ["rule", "mean evaluations", "multiplier", "beyond uniform, points"]
    return Table(f"{pooled['measurements'].iloc[0]} boards and networks.", head, lines)


def budget_answer(
    found: pd.DataFrame,
    pooled: pd.DataFrame,
    known: pd.DataFrame,
    c_puct: float,
    aims: Sequence[Aim],
) -> str:
    """Which rules gain for certain; where none does, that none does, and why."""
    own, together = (_main(rows, c_puct, aims[0].mean) for rows in (found, pooled))
    real, oracle = (together[(together["rule"] == ORACLE) == is_it] for is_it in (False, True))
    own = own[own["rule"] != ORACLE]
    gains = real[real["multiplier_low"] > 1]
    named = gains if len(gains) else real.sort_values("multiplier").tail(1)
    told = "; ".join(
        f"{row['rule']} with cap {row['cap']} {factor(row['multiplier'])} "
        f"({interval(row['multiplier_low'], row['multiplier_high'], 2)})"
        for row in named.to_dict("records")
    )
    said = (
        f"For a mean of {aims[0].mean} evaluations these gain for certain over all networks, by "
        f"the median multiplier: {told}."
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
    alone = (
        f"Of single boards and networks {int((own['multiplier_low'] > 1).sum())} of {len(own)} "
        "gain."
    )
    return f"{said} {at_mean} {alone} {_elsewhere(pooled, gains)} {_why(oracle, known)}"


def _elsewhere(pooled: pd.DataFrame, gains: pd.DataFrame) -> str:
    """Whether those that gain do so at other means and weights of the prior."""
    told = []
    for rule in gains["rule"].drop_duplicates():
        own = pooled[pooled["rule"] == rule]
        told.append(f"{rule} in {int((own['multiplier_low'] > 1).sum())} of {len(own)}")
    if not told:
        return ""
    return f"Of all means, caps and weights of the prior these gain for certain: {listed(told)}."


def _why(oracle: pd.DataFrame, known: pd.DataFrame) -> str:
    least, helped = oracle["multiplier_low"].min(), known["helped"]
    return (
        f"An oracle’s multiplier is above {number(least, 1)}, for search changes the answer for "
        f"the better in {percent(helped.min())} to {percent(helped.max())} % of the positions "
        "alone. What one evaluation says ranks them right "
        f"{percent(known['auc'].min())} to {percent(known['auc'].max())} % of the time: that a "
        "position is hard is mostly seen by searching it."
    )
