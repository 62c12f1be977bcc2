"""Whose turn it is where several share a whole in stated parts."""

from __future__ import annotations

from collections.abc import Sequence


def turns(shares: Sequence[float], count: int) -> list[int]:
    """Places in `shares` of those whose turns the first `count` are, as evenly spread as can be.

    After any number k of turns each has had its share of k, rounded down or up. That is the quota
    method of Balinski and Young 1975, "The quota method of apportionment", American Mathematical
    Monthly 82: the next turn is that of whoever has the largest share for each turn that it would
    then have had, among those that so do not get more than their share rounded up. Longer
    sequences begin with the shorter ones. Ties go to whoever stands first.
    """
    had = [0] * len(shares)
    order = []
    for k in range(1, count + 1):
        # A share that is no binary fraction must not be a turn ahead because it was rounded up.
        due = [place for place, share in enumerate(shares) if had[place] < share * k - 1e-9]
        turn = max(due, key=lambda place: shares[place] / (had[place] + 1))
        had[turn] += 1
        order.append(turn)
    return order
