"""What the published λ of Jones 2021 does, in numbers: the ablation's rows, ready for tables.

A table is a mapping of rows, each a mapping of columns to text; a row lacks what it has not. Rules
go by name: `jones` has the published λ, `grill C` the correct one with constant C. Networks are the
same under every rule that plays, so rules are compared within a run, and intervals are over runs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd
import scipy.stats

from analysis.figures.wording import number
from analysis.laws.search.exchange import fit_exchange
from games.errors import InputError

PUBLISHED = "jones"

Rows = dict[str, dict[str, str]]


def grill(c: float) -> str:
    """Name of the correct rule with constant c."""
    return f"grill {c:g}"


def constant(play: str) -> float:
    """The c of `grill c`."""
    return float(play.removeprefix("grill "))


def correct(plays: Iterable[str]) -> list[str]:
    """The correct rules among these, c rising."""
    return sorted({play for play in plays if play.startswith("grill ")}, key=constant)


def own_play(judged: pd.DataFrame) -> Rows:
    """Blunders of networks under the rule that trained them: a row a training, a column a search.

    Args:
        judged: columns trained, train_nodes, play, nodes, rate.
    """
    own = judged[judged["trained"] == judged["play"]]
    return {
        f"{trained}, {train_nodes} nodes": _spreads(group, "nodes", " nodes")
        for (trained, train_nodes), group in own.groupby(["trained", "train_nodes"], sort=False)  # pyright: ignore[reportGeneralTypeIssues]
    }


def across(judged: pd.DataFrame, train_nodes: int, nodes: int) -> Rows:
    """Blunders of networks under every rule: a row a rule that trained, a column one that plays."""
    here = judged[(judged["train_nodes"] == train_nodes) & (judged["nodes"] == nodes)]
    several = here.groupby("trained")["play"].transform("nunique") > 1
    return {
        str(trained): _spreads(group.sort_values("play", key=_in_order), "play")
        for trained, group in here[several].groupby("trained", sort=False)
    }


def against_published(judged: pd.DataFrame) -> Rows:
    """Blunders less those of the same networks under the published rule, in percent of the won
    positions: a row a rule, a column a search."""
    rates = 100 * judged.pivot_table(values="rate", index="run_id", columns=["nodes", "play"])
    rows: Rows = {}
    columns: list[tuple[int, str]] = list(rates.columns)  # pyright: ignore[reportAssignmentType]
    for nodes, play in columns:
        if nodes > 1 and play != PUBLISHED:
            lead = (rates[nodes, play] - rates[nodes, PUBLISHED]).dropna()
            rows.setdefault(play, {})[f"{nodes} nodes"] = mean_interval(lead, 1)
    return {play: rows[play] for play in correct(rows)}


def _in_order(plays: pd.Series) -> pd.Series:
    """The published rule first, then c rising."""
    return plays.map(lambda play: 0.0 if play == PUBLISHED else constant(str(play)))


def _spreads(group: pd.DataFrame, column: str, unit: str = "") -> dict[str, str]:
    return {
        f"{name}{unit}": _spread(100 * cell["rate"].to_numpy(), 1)
        for name, cell in group.groupby(column, sort=False)
    }


def search_gains(points: pd.DataFrame, resamples: int) -> Rows:
    """What search gains under each rule, and what training is worth in search.

    Args:
        points: columns run_id, index, play, nodes, elo, train_flops, test_flops.
        resamples: bootstrap resamples of the exchange.
    """
    slopes = per_decade(points)
    counts = sorted(points["nodes"].unique().tolist())
    steps = {f"{a} to {b}": gain(points, a, b) for a, b in itertools.pairwise(counts)}
    rows = {}
    for play in [PUBLISHED, *correct(points["play"])]:
        rows[play] = {
            "Elo a decade of nodes": mean_interval(slopes[play]),
            "less jones": ""
            if play == PUBLISHED
            else mean_interval(slopes[play] - slopes[PUBLISHED]),
            **{f"{step} nodes": mean_interval(values[play]) for step, values in steps.items()},
            "decades of search a decade of training": _exchange(points, play, resamples),
        }
    return rows


def _exchange(points: pd.DataFrame, play: str, resamples: int) -> str:
    try:
        fit = fit_exchange(points[points["play"] == play], resamples=resamples)
    except InputError:
        return "–"
    low, high = fit.interval("surface", "slope")
    rate = number(-fit.surface.exchange.slope, 2)
    return f"{rate} ({number(-high, 2)} to {number(-low, 2)})"


def per_decade(points: pd.DataFrame) -> pd.DataFrame:
    """Elo a decade of nodes, by least squares for each snapshot, then the mean of each run's.

    Returns:
        A row a run, a column a rule.
    """

    def slope(agent: pd.DataFrame) -> float:
        return float(np.polyfit(np.log10(agent["nodes"]), agent["elo"], 1)[0])

    return _by_run(points, slope)


def gain(points: pd.DataFrame, fewer: int, more: int) -> pd.DataFrame:
    """Elo gained from `fewer` to `more` nodes; a mean, a row and a column as in `per_decade`."""

    def step(agent: pd.DataFrame) -> float:
        elo = agent.set_index("nodes")["elo"]
        return float(elo[more] - elo[fewer])

    return _by_run(points, step)


def _by_run(points: pd.DataFrame, measure: Callable[[pd.DataFrame], float]) -> pd.DataFrame:
    rows = [
        {"run_id": agent["run_id"].iloc[0], "play": agent["play"].iloc[0], "value": measure(agent)}
        for _, agent in points.groupby(["run_id", "index", "play"])
    ]
    return pd.DataFrame(rows).pivot_table(values="value", index="run_id", columns="play")


def mean_interval(values: pd.Series, digits: int = 0) -> str:
    """Mean of one value a run, and half the width of its 95 % interval (Student's t)."""
    half = scipy.stats.t.ppf(0.975, len(values) - 1) * scipy.stats.sem(values)
    return f"{number(float(np.mean(values)), digits)} ± {number(float(half), digits)}"


def equal_constants(judged: pd.DataFrame) -> Rows:
    """The correct c that is as sharp as the published rule, by nodes.

    Args:
        judged: columns run_id, play, nodes, entropy.
    """
    several = judged[judged["nodes"] > 1]
    return {
        f"{nodes} nodes": {"c": _spread(equal_c(of_size), 2)}
        for nodes, of_size in several.groupby("nodes")
    }


def equal_c(judged: pd.DataFrame) -> np.ndarray:
    """The correct c whose policies have the entropy of the published rule's, one a run.

    Entropy rises with λ, hence with c. It is interpolated in log c; NaN beyond the constants tried.

    Args:
        judged: columns run_id, play, entropy; one search size.
    """
    found = []
    for _, run in judged.groupby("run_id"):
        entropy = run.set_index("play")["entropy"]
        plays = correct(entropy.index)
        curve = np.maximum.accumulate(entropy[plays].to_numpy())
        log_c = np.log([constant(play) for play in plays])
        aim = float(entropy[PUBLISHED])
        found.append(np.exp(np.interp(aim, curve, log_c, left=np.nan, right=np.nan)))
    return np.array(found)


def _spread(values: np.ndarray, digits: int) -> str:
    """Mean, lowest and highest; a dash without values."""
    known = values[~np.isnan(values)]
    if not len(known):
        return "–"
    low, high = number(known.min(), digits), number(known.max(), digits)
    return f"{number(known.mean(), digits)} ({low}–{high})"
