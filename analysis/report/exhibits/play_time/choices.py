"""What is gained by choosing: strategies and budgets by difficulty, constants by strategy."""

from __future__ import annotations

import pandas as pd

from analysis.figures.wording import interval, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.report.exhibits.play_time.cells import multiplier, points
from analysis.studies.compute_optimal import BINS, DIFFICULTIES
from analysis.studies.play_time_figures import policies_by_cost


def choice_exhibits(
    policies: pd.DataFrame, pooled: pd.DataFrame, chosen: pd.DataFrame, tuned: pd.DataFrame
) -> list[Exhibit]:
    """Compute-optimal policies and tuned constants.

    Args:
        policies: `draws_table` of policies.
        pooled: `pooled_draws` of policies.
        chosen: `chosen_ways`.
        tuned: `tuned_strategies`, empty if nothing was.
    """
    found = [
        Exhibit(
            "policies", "Figure 4", "Strategy and budget by difficulty",
            "The best strategy and budget for each fifth of difficulty, at the same mean of "
            "network evaluations (FLOPs) as the best single strategy. Predicted by the entropy of "
            "the network’s policy, which the first evaluation gives and which costs nothing more; "
            "true by the policy’s mass on moves that throw the win away, as Snell et al. bin by "
            "pass@1, which only who knows the answer knows. Chosen on half of the positions, "
            "scored on the other, both ways, for twenty deals. Shaded: 95 % intervals, over "
            "networks and positions, of the distance from the single strategy.",
            figure=policies_by_cost(policies),
        ),
        Exhibit(
            "policy", "Table 3", "What choosing by difficulty gains",
            "Wins thrown away beyond the best single strategy of the same mean cost, in points: "
            "below 0 the policy gains; and times the evaluations that the single strategy needs to "
            "be as good. Below, what each fifth gets, chosen with all positions.",
            tables=[
                _pooled_table(pooled),
                *(_policy_table(own) for _, own in policies.groupby(["boardsize", "network"])),
                *(_chosen_table(own) for _, own in chosen.groupby(["boardsize", "network"])),
            ],
        ),
    ]  # fmt: skip
    if len(tuned):
        found.append(
            Exhibit(
                "tuned", "Table 4", "With constants tuned",
                "Each strategy’s constants are chosen on half of the positions and scored on the "
                "other, both ways, for twenty deals; PUCT’s c_puct likewise at each budget. Points "
                "that tuning gains, and points beyond tuned PUCT of equal cost.",
                tables=[_tuned_table(tuned)],
            )
        )  # fmt: skip
    return found


def _pooled_table(pooled: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = [
        [f"{row['difficulty']}, {number(row['budget'])} evaluations", points(row), multiplier(row)]
        for row in pooled.to_dict("records")
    ]
    head = ["difficulty, mean budget", "beyond the single, points", "multiplier"]
    return Table(f"{pooled['measurements'].iloc[0]} boards and networks together.", head, lines)


def _policy_table(own: pd.DataFrame) -> Table:
    kind = own.iloc[0]
    lines: list[list[Cell | str]] = [
        [
            f"{row['difficulty']}, {number(row['budget'])} evaluations",
            number(row["evaluations"], 1), percent(row["single"]), percent(row["rate"]),
            points(row), multiplier(row),
        ]
        for row in own.to_dict("records")
    ]  # fmt: skip
    head = [
        "difficulty, mean budget", "mean", "single, %", "by difficulty, %", "points", "multiplier",
    ]  # fmt: skip
    return Table(f"{kind['boardsize']}×{kind['boardsize']}, {kind['network']}.", head, lines)


def _chosen_table(chosen: pd.DataFrame) -> Table:
    kind = chosen.iloc[0]
    lines: list[list[Cell | str]] = []
    for _, own in chosen.groupby(["difficulty", "budget"], sort=False):
        title = f"{own['difficulty'].iloc[0]}, {number(own['budget'].iloc[0])} evaluations"
        lines.append([title, *(_way(row) for _, row in own.iterrows())])
    head = ["difficulty, mean budget", "easiest", *(f"{k}" for k in range(2, BINS)), "hardest"]
    title = f"{kind['boardsize']}×{kind['boardsize']}, {kind['network']}: what each fifth gets."
    return Table(title, head, lines)


def _way(row: pd.Series) -> Cell:
    text = "raw policy" if row["text"] == "nodes=1" else str(row["text"]).removeprefix("strategy=")
    return Cell(text.replace(",", ", "), "" if row["chance"] > 0.99 else percent(row["chance"]))


def _tuned_table(tuned: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = [
        [
            f"{row['boardsize']}×{row['boardsize']}, {row['network']}, {row['family']}",
            number(row["budget"]), str(row["text"]).removeprefix("strategy=").replace(",", ", "),
            f"{row['tried']}", percent(row["default"]), percent(row["rate"]), points(row, "gain"),
            points(row),
        ]
        for row in tuned.to_dict("records")
    ]  # fmt: skip
    head = [
        "board, network, strategy", "evaluations", "chosen", "of", "default, %", "tuned, %",
        "gain, points", "beyond PUCT, points",
    ]  # fmt: skip
    return Table("Equal budgets.", head, lines)


def choice_answer(pooled: pd.DataFrame, tuned: pd.DataFrame) -> str:
    """What choosing by difficulty gains for certain, and whether tuning changes who is best."""
    told = []
    for difficulty in DIFFICULTIES:
        own = pooled[pooled["difficulty"] == difficulty]
        gains = own[own["beyond_high"] < 0]
        named = gains if len(gains) else own.sort_values("beyond").head(1)
        row = named.sort_values("beyond").iloc[0].to_dict()
        most = (
            f"{number(100 * row['beyond'], 1)} points "
            f"({interval(100 * row['beyond_low'], 100 * row['beyond_high'], 1)}) with "
            f"{number(row['budget'])} evaluations"
        )
        certain = (
            f"throws away fewer wins than the best single strategy at {len(gains)} of {len(own)} "
            f"mean budgets for certain, at most {most}"
            if len(gains)
            else f"gains at no mean budget for certain; the most is {most}"
        )
        told.append(f"Strategy and budget by {difficulty} difficulty {certain}.")
    if len(tuned):
        others = tuned[tuned["family"] != "puct"]
        better = int((others["beyond_high"] < 0).sum())
        told.append(
            f"With tuned constants {better or 'none'} of {len(others)} strategies, budgets and "
            f"networks {'is' if better <= 1 else 'are'} better than tuned PUCT for certain."
        )
    return " ".join(told)
