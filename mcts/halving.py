"""Sequential halving: how a budget of simulations is spent on ever fewer actions.

Karnin et al. 2013, "Almost optimal exploration in multi-armed bandits", Algorithm 1, at the root of
Gumbel AlphaZero (`mcts.rules.gumbel`).
"""

import functools
import math

import numpy as np
from jaxtyping import Bool, Int32


def halving_rounds(considered: int, simulations: int) -> list[int]:
    """How many actions each round visits, `simulations` in all.

    A phase of the k actions still considered lasts ⌊n / (⌈log2 m⌉ k)⌋ rounds, one at least; then
    half of them go on, two at least. The rest goes to the last two, as in mctx.
    """
    rounds: list[int] = []
    phases = max(1, math.ceil(math.log2(max(considered, 1))))
    k = max(considered, 1)
    while (left := simulations - sum(rounds)) > 0:
        length = max(1, simulations // (phases * k))
        rounds += [k] * min(length, -(-left // k))
        k = min(k, max(2, k // 2))
    rounds[-1] -= sum(rounds) - simulations
    return rounds


@functools.cache
def halving_table(
    m: int, simulations: int
) -> tuple[Int32[np.ndarray, "counts simulations"], Bool[np.ndarray, "counts simulations"]]:
    """The round of each simulation, and whether it begins one; the row is the number of actions
    considered."""
    round_of = np.array(
        [
            np.repeat(np.arange(len(rounds)), rounds)
            for rounds in (halving_rounds(count, simulations) for count in range(m + 1))
        ],
        np.int32,
    )
    begins = np.diff(round_of, axis=1, prepend=-1) > 0
    return round_of, begins
