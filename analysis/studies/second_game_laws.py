"""The laws of several games side by side: exponents of strength and size, slopes and exchanges.

A law is told of each board, and of a game as the mean over its boards, each with the draws of a
bootstrap over runs, networks and seeds alike. Boards are drawn independently of each other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.stats

from analysis.laws.frontier import sample_frontiers
from analysis.laws.law import fit_law, slope_and_draws
from analysis.laws.model_size import fit_optimal_size
from analysis.laws.search.exchange import fit_exchange
from analysis.statistics.bootstrap import percentile_interval
from analysis.studies.second_game import by_board
from games.errors import InputError

DECADE = 400.0
"""Elo of a tenfold Bradley-Terry strength: exponents are of strength, as Neumann and Gros have it,
slopes of Elo are 400 times as large."""
LEVEL = 0.95
RESAMPLES = 200
FEWEST_SIZES = 3
"""Networks up to the best one, of which an exponent is told."""
LAST_STRETCH = 10.0
"""The end of a run that says whether it has levelled off: the last so many times its compute."""
LEVELLED, CLIMBING, UNKNOWN = "levelled off", "still climbing", "cannot tell"


class Estimate(NamedTuple):
    """A number with its bootstrap."""

    value: float
    draws: np.ndarray  # [R]; empty where there is no number

    @property
    def interval(self) -> tuple[float, float]:
        """The middle 95 % of the draws."""
        return percentile_interval(self.draws, LEVEL)


NOTHING = Estimate(np.nan, np.array([]))


def mean_of(estimates: Sequence[Estimate]) -> Estimate:
    """The mean of independent estimates; those that are no number are left out.

    Their draws are paired at random: all began from the same seed, so that the same draw of two
    boards may miss the same network.
    """
    known = [each for each in estimates if np.isfinite(each.value)]
    if not known:
        return NOTHING
    rng = np.random.default_rng(0)
    draws = np.mean([rng.permutation(each.draws) for each in known], axis=0)
    return Estimate(float(np.mean([each.value for each in known])), draws)


class Plays(NamedTuple):
    """The trained agents of a board, by how they play."""

    fixed: pd.DataFrame  # with the same nodes
    equal: pd.DataFrame  # with equal FLOPs a move
    all: pd.DataFrame  # with whatever was played
    levelled: frozenset[str]  # networks that have levelled off, by name


BOARD_LAWS: dict[str, Callable[[Plays], Estimate]] = {
    "size_levelled": lambda plays: strength_by_size(
        plays.fixed[plays.fixed["network"].isin(plays.levelled)]
    ),
    "size_nodes": lambda plays: strength_by_size(plays.fixed),
    "size_flops": lambda plays: strength_by_size(plays.equal),
    "compute_nodes": lambda plays: strength_by_compute(plays.fixed),
    "compute_flops": lambda plays: strength_by_compute(plays.equal),
    "best_nodes": lambda plays: best_size_by_compute(plays.fixed),
    "best_flops": lambda plays: best_size_by_compute(plays.equal),
    "exchange": lambda plays: exchange(plays.all),
}
"""Of one board: strength ∝ parameters^x at the ends of runs, over networks that have levelled off
or over all, at fixed nodes or at fixed FLOPs; strength ∝ compute^x along the frontier; best size ∝
compute^x on the climb; and how many decades of play a decade of training replaces."""
GAME_LAWS = ("elo_per_tenfold", "factor_per_size")
"""Jones's, of all boards of a game together."""
LAWS = (*GAME_LAWS, *BOARD_LAWS)


def board_laws(fixed: pd.DataFrame, equal: pd.DataFrame, every: pd.DataFrame) -> Laws:
    """Every law of every board.

    Args:
        fixed: the agents that play with the same nodes, from `analysis.studies.second_game`.
        equal: those that spend equal FLOPs a move.
        every: all.
    """
    trained = [frame[frame["train_flops"] > 0] for frame in (fixed, equal, every)]
    found, levelling = {}, []
    for game, size, board in by_board(trained[0]):
        here = [
            frame[(frame["game"] == game) & (frame["boardsize"] == size)] for frame in trained[1:]
        ]
        slope = strength_by_compute(board).value * DECADE
        ends = levelling_off(board, slope).assign(game=game, boardsize=size)
        levelling.append(ends)
        names = frozenset(ends.loc[ends["verdict"] == LEVELLED, "network"])
        plays = Plays(board, here[0], here[1], names)
        found[game, size] = {name: law(plays) for name, law in BOARD_LAWS.items()}
    return Laws(found, pd.concat(levelling, ignore_index=True))


@dataclasses.dataclass(frozen=True)
class Laws:
    """The laws of every board."""

    boards: Mapping[tuple[str, int], Mapping[str, Estimate]]
    levelling: pd.DataFrame  # a row a network and board, from `levelling_off`

    def table(self) -> pd.DataFrame:
        """A row a board: game, boardsize, and of each law its value, `_low` and `_high`."""
        return pd.DataFrame(
            [
                {"game": game, "boardsize": size} | _told(laws)
                for (game, size), laws in self.boards.items()
            ]
        )

    def of_games(self, fixed: pd.DataFrame) -> dict[str, dict[str, Estimate]]:
        """Each of `LAWS` by game: Jones's two of all its boards, the others as means over them.

        Args:
            fixed: as in `board_laws`.
        """
        found = {}
        for game in sorted({game for game, _ in self.boards}):
            own = [laws for (name, _), laws in self.boards.items() if name == game]
            means = {law: mean_of([laws[law] for laws in own]) for law in BOARD_LAWS}
            found[game] = jones_law(fixed[fixed["game"] == game]) | means
        return found

    def within_games(self) -> pd.DataFrame:
        """Whether boards of one game are alike: law, game, alike (`homogeneity`), a row a law and
        game of which two boards and more have numbers."""
        lines = []
        for game in sorted({game for game, _ in self.boards}):
            own = [laws for (name, _), laws in self.boards.items() if name == game]
            lines += [(law, game, homogeneity([laws[law] for laws in own])) for law in BOARD_LAWS]
        columns = pd.Index(["law", "game", "alike"])
        return pd.DataFrame(lines, columns=columns).dropna(ignore_index=True)


def _told(laws: Mapping[str, Estimate]) -> dict[str, Any]:
    line: dict[str, Any] = {}
    for name, estimate in laws.items():
        low, high = estimate.interval
        line |= {name: estimate.value, f"{name}_low": low, f"{name}_high": high}
    return line


def laws_by_game(games: Mapping[str, Mapping[str, Estimate]]) -> pd.DataFrame:
    """A row a law and game: law, game, value, low, high, and `alike`, the chance that games of one
    exponent differ as much as these (`homogeneity`)."""
    lines = []
    for law in LAWS:
        own = {game: laws[law] for game, laws in games.items()}
        alike = homogeneity(list(own.values()))
        lines += [(law, game, each.value, *each.interval, alike) for game, each in own.items()]
    columns = ["law", "game", "value", "low", "high", "alike"]
    return pd.DataFrame(lines, columns=pd.Index(columns))


def homogeneity(estimates: Sequence[Estimate]) -> float:
    """The chance that independent estimates of one number lie as far apart as these; NaN of fewer
    than two.

    Cochran's Q (Biometrics 10, 1954): squares of what they are off their weighted mean, in units of
    their errors, are chi-squared. An error is half the width of the middle 68 % of the draws.
    """
    known = [each for each in estimates if np.isfinite(each.value)]
    if len(known) < 2:
        return float("nan")
    values = np.array([each.value for each in known])
    ends = [percentile_interval(each.draws, 0.6827) for each in known]
    errors = np.array([(high - low) / 2 for low, high in ends])
    if not (np.isfinite(errors).all() and (errors > 0).all()):
        return float("nan")
    weights = errors**-2
    off = values - weights @ values / weights.sum()
    return float(scipy.stats.chi2.sf(weights @ off**2, len(known) - 1))


def side_of(size: int) -> int | None:
    """Side of a board whose size is a side, or rows and columns in two digits; none if they
    differ."""
    if size < 20:
        return size
    rows, columns = divmod(size, 10)
    return rows if rows == columns else None


def jones_law(fixed: pd.DataFrame) -> dict[str, Estimate]:
    """Jones's slope in Elo a decade and factor a board, of a game with two boards and more.

    Args:
        fixed: agents of one game with the same nodes.
    """
    sides = fixed["boardsize"].map(side_of)
    own = fixed.assign(boardsize=sides)[(fixed["train_flops"] > 0) & sides.notna()]
    own = own.astype({"boardsize": int})
    if own["boardsize"].nunique() < 2:
        return dict.fromkeys(GAME_LAWS, NOTHING)
    fit = fit_law(own, resamples=RESAMPLES)
    found = {}
    for name in GAME_LAWS:
        draws = np.array([getattr(draw, name) for draw in fit.draws])
        known = np.isfinite(fit.known(name))
        found[name] = Estimate(fit.known(name), draws) if known else NOTHING
    return found


def ends_of(points: pd.DataFrame) -> pd.DataFrame:
    """The last snapshot of each run."""
    return points[points["index"] == points.groupby("run_id")["index"].transform("max")]


def strength_by_size(points: pd.DataFrame) -> Estimate:
    """x of strength ∝ parameters^x at the ends of a board's runs, up to the best network."""
    last = ends_of(points)
    mean = last.groupby("parameters")["elo"].mean()
    if len(mean):
        last = last[last["parameters"] <= mean.idxmax()]
    if last["parameters"].nunique() < FEWEST_SIZES:
        return NOTHING
    x, y = np.log10(last["parameters"].to_numpy(float)), last["elo"].to_numpy() / DECADE
    drawn = np.random.default_rng(0).integers(len(x), size=(RESAMPLES, len(x)))
    return Estimate(slope_of(x, y), np.array([slope_of(x[d], y[d]) for d in drawn]))


def slope_of(x: np.ndarray, y: np.ndarray) -> float:
    """Of y over x by least squares; NaN where x does not vary."""
    off = x - x.mean()
    return float(off @ y / (off @ off)) if np.ptp(x) else float("nan")


def strength_by_compute(points: pd.DataFrame) -> Estimate:
    """x of strength ∝ training compute^x along the frontier of a board."""
    sample = sample_frontiers(points, resamples=RESAMPLES)
    slope, draws, _ = slope_and_draws(sample.flops, sample.whole["elo"].to_numpy(), sample.elo)
    return Estimate(slope / DECADE, draws / DECADE)


def best_size_by_compute(points: pd.DataFrame) -> Estimate:
    """x of best size ∝ training compute^x on the climb of a board."""
    try:
        fit = fit_optimal_size(points, resamples=RESAMPLES)
    except InputError:
        return NOTHING
    return Estimate(fit.climb_exponent, np.array(fit.climb_draws))


def exchange(points: pd.DataFrame) -> Estimate:
    """Decades of play that a decade of training replaces on a board, −s of Jones's isoquants.

    Through the isoquants, as he found it, not by a surface over all agents: at equal FLOPs of play
    a large network with few nodes and a small one with many are no equals, and isoquants keep the
    cheaper.
    """
    try:
        fit = fit_exchange(points, resamples=RESAMPLES)
    except InputError:
        return NOTHING
    return Estimate(-fit.paper.slope, -np.array([draw.slope for draw in fit.paper_draws]))


def levelling_off(points: pd.DataFrame, frontier: float) -> pd.DataFrame:
    """Which networks of a board have learnt all they will, by the end of their runs.

    Over the last tenfold of its compute a network's Elo is regressed on the logarithm of compute,
    each seed with a constant of its own. It has levelled off where the 95 % interval of that slope
    (Student's, from the residuals) lies below half of what the frontier of the board gains, and
    still climbs where it lies above zero; of neither nothing is said.

    Args:
        points: trained agents of one board with the same nodes.
        frontier: Elo a decade along its frontier.

    Returns:
        A row a network: network, parameters, slope, low, high (Elo a decade), bound, verdict.
    """
    lines = []
    for (parameters, network), runs in points.groupby(["parameters", "network"]):
        most = runs.groupby("run_id")["train_flops"].transform("max")
        last = runs[runs["train_flops"] * LAST_STRETCH >= most * (1 - 1e-9)]
        slope, low, high = slope_within(
            np.log10(last["train_flops"].to_numpy(float)),
            last["elo"].to_numpy(), last["run_id"].to_numpy(),
        )  # fmt: skip
        bound = frontier / 2
        verdict = LEVELLED if high < bound else (CLIMBING if low > 0 else UNKNOWN)
        lines.append((network, parameters, slope, low, high, bound, verdict))
    columns = ["network", "parameters", "slope", "low", "high", "bound", "verdict"]
    return pd.DataFrame(lines, columns=pd.Index(columns))


def slope_within(x: np.ndarray, y: np.ndarray, group: np.ndarray) -> tuple[float, float, float]:
    """Slope of y over x [N] with a constant for each group, and its 95 % interval by Student's t;
    without an interval where no degree of freedom is left."""
    _, number = np.unique(group, return_inverse=True)
    count = np.bincount(number)
    off_x, off_y = (v - (np.bincount(number, v) / count)[number] for v in (x, y))
    square = float(off_x @ off_x)
    if square == 0:
        return float("nan"), float("nan"), float("nan")
    slope, freedom = float(off_x @ off_y) / square, len(x) - len(count) - 1
    if freedom < 1:
        return slope, float("nan"), float("nan")
    error = np.sqrt(np.sum((off_y - slope * off_x) ** 2) / freedom / square)
    reach = float(scipy.stats.t.ppf((1 + LEVEL) / 2, freedom) * error)
    return slope, slope - reach, slope + reach


def agrees(low: float, high: float, published: float) -> str:
    """Whether a published number lies in an interval that excludes zero, in a word."""
    if np.isnan(low) or np.isnan(high):
        return "–"
    if round(low, 2) <= 0:
        return "too wide"
    return "agrees" if low <= published <= high else ("higher" if low > published else "lower")
