"""All exhibits of the three-way law of a cube, with its tables and the law as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from analysis.figures.wording import number
from analysis.laws.threeway.break_even import plan_table
from analysis.laws.threeway.stored import as_json, stored_law
from analysis.report.exhibits.base import Exhibit, board
from analysis.report.exhibits.three_way.best_size import best_size_exhibit
from analysis.report.exhibits.three_way.claims import law_answer
from analysis.report.exhibits.three_way.exchange import exchange_exhibits
from analysis.report.exhibits.three_way.plans import plans_exhibits
from analysis.studies.three_way_laws import BoardLaw, joined, laws_of

LAW_FILE = "law"
"""Name of the file of laws, which `hexlaw advise` reads."""


class LawFindings(NamedTuple):
    """What the three-way law adds to the findings of a study."""

    answer: str
    exhibits: list[Exhibit]
    tables: Mapping[str, pd.DataFrame]
    documents: Mapping[str, Any]
    limits: list[str]


def law_findings(cube: pd.DataFrame, resamples: int = 100) -> LawFindings:
    """The law of a cube (as from `analysis.tables.cube.cube_frame`) and its exhibits."""
    laws = laws_of(cube, resamples=resamples)
    limits = [f"{board(size)}: {reason}." for size, reason in laws.refused.items()]
    if not laws.boards:
        return LawFindings(law_answer(laws), [], {}, {LAW_FILE: as_json([])}, limits)
    plans = pd.concat(
        [plan_table(own.plans).assign(boardsize=own.boardsize) for own in laws.boards]
    )
    return LawFindings(
        law_answer(laws),
        [*exchange_exhibits(laws), best_size_exhibit(laws), *plans_exhibits(laws)],
        {
            "law_forms": laws.compared,
            "law_rates": joined(laws.boards, "by_form"),
            "law_frontier": joined(laws.boards, "frontier"),
            "law_worth": joined(laws.boards, "worth"),
            "law_plans": plans,
            "law_forecasts": joined(laws.boards, "forecasts"),
        },
        {LAW_FILE: as_json([stored_law(own.cells, own.law) for own in laws.boards])},
        [
            *limits,
            *(_closeness(own, laws.compared) for own in laws.boards),
            "The law’s intervals draw runs anew; they do not tell of a law of another form. Its "
            "errors, and the rates of the other forms, do.",
            "Size rates compare networks after the same games; larger networks play dearer games.",
        ],
    )


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
