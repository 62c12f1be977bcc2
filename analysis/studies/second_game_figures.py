"""Several games side by side: strength by compute, positions by how often they are met."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter, StrMethodFormatter

from analysis.figures import theme
from analysis.figures.theme import AXIS_LABELS, INK, SERIES, log_axis, themed
from analysis.studies.second_game import by_board
from analysis.studies.second_game_laws import LEVELLED, ends_of
from games.text.numbers import side_by_side

WHOLE = StrMethodFormatter("{x:,.0f}")
IN_A_ROW = 4
"""Panels of boards."""


def game_words(game: str) -> str:
    """A game in words: `Connect Four`."""
    return game.replace("_", " ").title()


def board_words(game: str, size: int) -> str:
    """A board in words: `Connect Four 4×4`."""
    return f"{game_words(game)} {side_by_side(size)}"


def climbs_by_game(points: pd.DataFrame) -> Figure:
    """A panel a board, a line a run in the colour of its network; Elo above, compute along.

    Args:
        points: from `analysis.studies.second_game.game_points`.
    """
    boards = by_board(points)
    networks = points.groupby("network")["parameters"].mean().sort_values().index.tolist()
    colours = {name: SERIES[k % len(SERIES)] for k, name in enumerate(networks)}
    with themed():
        figure, panels = _panels(boards)
        for axes, (_, _, board) in zip(panels, boards, strict=True):
            trained = board[board["train_flops"] > 0]
            for _, run in trained.groupby("run_id"):
                colour = colours[run["network"].iloc[0]]
                axes.plot(run["train_flops"], run["elo"], color=colour, lw=1.2, marker="o", ms=2)
        figure.supxlabel(AXIS_LABELS["train_flops"], fontsize=10, color=INK)
        _legend(figure, {name.replace("x", "×"): colours[name] for name in networks}, "network")
    return figure


def ends_by_size(fixed: pd.DataFrame, equal: pd.DataFrame, levelling: pd.DataFrame) -> Figure:
    """A panel a board: Elo of the ends of runs by parameters, with fixed nodes and with equal FLOPs
    a move.

    Args:
        fixed: from `analysis.studies.second_game.at_nodes`.
        equal: from `analysis.studies.second_game.at_equal_flops`.
        levelling: from `analysis.studies.second_game_laws.levelling_off`, of all boards.
    """
    boards = by_board(fixed)
    with themed():
        figure, panels = _panels(boards)
        for axes, (game, size, _) in zip(panels, boards, strict=True):
            of_board = levelling[(levelling["game"] == game) & (levelling["boardsize"] == size)]
            levelled = of_board.loc[of_board["verdict"] == LEVELLED, "network"]
            for play, colour, style in ((fixed, SERIES[0], "-"), (equal, SERIES[1], "--")):
                own = play[(play["game"] == game) & (play["boardsize"] == size)]
                last = ends_of(own[own["train_flops"] > 0])
                mean = last.groupby("parameters")["elo"].mean()
                axes.plot(mean.index, mean, color=colour, lw=1.4, ls=style)
                filled = last["network"].isin(levelled)
                for points, face in ((last[filled], colour), (last[~filled], "none")):
                    axes.scatter(points["parameters"], points["elo"], s=12, lw=0.8,
                                 facecolors=face, edgecolors=colour)  # fmt: skip
        figure.supxlabel("parameters", fontsize=10, color=INK)
        _legend(figure, {"fixed nodes": SERIES[0], "equal FLOPs a move": SERIES[1]}, "")
    return figure


def _panels(boards: Sequence[tuple[str, int, pd.DataFrame]]) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for each board, at most four in a row: Elo over a logarithm."""
    columns = min(len(boards), IN_A_ROW)
    rows = -(-len(boards) // columns)
    figure = Figure(figsize=(theme.WIDTH, 1 + 2 * rows))
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for axes, (game, size, _) in zip(grid, boards, strict=False):
        axes.set_title(board_words(game, size), fontsize=9)
        axes.set_xscale("log")
        log_axis(axes.xaxis)
    for spare in grid[len(boards) :]:
        spare.remove()
    figure.supylabel("Elo, the board’s best 0", fontsize=10, color=INK)
    return figure, grid[: len(boards)].tolist()


def positions_by_frequency(counts: pd.DataFrame, rates: pd.DataFrame) -> Figure:
    """Left Zipf's plot, how often a position is met by its rank; right, blunders by how often.

    Args:
        counts: columns game, boardsize, count, a row a position.
        rates: columns game, boardsize, met (a class's middle), rate, low, high.
    """
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.3))
        left, right = figure.subplots(1, 2)
        colours: dict[str, str] = {}
        for k, (game, size, board) in enumerate(by_board(counts)):
            colours[board_words(game, size)] = colour = SERIES[k % len(SERIES)]
            own = board["count"].sort_values(ascending=False).to_numpy()
            left.plot(np.arange(1, len(own) + 1), own, color=colour, lw=1.2)
            here = (rates["game"] == game) & (rates["boardsize"] == size)
            rate = rates[here].sort_values("met")
            right.plot(rate["met"], 100 * rate["rate"], color=colour, lw=1.2, marker="o", ms=3)
            right.vlines(rate["met"], 100 * rate["low"], 100 * rate["high"], color=colour, lw=0.7)
        for axes, title in ((left, "How often positions are met"), (right, "Blunders there, %")):
            axes.set_xscale("log")
            axes.set_title(title)
            axes.xaxis.set_major_formatter(WHOLE)
            axes.xaxis.set_minor_formatter(NullFormatter())
        left.set_yscale("log")
        left.yaxis.set_major_formatter(WHOLE)
        left.yaxis.set_minor_formatter(NullFormatter())
        left.set_xlabel("rank of the position")
        right.set_xlabel("times met")
        _legend(figure, colours, "")
    return figure


def _legend(figure: Figure, colours: dict[str, str], title: str) -> None:
    handles = [Line2D([], [], color=colour, lw=1.8, label=name) for name, colour in colours.items()]
    figure.legend(
        handles=handles, loc="outside upper left", ncols=len(handles), fontsize=8,
        title=title or None, title_fontsize=9, alignment="left",
    )  # fmt: skip
