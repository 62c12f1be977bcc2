"""All exhibits of the three-way law of a cube, with its tables and the law as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from analysis.figures.wording import interval, listed, number
from analysis.laws.threeway.break_even import plan_table
from analysis.laws.threeway.elo_map import EloMap
from analysis.laws.threeway.stored import as_json, stored_law
from analysis.report.exhibits.base import Exhibit, board
from analysis.report.exhibits.three_way.best_size import best_size_exhibit
from analysis.report.exhibits.three_way.checks import check_exhibits
from analysis.report.exhibits.three_way.claims import law_answer
from analysis.report.exhibits.three_way.elo import elo_exhibit, elo_maps
from analysis.report.exhibits.three_way.exchange import exchange_exhibits
from analysis.report.exhibits.three_way.plans import plans_exhibits
from analysis.report.exhibits.three_way.seconds import seconds_exhibit
from analysis.studies.three_way_laws import BoardLaw, joined, laws_of

_WIDE = 1.5  # factor of an interval that is called wide
_AS_WELL = 1.05  # times the chosen form's error on fitted agents
_STRONG = 0.1  # blunder rate of the middle
LAW_FILE = "law"
"""Name of the file of laws, which `hexlaw advise` reads."""


class LawFindings(NamedTuple):
    """What the three-way law adds to the findings of a study."""

    answer: str
    exhibits: list[Exhibit]
    tables: Mapping[str, pd.DataFrame]
    documents: Mapping[str, Any]
    limits: list[str]


def law_findings(
    cube: pd.DataFrame,
    resamples: int = 100,
    *,
    ratings: Mapping[int, pd.DataFrame] | None = None,
    move_seconds: pd.DataFrame | None = None,
    training_seconds: pd.DataFrame | None = None,
) -> LawFindings:
    """The law of a cube and its exhibits.

    Args:
        cube: as from `analysis.tables.cube.cube_frame`.
        resamples: of the runs.
        ratings: as for `elo_maps`, if agents were rated.
        move_seconds, training_seconds: as for `seconds_exhibit`, if moves were timed.
    """
    laws = laws_of(cube, resamples=resamples)
    limits = [f"{board(size)}: {reason}." for size, reason in laws.refused.items()]
    if not laws.boards:
        return LawFindings(law_answer(laws), [], {}, {LAW_FILE: as_json([])}, limits)
    maps = elo_maps(laws, cube, ratings or {})
    beside = [elo_exhibit(laws, maps)] if maps else []
    if move_seconds is not None and training_seconds is not None:
        timed = seconds_exhibit(laws, cube, move_seconds, training_seconds)
        beside += [timed] if timed else []
    plans = pd.concat(
        [plan_table(own.plans).assign(boardsize=own.boardsize) for own in laws.boards]
    )
    return LawFindings(
        law_answer(laws),
        [
            *exchange_exhibits(laws),
            best_size_exhibit(laws),
            *plans_exhibits(laws),
            *check_exhibits(laws),
            *beside,
        ],
        {
            "law_forms": laws.compared,
            "law_rates": joined(laws.boards, "by_form"),
            "law_frontier": joined(laws.boards, "frontier"),
            "law_worth": joined(laws.boards, "worth"),
            "law_plans": plans,
            "law_forecasts": joined(laws.boards, "forecasts"),
            "law_tuned": joined(laws.boards, "tuned"),
            "law_difficulty": joined(laws.boards, "by_difficulty"),
            **_beside_tables(maps, move_seconds),
        },
        {LAW_FILE: as_json([stored_law(own.cells, own.law) for own in laws.boards])},
        [
            *limits,
            *(_closeness(own, laws.compared) for own in laws.boards),
            *(_wide(own) for own in laws.boards),
            *(_by_forms(own, laws.compared) for own in laws.boards),
            "The law’s intervals draw runs anew; they do not tell of a law of another form. Its "
            "errors, and the rates of the other forms, do.",
            "Size rates compare networks after the same games; larger networks play dearer games.",
        ],
    )


def _wide(own: BoardLaw) -> str:
    """Where intervals span more than `_WIDE`, and why."""
    told = []
    for rates, name, where in (
        (own.frontier, "frontier", "along the frontier"),
        (own.rates, "training", "at a fixed network"),
        (own.rates, "size", "for size"),
    ):
        spans = rates[f"{name}_high"] > _WIDE * rates[f"{name}_low"]
        levels = [f"{100 * level:g}" for level in rates.loc[spans, "blunder_rate"]]
        if levels:
            told.append(f"{where} at {listed(levels)} % blunders")
    few = (
        f" With {own.seeds} runs a network a resample is hardly more than one of them, so that "
        "these intervals say little, and need not hold their estimates."
        if own.seeds < 3
        else ""
    )
    if not told:
        return (
            f"On {board(own.boardsize)} no rate’s interval spans more than a factor {_WIDE:g}."
            + few
        )
    return (
        f"On {board(own.boardsize)} intervals span more than a factor {_WIDE:g} {listed(told)}: "
        "strong play is reached by few runs, towards their ends; only a stretch of the frontier "
        f"lies within the nodes measured; and size is told by {len(own.cells.networks)} networks "
        "alone." + few
    )


def _by_forms(own: BoardLaw, compared: pd.DataFrame) -> str:
    """What forms that fit as well make of the rate along the frontier, weak agents and strong."""
    fitted = compared[compared["boardsize"] == own.boardsize].set_index("form")["fitted"]
    good = [str(form) for form in fitted.index[fitted <= _AS_WELL * fitted[own.law.form.name]]]
    rates = own.by_form[own.by_form["form"].isin(good)].dropna(subset=["frontier"])
    told = []
    for where, here in (
        (f"at {100 * _STRONG:g} % blunders and more", rates["blunder_rate"] >= _STRONG),
        ("at fewer", rates["blunder_rate"] < _STRONG),
    ):
        if here.any():
            found = rates.loc[here, "frontier"]
            told.append(f"{interval(found.min(), found.max(), 2)} {where}")
    return (
        f"On {board(own.boardsize)} the forms that fit as well ({listed(good)}) put the rate along "
        f"the frontier from {' and from '.join(told) or 'nowhere'}: where that is wider than the "
        "intervals, the form decides."
    )


def _beside_tables(
    maps: Mapping[int, EloMap], move_seconds: pd.DataFrame | None
) -> dict[str, pd.DataFrame]:
    tables = {}
    if maps:
        kept = ["boardsize", "run", "snapshot", "nodes", "blunder_rate", "elo", "error", "mapped"]
        agents = [found.agents[kept] for found in maps.values()]
        told = [found.told.assign(boardsize=size) for size, found in maps.items()]
        tables |= {"elo_agents": pd.concat(agents), "elo_map": pd.concat(told)}
    if move_seconds is not None and len(move_seconds):
        tables["move_seconds"] = move_seconds
    return tables


def _closeness(own: BoardLaw, compared: pd.DataFrame) -> str:
    here = compared[compared["boardsize"] == own.boardsize].set_index("form").to_dict("index")
    errors = here[own.law.form.name]
    return (
        f"On {board(own.boardsize)} the law misses the agents it was fitted to by "
        f"{number(errors['fitted'], 2)} in log-odds (χ² over degrees of freedom "
        f"{number(own.law.chi2, 1)}) and a last decade of compute that was held out by "
        f"{number(errors['compute'], 2)}: it describes the middle of the cube, and is no guide "
        "beyond it."
    )
