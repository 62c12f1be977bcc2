"""The three-way exchange: which form holds, rates over strength, what a search is worth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from analysis.figures.wording import interval, listed, number
from analysis.laws.threeway.forms import FORMS
from analysis.report.exhibits.base import Cell, Exhibit, Table, board, cell
from analysis.studies.three_way_law_figures import isoquants_figure, rates_figure
from analysis.studies.three_way_laws import BoardLaw, CubeLaws

CANNOT_TELL = "these runs cannot tell"
_WORTH_OF = (4, 16, 64, 256, 512)
_WORTH_FROM = (0.4, 0.3, 0.2)


def exchange_exhibits(laws: CubeLaws) -> list[Exhibit]:
    """Exhibits of boards whose runs can tell."""
    return [
        Exhibit(
            "law_forms", "Law 1", "Which form foretells agents that it was not fitted to",
            "Errors in natural log-odds of a blunder: of all agents, all of them fitted; then of "
            "the last decade of training compute, of the largest network, and of this board by "
            "the other’s law moved by one constant, each held out. The form with the least error "
            f"on held-out compute and size is used: {_chosen(laws)}.",
            tables=[_forms_table(laws)],
        ),
        Exhibit(
            "law_rates", "Law 2", "How much search a decade of training replaces, over strength",
            "Bands: at a fixed network, averaged over the whole isoquant of the cube, most of "
            "which wastes compute. Open marks: along the frontier, where the best size is chosen "
            "for each trade, which is what Jones’s 1.2 tells. 95 % intervals draw runs anew. Grey: "
            "what others have published, sloping from weak agents to strong "
            f"ones where they differ. {_refusals(laws)}".strip(),
            figure=rates_figure(laws.boards),
            tables=[
                _frontier_table(laws.boards), _rates_table(laws.boards),
                _frontier_by_form_table(laws.boards), _by_form_table(laws.boards),
            ],
        ),
        Exhibit(
            "law_isoquants", "Law 3", "Isoquants",
            "Each thin line is a network with 1, 2, 4 … nodes, trained until it is as strong as "
            "its colour says; the thick line takes whatever is cheapest at play for its training.",
            figure=isoquants_figure(laws.boards),
        ),
        Exhibit(
            "law_worth", "Law 4", "What a search of n nodes is worth in training and in size",
            "A network of the middle size, trained until its raw policy throws away as much as the "
            "first column says. Its search is as strong as the raw policy after so many times the "
            "training, or that of a network with so many times the parameters after the same "
            "games. “More” is more than was measured.",
            tables=[_worth_table(laws.boards)],
        ),
    ]  # fmt: skip


def _chosen(laws: CubeLaws) -> str:
    return listed([f"{b.law.form.name} on {board(b.boardsize)}" for b in laws.boards])


def _refusals(laws: CubeLaws) -> str:
    return " ".join(f"{board(size)}: {reason}." for size, reason in laws.refused.items())


def _forms_table(laws: CubeLaws) -> Table:
    lines = [
        [
            f"{board(line['boardsize'])}, {line['form']}", number(line["freedom"]),
            *(number(line[name], 3) for name in ("fitted", "compute", "size", "board")),
        ]
        for line in laws.compared.to_dict("records")
    ]  # fmt: skip
    head = ["board, form", "parameters", "fitted", "compute", "size", "board"]
    return Table("Errors of each form.", head, lines)


def rate_cell(line: dict, name: str) -> Cell:
    """A rate with its interval, or that these runs cannot tell it."""
    limits = line[f"{name}_low"], line[f"{name}_high"]
    if pd.isna(line[name]):
        return Cell("–")
    if not line[f"{name}_told"]:
        return Cell(CANNOT_TELL, "" if math.isnan(limits[0]) else interval(*limits, 1))
    return cell(line[name], limits, 2)


def _inverse(line: dict, name: str) -> Cell:
    if not line[f"{name}_told"]:
        return Cell("–")
    ends = -1 / line[f"{name}_low"], -1 / line[f"{name}_high"]
    return cell(-1 / line[name], ends, 2)


def _rates_table(boards: Sequence[BoardLaw]) -> Table:
    lines = [
        [
            f"{board(own.boardsize)}, {100 * line['blunder_rate']:g} %",
            *(rate_cell(line, name) for name in ("training", "size")),
            *(_inverse(line, name) for name in ("training", "size")),
        ]
        for own in boards
        for line in own.rates.to_dict("records")
    ]
    head = [
        "board, blunders", "search a decade of training", "search a decade of size",
        "∂log C/∂log T", "∂log P/∂log T",
    ]  # fmt: skip
    return Table(
        "Decades of search that a decade of training (at a fixed network) and of size (after the "
        "same games) replaces, and what one decade of search replaces of either.", head, lines,
    )  # fmt: skip


def _frontier_table(boards: Sequence[BoardLaw]) -> Table:
    lines = [
        [f"{board(own.boardsize)}, {100 * line['blunder_rate']:g} %", rate_cell(line, "frontier")]
        for own in boards
        for line in own.frontier.to_dict("records")
    ]
    return Table(
        "Decades of search that a decade of training replaces along the frontier.",
        ["board, blunders", "search a decade of training"], lines,
    )  # fmt: skip


def _by_form_table(boards: Sequence[BoardLaw]) -> Table:
    lines = []
    for own in boards:
        for level in own.rates["blunder_rate"].tolist()[::2]:
            here = own.by_form[own.by_form["blunder_rate"] == level].set_index("form")
            told = here.to_dict("index")
            cells = [rate_cell(told[f], "training") if f in told else Cell("–") for f in FORMS]
            lines.append([f"{board(own.boardsize)}, {100 * level:g} %", *cells])
    return Table("At a fixed network, by each form.", ["board, blunders", *FORMS], lines)


def _frontier_by_form_table(boards: Sequence[BoardLaw]) -> Table:
    lines = []
    for own in boards:
        for level in own.frontier["blunder_rate"].tolist()[::2]:
            told = own.by_form[own.by_form["blunder_rate"] == level].set_index("form")["frontier"]
            cells = [number(told.get(form, math.nan), 2) for form in FORMS]
            lines.append([f"{board(own.boardsize)}, {100 * level:g} %", *cells])
    return Table(
        "Along the frontier, by each form; a dash where less than a decade of it was measured.",
        ["board, blunders", *FORMS], lines,
    )  # fmt: skip


def _factor(line: dict, name: str) -> Cell:
    value, low, high = (line[key] for key in (name, f"{name}_low", f"{name}_high"))
    if not math.isfinite(value):
        return Cell("more")
    ends = f"{number(low, 1)} to {number(high, 1) if math.isfinite(high) else 'more'}"
    return Cell(f"× {number(value, 1)}", ends)


def _worth_table(boards: Sequence[BoardLaw]) -> Table:
    lines = []
    for own in boards:
        shown = own.worth["nodes"].isin(_WORTH_OF) & own.worth["raw"].isin(_WORTH_FROM)
        table = own.worth[shown]
        known = table[table[["training", "size"]].lt(math.inf).any(axis=1)]
        for line in known.to_dict("records"):
            name = f"{board(own.boardsize)} {line['network']}, {100 * line['raw']:g} %"
            lines.append(
                [
                    name, number(line["nodes"]), number(100 * line["blunder_rate"], 1),
                    _factor(line, "training"), _factor(line, "size"),
                ]
            )  # fmt: skip
    head = ["network, raw blunders", "nodes", "blunders, %", "training", "size"]
    return Table("n nodes = × training = × size.", head, lines)
