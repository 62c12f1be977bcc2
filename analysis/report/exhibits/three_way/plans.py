"""Break-even by use: the cheapest agent of a strength, by how many moves it will play."""

from __future__ import annotations

import numpy as np

from analysis.figures.wording import compute, number, percent
from analysis.laws.threeway.break_even import Plan
from analysis.report.exhibits.base import Cell, Exhibit, Table, board
from analysis.studies.three_way_law_figures import shares_figure
from analysis.studies.three_way_laws import BoardLaw, CubeLaws

_SHOWN = (1.0, 1e3, 1e6, 1e9, 1e12)


def plans_exhibits(laws: CubeLaws) -> list[Exhibit]:
    """Plans, and what held-out agents say of them."""
    return [
        Exhibit(
            "law_shares", "Law 6", "Training’s share of all compute, by moves played",
            "Of the cheapest agent of each strength: solid the plan, dots where it lies within "
            "what was measured, dashed r/(1 + r) by the law’s rate r at its place. Elsewhere an "
            "end of the measurement decides: one node, the largest search, the longest training.",
            figure=shares_figure(laws.boards), tables=[_plans_table(laws.boards)],
        ),
        Exhibit(
            "law_forecasts", "Law 7", "Plans against agents that were held out",
            "One seed after the other is held out and planned for by the law of the others. "
            "Miss: how far the blunder rate of the held-out agent nearest each plan lies from what "
            "was foretold of it (median factor). Cost: what plans cost, over what the cheapest "
            "held-out agent of that strength cost; agents lie on a coarse grid, plans between, so "
            "a little below 1 is expected.",
            tables=[_forecast_table(laws.boards)],
        ),
    ]  # fmt: skip


def _plan_line(own: BoardLaw, plan: Plan) -> list[Cell | str]:
    low, high = (f"{100 * rate:.2g}" for rate in plan.rate_interval)
    return [
        f"{board(own.boardsize)}, {100 * plan.blunder_rate:g} %", compute(plan.moves),
        number(plan.parameters), compute(plan.samples), number(plan.nodes),
        Cell(
            "< 0.1" if plan.share < 5e-4 else percent(plan.share),
            f"{percent(plan.closed_form)} closed",
        ),
        f"{low} to {high}", ", ".join(plan.ends) or "none",
    ]  # fmt: skip


def _plans_table(boards: list[BoardLaw]) -> Table:
    lines = [_plan_line(own, plan) for own in boards for plan in own.plans if plan.moves in _SHOWN]
    head = [
        "board, blunders", "moves", "parameters", "samples", "nodes", "training, %",
        "leads to, %", "ends",
    ]  # fmt: skip
    return Table(
        "The cheapest plans; a FLOP of play costs as much as one of training.", head, lines
    )


def _forecast_table(boards: list[BoardLaw]) -> Table:
    lines: list[list[Cell | str]] = []
    for own in boards:
        for level, here in own.forecasts.groupby("blunder_rate", sort=False):
            # An agent that threw nothing away is no further off than half a position.
            ratio = np.log(here["measured"].clip(lower=1e-4) / here["foretold"].clip(lower=1e-4))
            cost = (here["planned"] / here["cheapest"]).dropna()
            spread = "–" if cost.empty else f"{cost.median():.2f}"
            below = "" if cost.empty else f"{cost.min():.2f} to {cost.max():.2f}"
            lines.append(
                [
                    f"{board(own.boardsize)}, {100 * float(str(level)):g} %", number(len(here)),
                    f"× {np.exp(np.median(np.abs(ratio))):.2f}", Cell(spread, below),
                ]
            )  # fmt: skip
    return Table("Held-out seeds.", ["board, blunders", "plans", "miss", "cost"], lines)
