"""How often agents fail against perfect play, of the games that could be won at all.

Agents meet the exact solver in pairs of games: one opening, both colours. If the position after the
opening is won for one of the two colours, exactly one game of the pair can be won by the agent, and
the perfect player wins the other whatever the agent does. If it is a draw, the agent can hold both
games. Either way a pair offers one point and no more. An agent that never errs scores one half, and
the share of its points says little; what tells agents apart is

    points dropped / points on offer = (pairs − wins − draws / 2) / pairs,

in a game without draws the share of winnable games that it failed to win.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.stats

from analysis.ratings.direct import WIDE, tally


def failures(matches: pd.DataFrame, agents: pd.DataFrame, level: float = WIDE) -> pd.DataFrame:
    """Points dropped per point on offer of each agent that met the perfect player of its board.

    Args:
        matches: columns black_id, white_id, black_wins, white_wins and maybe draws, of games that
            count; of any stage. Only those with a perfect player are looked at.
        agents: columns id, kind, boardsize.
        level: of Clopper and Pearson's interval, which never covers less than it says. Half points
            go into the same quantiles; what a pair drops then spreads less than a coin would, so
            the interval is rather too wide.

    Returns:
        Columns boardsize, player, winnable (points on offer), failures (points dropped), rate,
        low, high. Where the games do not come
        in pairs (one colour has more than the other) nobody can tell how many could be won from
        counts alone, and winnable to high are empty.
    """
    perfect = set(agents.loc[agents["kind"] == "perfect", "id"])
    met = tally(matches, perfect)
    met = met[~met["player"].isin(perfect)]
    met = met.assign(games=met["wins"] + met["losses"])
    rows = []
    for player, colours in met.groupby("player"):
        games = colours.groupby("colour")["games"].sum()
        pairs, points = int(games.max()), float(colours["wins"].sum())  # a draw is half a win
        row: dict[str, object] = {"player": player}
        if pairs and len(games) == 2 and games.nunique() == 1 and points <= pairs:
            dropped = pairs - points
            low, high = _clopper_pearson(dropped, pairs, level)
            row |= {
                "winnable": pairs, "failures": dropped, "rate": dropped / pairs, "low": low,
                "high": high,
            }  # fmt: skip
        rows.append(row)
    columns = ["boardsize", "player", "winnable", "failures", "rate", "low", "high"]
    found = pd.DataFrame(rows, columns=pd.Index(columns))
    found["boardsize"] = found["player"].map(agents.set_index("id")["boardsize"])
    numbers = columns[2:]
    found[numbers] = found[numbers].astype(float).fillna(np.nan)
    return found.sort_values(["boardsize", "player"], ignore_index=True)


def _clopper_pearson(count: float, total: int, level: float) -> tuple[float, float]:
    """Quantiles of the two Beta distributions of Clopper & Pearson 1934, Biometrika 26."""
    outside = (1 - level) / 2
    low = scipy.stats.beta.ppf(outside, count, total - count + 1) if count > 0 else 0.0
    high = scipy.stats.beta.ppf(1 - outside, count + 1, total - count) if count < total else 1.0
    return float(low), float(high)
