"""Numbers that Jones 2021 published, to set beside our own.

Source: Andy L. Jones, *Scaling Scaling Laws with Board Games*, arXiv 2104.03113v2 (2021). His
training compute counts one FLOP a multiply-add and leaves the learner out; his ratings come from
games with root noise on and sampled moves, without a first-player term, and put the best agent of
each board at zero.
"""

from __future__ import annotations

from typing import NamedTuple

from analysis.laws.exchange import Exchange
from analysis.laws.law import Law

CITATION = "Jones 2021, arXiv 2104.03113v2"

LAW = Law(  # Table III, printed at two significant digits
    incline_flops=510,
    incline_size=-430,
    incline_constant=-4400,
    plateau_size=-270,
    plateau_constant=570,
)
SMALL_BOARDS = (3, 4, 5, 6)
SMALL_BOARDS_LAW = Law(
    incline_flops=510.6,
    incline_size=-463.4,
    incline_constant=-4284,
    plateau_size=-280.2,
    plateau_constant=617.5,
)
"""The same refitted to `SMALL_BOARDS` alone, by us, from the snapshots of figure 5."""
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
