"""The claims that the lab set out with, and what a cube makes of them: decided by its numbers."""

from __future__ import annotations

import pandas as pd

from analysis.figures.wording import compute, interval, listed, number
from analysis.report.exhibits.base import board
from analysis.studies.three_way_laws import BoardLaw, CubeLaws

_FIFTEEN = 15.0


def claims(laws: CubeLaws) -> list[str]:
    """A sentence for each claim."""
    if not laws.boards:
        reasons = "; ".join(f"{board(size)}: {why}" for size, why in laws.refused.items())
        return [f"Nothing is said of the claims: {reasons}."]
    return [_worthwhile(laws.boards), _amortised(laws.boards), _ten_for_fifteen(laws.boards)]


def _worthwhile(boards: list[BoardLaw]) -> str:
    fixed = [_verdicts(own, own.rates, "training") for own in boards]
    chosen = [_verdicts(own, own.frontier, "frontier") for own in boards]
    return (
        "“Test-time compute is less worthwhile than training compute”, decade for decade: along "
        f"the frontier {'; '.join(filter(None, chosen)) or 'not told'}; at a fixed network "
        f"{'; '.join(filter(None, fixed)) or 'not told'}."
    )


def _verdicts(own: BoardLaw, rates: pd.DataFrame, name: str) -> str:
    """Where a rate says that training, search or neither is worth more."""
    kinds: dict[str, list[str]] = {}
    for line in rates.to_dict("records"):
        if not line[f"{name}_told"]:
            kind = "not told"
        elif line[f"{name}_low"] > 1:
            kind = "true"
        elif line[f"{name}_high"] < 1:
            kind = "false, search is worth more"
        else:
            kind = "even"
        kinds.setdefault(kind, []).append(f"{100 * line['blunder_rate']:g}")
    spans = [f"{kind} at {_span(levels)} % blunders" for kind, levels in kinds.items()]
    return f"on {board(own.boardsize)} {listed(spans)}" if spans else ""


def _span(levels: list[str]) -> str:
    return levels[0] if len(levels) == 1 else f"{levels[0]} to {levels[-1]}"


def _amortised(boards: list[BoardLaw]) -> str:
    said = []
    for own in boards:
        level = sorted({plan.blunder_rate for plan in own.plans})
        if not level:
            continue
        plans = [plan for plan in own.plans if plan.blunder_rate == level[len(level) // 2]]
        first, last = plans[0], plans[-1]
        grown = last.train_flops / first.train_flops
        verdict = "true" if grown > 1.1 and last.nodes < first.nodes else "not seen"
        said.append(
            f"on {board(own.boardsize)} {verdict}: for {100 * first.blunder_rate:g} % blunders the "
            f"cheapest training grows {number(grown, 1)}-fold from 1 to {compute(last.moves)} "
            f"moves, while nodes go from {number(first.nodes)} to {number(last.nodes)}"
        )
    return f"“Training is amortised over all uses”: {'; '.join(said) or 'not told'}."


def _ten_for_fifteen(boards: list[BoardLaw]) -> str:
    """Along the frontier, as he told it."""
    said = []
    for own in boards:
        told = own.frontier[own.frontier["frontier_told"].astype(bool)].to_dict("records")
        held = [
            f"{100 * line['blunder_rate']:g}"
            for line in told
            if 10 ** line["frontier_low"] <= _FIFTEEN <= 10 ** line["frontier_high"]
        ]
        if not told:
            continue
        ends = [10 ** line["frontier"] for line in (told[0], told[-1])]
        where = f"held by the interval at {_span(held)} % blunders" if held else "held nowhere"
        said.append(
            f"on {board(own.boardsize)} ten times the training is worth {number(ends[0])} times "
            f"the search at {100 * told[0]['blunder_rate']:g} % blunders and {number(ends[1])} "
            f"times at {100 * told[-1]['blunder_rate']:g} %, 15 times is {where}"
        )
    return f"“10× train ≈ 15× test”, along the frontier: {'; '.join(said) or 'not told'}."


def law_answer(laws: CubeLaws) -> str:
    """The rates, then the claims, a line each."""
    fixed = [_few(own, own.rates, "training") for own in laws.boards]
    chosen = [_few(own, own.frontier, "frontier") for own in laws.boards]
    rates = [
        "With the best size for each trade, as along Jones’s frontier, a decade of training "
        "replaces so many decades of search (95 % intervals, by the form that foretells best; "
        "what others make of it stands among the limits): "
        f"{'; '.join(filter(None, chosen)) or 'not told'}.",
        "At a fixed network, most of whose trainings and searches waste compute, it replaces "
        f"{'; '.join(filter(None, fixed)) or 'not told'}.",
    ]
    return "\n".join([*(rates if laws.boards else []), *claims(laws)])


def _few(own: BoardLaw, rates: pd.DataFrame, name: str) -> str:
    """A rate where agents are weak, in the middle and strong."""
    told = rates[rates[f"{name}_told"].astype(bool)].to_dict("records")
    shown = [told[k] for k in sorted({0, len(told) // 2, len(told) - 1})] if told else []
    each = [
        f"{number(line[name], 2)} ({interval(line[f'{name}_low'], line[f'{name}_high'], 2)}) at "
        f"{100 * line['blunder_rate']:g} %"
        for line in shown
    ]
    return f"on {board(own.boardsize)} {listed(each)} blunders" if each else ""
