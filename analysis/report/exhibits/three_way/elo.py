"""What a blunder rate is in Elo, and the rates by either."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.figures.wording import interval, listed, number
from analysis.laws.threeway.elo_map import EloMap, elo_map, rated_agents
from analysis.report.exhibits.base import Cell, Exhibit, Table, board, cell
from analysis.report.exhibits.three_way.exchange import rate_cell
from analysis.studies.three_way_elo_figure import elo_figure
from analysis.studies.three_way_laws import CubeLaws
from games.errors import InputError


def elo_maps(
    laws: CubeLaws, cube: pd.DataFrame, ratings: Mapping[int, pd.DataFrame]
) -> dict[int, EloMap]:
    """The map of each board whose agents were rated.

    Args:
        laws: of the boards, for their forms.
        cube: as from `analysis.tables.cube.cube_frame`.
        ratings: by board, columns run, snapshot, nodes, elo, error; perfect play is 0.
    """
    found = {}
    for own in laws.boards:
        if (size := own.boardsize) not in ratings:
            continue
        agents = rated_agents(cube[cube["boardsize"] == size], ratings[size])
        try:
            found[size] = elo_map(agents, own.law.form.name)
        except InputError:
            continue
    return found


def elo_exhibit(laws: CubeLaws, maps: Mapping[int, EloMap]) -> Exhibit:
    """The maps, drawn and told."""
    extra = listed([
        f"{number(found.by_search[0])} ({interval(*found.by_search[1:])}) on {board(size)}"
        for size, found in maps.items()
    ])  # fmt: skip
    left = listed([
        f"{number(found.misfit)} on {board(size)}, where ratings err by {number(found.error)}"
        for size, found in maps.items()
    ])  # fmt: skip
    return Exhibit(
        "elo", "Law 10", "What a blunder rate is in Elo",
        "Agents of the cube in a league with perfect play, which is 0 Elo: dots, dark with much "
        "search. Lines: the map of raw policies, a square of log-odds, with its 95 % band by runs. "
        "Any rising map leaves exchange rates as they are; what could change them is Elo that "
        f"blunders do not tell. At equal blunders a decade of nodes adds {extra} Elo (95 % "
        f"intervals). The map misses agents by {left} Elo, so that a blunder rate is no more than "
        "a rough guide to Elo: positions of play are not those that a game between two networks "
        "comes to, and what one network gets wrong many meet. Strong networks stand above 0: "
        "where perfect play is lost it plays any move, and does not resist. The second table fits "
        "the law to Elo itself, of these fewer agents.",
        figure=elo_figure(maps), tables=[_map_table(maps), _rates_table(laws, maps)],
    )  # fmt: skip


def _map_table(maps: Mapping[int, EloMap]) -> Table:
    lines: list[list[Cell | str]] = [
        [
            f"{board(size)}, {100 * line['blunder_rate']:g} %",
            cell(line["elo"], (line["low"], line["high"])),
        ]
        for size, found in maps.items()
        for line in found.told.to_dict("records")
    ]
    return Table("Elo of raw policies, perfect play 0.", ["board, blunders", "Elo"], lines)


def _rates_table(laws: CubeLaws, maps: Mapping[int, EloMap]) -> Table:
    by_blunders = {own.boardsize: own.rates.set_index("blunder_rate") for own in laws.boards}
    lines: list[list[Cell | str]] = []
    for size, found in maps.items():
        theirs = by_blunders[size].to_dict("index")
        for line in found.rates.to_dict("records"):
            level = line["blunder_rate"]
            lines.append([
                f"{board(size)}, {number(line['elo'])} Elo ({100 * level:g} %)",
                rate_cell(line, "training"),
                rate_cell(theirs[level], "training") if level in theirs else Cell("–"),
            ])  # fmt: skip
    return Table(
        "Decades of search that a decade of training replaces at a fixed network.",
        ["board, strength", "by Elo", "by blunders"], lines,
    )  # fmt: skip
