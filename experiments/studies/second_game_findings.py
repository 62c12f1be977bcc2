"""What the study of several games has found: tables, figures and sentences from a lab's rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from analysis.figures.wording import interval, listed, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.report.study_page import Findings
from analysis.studies.second_game import at_equal_flops, at_nodes, by_board, game_points
from analysis.studies.second_game_figures import (
    board_words,
    climbs_by_game,
    ends_by_size,
    game_words,
    positions_by_frequency,
)
from analysis.studies.second_game_laws import (
    CLIMBING,
    GAME_LAWS,
    LEVELLED,
    UNKNOWN,
    agrees,
    board_laws,
    ends_of,
    laws_by_game,
)
from analysis.studies.second_game_positions import (
    blunders_by_frequency,
    holm,
    inverse_scaling,
    zipf_exponents,
)
from analysis.tables.rows import LabRows
from experiments.studies.met_positions import met_moves
from experiments.studies.second_game_runs import SecondGameConfig


class ToldLaw(NamedTuple):
    """One of `LAWS` in words, and what was published of it."""

    words: str
    published: float
    source: str
    digits: int = 2


TOLD = {
    "elo_per_tenfold": ToldLaw("Elo a decade of training compute", 500, "Jones", 0),
    "factor_per_size": ToldLaw("times the compute for one more row and column", 7, "Jones", 1),
    "exchange": ToldLaw("decades of play that a decade of training replaces", 1.2, "Jones"),
    "size_levelled": ToldLaw("strength by size, levelled off", 0.88, "Neumann, Gros"),
    "size_nodes": ToldLaw("strength by size, equal samples", 0.88, "Neumann, Gros"),
    "size_flops": ToldLaw("strength by size, equal FLOPs a move", 0.6, "Neumann, Gros, appendix"),
    "compute_nodes": ToldLaw("strength by compute", 0.55, "Neumann, Gros"),
    "compute_flops": ToldLaw("strength by compute, equal FLOPs a move", 0.55, "of fixed nodes"),
    "best_nodes": ToldLaw("best size by compute", 0.63, "Neumann, Gros"),
    "best_flops": ToldLaw("best size by compute, equal FLOPs a move", 0.63, "of fixed nodes"),
}
TELLING = ("agrees", "higher", "lower")
"""What `agrees` says of an interval that excludes zero."""
IN_SHORT = {LEVELLED: "level", CLIMBING: "climbs", UNKNOWN: "?"}
CERTAIN = 0.05
"""Chance of a false alarm from which nothing is flagged."""
PAIRS = (
    ("size_nodes", "size_flops"),
    ("compute_nodes", "compute_flops"),
    ("best_nodes", "best_flops"),
)
"""Laws at fixed nodes, and the same at equal FLOPs a move."""


def games_findings(rows: LabRows, config: SecondGameConfig) -> Findings:
    """The findings of the study's own runs; a lab may hold others."""
    runs = [run.run_id for run in config.runs]
    points = game_points(rows, runs)
    fixed, equal = (
        at_nodes(points, config.league_nodes),
        at_equal_flops(points, config.fewest_nodes),
    )
    found = board_laws(fixed, equal, points)
    boards, laws = found.table(), laws_by_game(found.of_games(fixed))
    within = found.within_games()
    moves = met_moves(rows, runs, config.league_nodes)
    keys = ["game", "boardsize", "position"]
    counts = moves.groupby(keys).size().rename("count").reset_index()
    zipf, rates = zipf_exponents(counts), blunders_by_frequency(moves)
    inverse = inverse_scaling(moves)
    exhibits = [
        Exhibit(
            "laws", "Table 1", "Law by game",
            "Exponents are means over the boards of a game. Strength is Bradley and Terry’s, a "
            "tenfold of it 400 Elo. 95 % bootstrap intervals over runs, networks and seeds, and "
            "whether the published number lies in them. Alike: the chance that games of one "
            "exponent differ as much (Cochran’s Q).",
            tables=[_law_table(laws)],
        ),
        Exhibit(
            "strength", "Figure 1", "Strength by training compute",
            f"Leagues with {config.league_nodes} nodes a move; each line a run.",
            figure=climbs_by_game(fixed),
        ),
        Exhibit(
            "sizes", "Figure 2", "Strength by size at the ends of runs",
            f"Solid, {config.league_nodes} nodes a move for all; dashed, equal FLOPs a move, with "
            f"which the largest network has {config.fewest_nodes} nodes. Means over seeds, points "
            "are runs; filled where a network has levelled off.",
            figure=ends_by_size(fixed, equal, found.levelling),
        ),
        Exhibit(
            "exponents", "Table 2", "Exponents board by board",
            "By size: ends of runs of equal length, networks up to the best. By compute: along the "
            "frontier. Best size: on the climb. At fixed nodes, and below at equal FLOPs a move.",
            tables=[_exponents_table(boards)],
        ),
        Exhibit(
            "levelled", "Table 3", "Which networks have learnt all they will",
            "Elo a decade over the last tenfold of a network’s compute, with Student’s 95 % "
            "interval over its seeds and snapshots. Level, if all of it lies below half of what "
            "the board’s frontier gains, the bound; else climbs, if above zero; else unknown (?).",
            tables=[_levelled_table(found.levelling)],
        ),
        Exhibit(
            "ends", "Table 4", "Where runs end",
            "Won and drawn positions of the judged sets thrown away at the end, percent.",
            tables=[_ends_table(fixed, config.judged_nodes)],
        ),
        Exhibit(
            "frequency", "Figure 3", "Positions by how often they are met",
            f"All league games with {config.league_nodes} nodes of a board together. Blunders are "
            "those of the league’s own moves, held against perfect play where something can be "
            "thrown away; Wilson intervals.",
            figure=positions_by_frequency(counts, rates[rates["networks"] == "all"]),
        ),
        Exhibit(
            "zipf", "Table 5", "Zipf’s law and inverse scaling",
            "Frequency ∝ rank to the power −x over positions met twice and more. Inverse: in how "
            "many classes of frequency that can be tested the larger half of the networks blunders "
            "more, run against run by Welch’s test (p < 0.05); corrected: for all classes together "
            "(Holm).",
            tables=[_zipf_table(zipf, rates, inverse)],
        ),
    ]  # fmt: skip
    tables = {
        "points": points, "boards": boards, "laws": laws, "levelling": found.levelling,
        "within_games": within, "zipf": zipf, "frequency": rates, "inverse": inverse,
    }  # fmt: skip
    answer = _answer(laws, within, found.levelling, inverse)
    return Findings(answer, exhibits, tables, _limits(config))


def _limits(config: SecondGameConfig) -> list[str]:
    return [
        f"{config.seeds} seed{'s' if config.seeds > 1 else ''} and {len(config.networks)} "
        "networks a board, so intervals over runs are rough.",
        "Runs of one board are equally long; networks that still climb at their end, or of which "
        "nothing can be told, have no exponent of size at convergence.",
        "Where a game has one board or two, what sets games apart may be their boards and how long "
        "runs are there.",
        "Zero is the best agent of each board, not perfect play, so the factor a board hangs on "
        "how far runs were taken on each.",
        "Small boards: perfect play is near, and strength cannot grow beyond it.",
        "With equal FLOPs a move small networks search many times the tree of large ones; what a "
        "node costs beside the network is not counted.",
        "Moves in one position are alike, and Wilson’s intervals take them for independent: they "
        "are too narrow where few positions are met often.",
        "Positions of leagues in which weak and strong snapshots meet, not of self-play.",
    ]


def _law_table(laws: pd.DataFrame) -> Table:
    names = sorted(laws["game"].unique())
    lines: list[list[Cell | str]] = []
    told = _records(laws)
    for key, law in TOLD.items():
        own = [told[key, game] for game in names]
        cells = [_told(key, line["value"], line["low"], line["high"]) for line in own]
        published = Cell(number(law.published, law.digits), law.source)
        lines.append([law.words, *cells, number(own[0]["alike"], 2), published])
    return Table("Laws.", ["", *map(game_words, names), "alike", "published"], lines)


def _records(laws: pd.DataFrame) -> dict[tuple[str, str], Mapping[Any, Any]]:
    """The rows of `laws_by_game` by law and game."""
    return {(line["law"], line["game"]): line for line in laws.to_dict("records")}


def _told(key: str, value: float, low: float, high: float) -> Cell:
    law = TOLD[key]
    told = agrees(low, high, law.published)
    below = f"{interval(low, high, law.digits)}, {told}" if told != "–" else ""
    return Cell(number(value, law.digits), below)


def _exponents_table(boards: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for line in boards.to_dict("records"):
        for place, kind in enumerate(("fixed nodes", "equal FLOPs")):
            cells = [
                _told(name, line[name], line[f"{name}_low"], line[f"{name}_high"])
                for name in (pair[place] for pair in PAIRS)
            ]
            lines.append([board_words(line["game"], line["boardsize"]), kind, *cells])
    head = ["board", "play", "strength by size", "strength by compute", "best size by compute"]
    return Table("Exponents.", head, lines)


def _levelled_table(levelling: pd.DataFrame) -> Table:
    ordered = levelling.sort_values("parameters")
    lines: list[list[Cell | str]] = []
    for game, size, board in by_board(ordered):
        cells = [
            Cell(
                number(line["slope"]),
                f"{interval(line['low'], line['high'])}, {IN_SHORT[line['verdict']]}",
            )
            for line in board.to_dict("records")
        ]
        lines.append([board_words(game, size), number(board["bound"].iloc[0]), *cells])
    networks = ordered["network"].unique()
    head = ["board", "bound", *(name.replace("x", "×") for name in networks)]
    return Table("Elo a decade at the end.", head, lines)


def _ends_table(points: pd.DataFrame, nodes: Sequence[int]) -> Table:
    last = ends_of(points)
    networks = points.groupby("network")["parameters"].mean().sort_values().index.tolist()
    lines: list[list[Cell | str]] = []
    for game, size, board in by_board(last):
        mean = board.groupby("network")[["raw", "searched"]].mean()
        cells = [
            Cell(
                percent(mean["raw"][name]),
                f"{percent(mean['searched'][name])} with {max(nodes)} nodes"
                if max(nodes) > 1
                else "",
            )
            for name in networks
        ]
        lines.append([board_words(game, size), *cells])
    return Table("Thrown away.", ["board", *(n.replace("x", "×") for n in networks)], lines)


def _zipf_table(zipf: pd.DataFrame, rates: pd.DataFrame, inverse: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for line in zipf.to_dict("records"):
        here = (rates["game"] == line["game"]) & (rates["boardsize"] == line["boardsize"])
        whole = rates[here & (rates["networks"] == "all")].sort_values("met")
        ends = [
            Cell(
                f"{percent(row['rate'])} of {number(row['moves'])}",
                interval(100 * row["low"], 100 * row["high"], 1),
            )
            for row in (whole.iloc[0], whole.iloc[-1])
        ]
        own = inverse[
            (inverse["game"] == line["game"]) & (inverse["boardsize"] == line["boardsize"])
        ]
        flagged = Cell(
            f"{int((own['p'] < CERTAIN).sum())} of {len(own)}",
            f"corrected {int((own['holm'] < CERTAIN).sum())}",
        )
        lines.append(
            [
                board_words(line["game"], line["boardsize"]),
                number(line["positions"]), percent(line["once"]), number(line["exponent"], 2),
                *ends, flagged if len(own) else "too few runs",
            ]
        )  # fmt: skip
    head = ["board", "positions", "met once, %", "x", "rarest, %", "commonest, %", "inverse"]
    return Table("Positions met; blunders in the rarest and the commonest.", head, lines)


def _answer(
    laws: pd.DataFrame, within: pd.DataFrame, levelling: pd.DataFrame, inverse: pd.DataFrame
) -> str:
    """How many numbers agree, how games differ, what has levelled off, and what is flagged."""
    verdicts = [
        agrees(line["low"], line["high"], TOLD[line["law"]].published)
        for line in laws.to_dict("records")
    ]
    count = {word: verdicts.count(word) for word in TELLING}
    ends = levelling["verdict"].value_counts()
    return " ".join([
        f"Of {len(laws)} numbers, law by game, {sum(count.values())} have intervals that exclude "
        f"zero: the published number lies within {count['agrees']} of these, above "
        f"{count['lower']} and below {count['higher']}.",
        *_jones_sentences(laws),
        _alike(laws, within),
        f"Of {len(levelling)} networks and boards {ends.get(LEVELLED, 0)} have levelled off and "
        f"{ends.get(CLIMBING, 0)} still climb; of {ends.get(UNKNOWN, 0)} it cannot be told.",
        _flagged(inverse),
    ])  # fmt: skip


def _jones_sentences(laws: pd.DataFrame) -> list[str]:
    """Slope and factor of each game that has two boards."""
    told, sentences = _records(laws), []
    for game in laws["game"].unique():
        slope, factor = (told[law, game] for law in GAME_LAWS)
        if pd.isna(slope["value"]):
            continue
        row = (
            "how much more one more row and column asks for is undetermined"
            if pd.isna(factor["value"])
            else f"one more row and column asks for {number(factor['value'], 1)} times the compute "
            f"({interval(factor['low'], factor['high'], 1)})"
        )
        sentences.append(
            f"{game_words(game)} gains {number(slope['value'])} Elo a decade "
            f"({interval(slope['low'], slope['high'])}); {row}."
        )
    return sentences


def _alike(laws: pd.DataFrame, within: pd.DataFrame) -> str:
    """In which laws games differ, and whether boards of one game do so as well, with all tests of
    each kind in mind."""
    p = laws.drop_duplicates("law").dropna(subset=["alike"])
    if p.empty:
        return "No law has numbers of two games."
    differ = p.loc[holm(p["alike"].to_numpy(float)) < CERTAIN, "law"]
    if differ.empty:
        return f"In none of {len(p)} laws do the games differ for certain."
    words = listed([f"“{TOLD[law].words}”" for law in differ])
    told = f"Of {len(p)} laws the games differ for certain in {words}."
    if within.empty:
        return told + " No game has two boards, so that may be boards rather than games."
    boards = within.loc[holm(within["alike"].to_numpy(float)) < CERTAIN, "law"].nunique()
    return f"{told} Boards of one game differ for certain in {boards} laws."


def _flagged(inverse: pd.DataFrame) -> str:
    """Where larger networks blunder more, before and after all tests are had in mind."""
    if inverse.empty:
        return "Too few runs to tell whether larger networks blunder more where positions are rare."
    alone, corrected = ((inverse[column] < CERTAIN).sum() for column in ("p", "holm"))
    return (
        f"Larger networks blunder more in {alone} of {len(inverse)} classes of positions by how "
        f"often they are met, {len(inverse) * CERTAIN:.1f} expected by chance; with all classes in "
        f"mind {corrected or 'none'} {'stands' if corrected < 2 else 'stand'}."
    )
