"""Numbers that Jones 2021 published, to set beside our own.

Source: Andy L. Jones, *Scaling Scaling Laws with Board Games*, arXiv 2104.03113v2 (2021). His
training compute counts one FLOP a multiply-add and leaves the learner out; his ratings come from
games with root noise on and sampled moves, without a first-player term, and put the best agent of
each board at zero.
"""

from __future__ import annotations

from typing import NamedTuple

from analysis.laws.law import Law
from analysis.laws.search.exchange import Exchange

CITATION = "Jones 2021, arXiv 2104.03113v2"

Interval = tuple[float, float, float]
"""A number and the ends of its 95 % interval."""


class Needed(NamedTuple):
    """What a level of Elo takes."""

    flops: Interval  # his
    parameters: Interval
    samples: Interval


LAW = Law(  # Table III, printed at two significant digits
    incline_flops=510,
    incline_size=-430,
    incline_constant=-4400,
    plateau_size=-270,
    plateau_constant=570,
)
SMALL_BOARDS = (3, 4, 5, 6)
REFITTED = {
    6: Law(510.6, -463.4, -4284, -280.2, 617.5),
    7: Law(509.7, -472.2, -4230, -288.9, 647.2),
    8: Law(496.4, -435.9, -4253, -270.9, 582.2),
}
"""The same refitted to the boards from 3×3 to the key, by us, from the snapshots of figure 5."""
SLOPES_APART = {3: 157, 4: 336, 5: 588, 6: 512, 7: 515, 8: 473, 9: 517}
"""Elo per tenfold compute with a slope for each board of its own, from the same snapshots."""
EXCHANGE = Exchange(slope=-1.2, per_elo=0.004, constant=29)  # section 4.2; 9×9, his test axis
EXCHANGE_BOARD_SIZE = 9
TEST_FACTOR = 64
"""By which his play-time axis exceeds the multiply-adds of a move: the size of the training tree
was left in (boardlaw, tag paper-v2)."""
OPTIMAL_SIZE_EXPONENT = 0.71
"""Of all parameters over compute; no printed value is known, so this is a rebuild by others of the
regression in boardlaw's code from the snapshots of figure 5."""
NEAR_PERFECT = -50
"""Elo from which he calls play perfect."""
LEARNER_BATCH = 32_768
"""Positions of a learner step; each is learnt from once, so samples over it are steps."""
NEEDS = {
    4: Needed((3.464e11, 3.464e11, 4.361e11), (325.7, 245.3, 406.7), (1.662e7, 1.362e7, 2.449e7)),
    5: Needed((1.838e12, 1.838e12, 2.322e12), (1082, 938.4, 1764), (2.654e7, 1.749e7, 3.307e7)),
    6: Needed((2.078e13, 2.078e13, 2.656e13), (8270, 7847, 11340), (3.927e7, 3.201e7, 4.949e7)),
    7: Needed((2.06e14, 2.06e14, 2.71e14), (39660, 27290, 63700), (8.114e7, 5.398e7, 1.489e8)),
    8: Needed((1.032e15, 1.032e15, 1.423e15), (1.487e5, 1.001e5, 2.738e5),
              (1.085e8, 7.067e7, 1.84e8)),
    9: Needed((4.969e15, 4.969e15, 7.097e15), (2.744e5, 2.507e5, 6.508e5),
              (2.83e8, 1.481e8, 4.416e8)),
}  # fmt: skip
"""What his frontiers take at the levels of `analysis.laws.needs`, from the snapshots of figure 5 by
the same code, with 95 % intervals that draw his runs of each board anew. On 3×3 his frontier starts
above the lowest level. A draw that misses the only run of the best network is dearer, so most
intervals reach to one side."""
SPLIT = {
    (4, 5, 6): Needed((7.746, 7.061, 8.603), (5.039, 4.445, 6.136), (1.537, 1.236, 1.737)),
    (4, 5, 6, 7): Needed((8.662, 8.144, 9.363), (5.176, 4.604, 6.126), (1.673, 1.39, 1.981)),
    (4, 5, 6, 7, 8): Needed((7.939, 7.607, 8.374), (4.879, 4.407, 5.512), (1.627, 1.442, 1.837)),
    (4, 5, 6, 7, 8, 9): Needed((7.21, 6.961, 7.573), (4.175, 3.932, 4.814), (1.727, 1.53, 1.854)),
}
"""By boards: factors from one board to the next in these needs."""
NEAR_PERFECT_NEEDS = {
    3: Needed((1.271e11, 1.271e11, 6.961e11), (92, 74, 92), (2.158e7, 2.158e7, 1.47e8)),
    4: Needed((1.188e12, 1.188e12, 1.516e12), (489, 489, 1361), (3.797e7, 1.769e7, 3.797e7)),
    5: Needed((7.924e12, 7.924e12, 1.921e13), (2346, 1802, 3434), (5.278e7, 5.278e7, 1.666e8)),
    6: Needed((1.122e14, 1.122e14, 2.912e14), (47140, 47140, 1.462e5), (3.718e7, 3.112e7, 3.718e7)),
    7: Needed((1.138e15, 1.138e15, 2.224e15), (85170, 52150, 6.016e5), (2.088e8, 5.776e7, 4.338e8)),
    8: Needed((6.828e15, 6.828e15, 9.452e15), (5.761e5, 3.129e5, 1.15e6),
              (1.852e8, 1.284e8, 3.433e8)),
    9: Needed((3.308e16, 3.308e16, 5.963e16), (1.176e6, 5.891e5, 4.449e6),
              (4.395e8, 2.094e8, 1.047e9)),
}  # fmt: skip
"""The same at `NEAR_PERFECT` alone."""
SECONDS_TO_PERFECT = {3: 180, 5: 540, 7: 2_100, 9: 9_000}
"""By board, on one RTX 2080 Ti: an early plot (January 2021) in boardlaw's repository, read by
others. The paper's own figure 3 was not at hand; its text says under three hours on 9×9."""
RESIDUAL_VARIANCE = {
    (5, 4): 0.037, (6, 4): 0.022, (7, 4): 0.022, (8, 4): 0.025, (9, 4): 0.038,
    (6, 5): 0.020, (7, 5): 0.023, (8, 5): 0.015, (9, 5): 0.008,
    (7, 6): 0.005, (8, 6): 0.011, (9, 6): 0.012, (8, 7): 0.018, (9, 7): 0.021, (9, 8): 0.004,
}  # fmt: skip
"""Figure 7 by (board judged, largest board fitted), recomputed by others from figure 5."""
BOARD_LIMITS = {
    3: (2, 4, 1e8, 1e12), 4: (16, 4, 2e8, 1e13), 5: (16, 8, 3e8, 3e13), 6: (128, 8, 6e8, 4e14),
    7: (512, 8, 1e9, 1e16), 8: (512, 8, 1.5e9, 3e16), 9: (1024, 8, 2e9, 1e17),
}  # fmt: skip
"""Table I by board: neurons, layers, samples, his FLOPs; from boardlaw's source and figure 5."""
HYPERPARAMETERS = {
    "lanes": "32\u202f768", "moves": "1", "window": "64", "batch_size": "32\u202f768",
    "replay_ratio": "1", "learning_rate": "0.001", "augment": "no", "bootstrap": "yes",
    "opening_plies": "0", "mixing_moves": "2\u202f500", "temperature_plies": "whole game",
    "search.nodes": "64", "search.noise_fraction": "0.25", "search.rule.name": "regularised",
    "search.rule.c_puct": "0.0625",
}  # fmt: skip
"""Table II by field of `TrainConfig`; from boardlaw's source."""
BOARD_SIZES = (3, 4, 5, 6, 7, 8, 9)
RUNS = 195
MATCHES = 700_000_000


class Claim(NamedTuple):
    """A number from the paper's text."""

    value: float
    words: str
    remark: str  # how it stands to Table III


ELO_PER_TENFOLD = Claim(500, "500 Elo per tenfold compute", "Table III: 510")
FACTOR_PER_SIZE = Claim(7, "perfect play costs 7 times more per board size", "Table III: 7.0")
WIN_RATE_AT_DOUBLE = Claim(
    2 / 3, "twice the compute wins two games in three", "Table III: 0.70 by the Elo formula"
)
TAKE_OFF_FACTOR_PER_SIZE = Claim(
    4, "take-off costs 4 times more per board size", "Table III implies 2.1; not a target"
)
SPAN_PER_SIZE = Claim(
    500, "the span from random to perfect grows 500 Elo per board size", "Table III: 270"
)


class PublishedRate(NamedTuple):
    """Decades of play-time compute that a decade of training replaces, as others found it."""

    source: str
    weak: float
    strong: float  # the same as weak where one number is given
    low: float | None = None
    high: float | None = None


RATES = (
    PublishedRate("Jones 2021, 9×9 Hex, along his frontier", 1.2, 1.2),
    PublishedRate("Villalobos and Atkinson 2023 (Epoch), search in games", 1.6, 0.7),
    PublishedRate("Ord 2025, language models", 0.5, 0.5),
    PublishedRate("this lab’s report, 6×6, frontier agents", 1.9, 1.9, 1.1, 2.5),
)
"""Rates to set beside those of the three-way law."""
SIZE_EXPONENTS = (
    ("Hoffmann et al. 2022, language models", "0.5"),
    ("Neumann and Gros 2022, Connect Four and Pentago", "0.63"),
    ("Jones 2021, rebuilt: parameters; width²·depth", "0.71; 0.93"),
)
"""Of the best size over training compute, as others found them."""
