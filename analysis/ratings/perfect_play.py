"""How often agents fail against perfect play, of the games that could be won at all.

Agents meet the exact solver in pairs of games: one opening, both colours. After the opening the
position is won for one of the two colours, so of each pair exactly one game can be won by the
agent, and the perfect player wins the other whatever the agent does. An agent that never errs
scores one half, and the share of its points says little; what tells agents apart is

    failures / winnable games = (pairs − wins) / pairs.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.stats

from analysis.ratings.direct import WIDE, tally


def failures(matches: pd.DataFrame, agents: pd.DataFrame, level: float = WIDE) -> pd.DataFrame:
    """Failures per winnable game of each agent that met the perfect player of its board.

    Args:
        matches: columns black_id, white_id, black_wins, white_wins, of games that count; of any
            stage. Only those with a perfect player are looked at.
        agents: columns id, kind, boardsize.
        level: of Clopper and Pearson's interval, which never covers less.

    Returns:
        Columns boardsize, player, winnable, failures, rate, low, high. Where the games do not come
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
        pairs, wins = int(games.max()), int(colours["wins"].sum())
        row: dict[str, object] = {"player": player}
        if pairs and len(games) == 2 and games.nunique() == 1 and wins <= pairs:
            test = scipy.stats.binomtest(pairs - wins, pairs)
            low, high = test.proportion_ci(level, method="exact")
            row |= {
                "winnable": pairs, "failures": pairs - wins, "rate": test.statistic,
                "low": low, "high": high,
            }  # fmt: skip
        rows.append(row)
    columns = ["boardsize", "player", "winnable", "failures", "rate", "low", "high"]
    found = pd.DataFrame(rows, columns=pd.Index(columns))
    found["boardsize"] = found["player"].map(agents.set_index("id")["boardsize"])
    numbers = columns[2:]
    found[numbers] = found[numbers].astype(float).fillna(np.nan)
    return found.sort_values(["boardsize", "player"], ignore_index=True)
