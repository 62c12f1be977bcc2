"""Numbers that Jones 2021 published, to set beside our own.

Source: Andy L. Jones, *Scaling Scaling Laws with Board Games*, arXiv 2104.03113v2 (2021). His
training compute counts one FLOP a multiply-add and leaves the learner out; his ratings come from
games with root noise on and sampled moves, without a first-player term, and put the best agent of
each board at zero.
"""

from __future__ import annotations

from typing import NamedTuple

from analysis.exchange import Exchange
from analysis.law import Law

CITATION = "Jones 2021, arXiv 2104.03113v2"

LAW = Law(  # Table III, printed at two significant digits
    incline_flops=510,
    incline_size=-430,
    incline_constant=-4400,
    plateau_size=-270,
    plateau_constant=570,
)
EXCHANGE = Exchange(slope=-1.2, per_elo=0.004, constant=29)  # section 4.2; 9×9, his test axis
EXCHANGE_BOARD_SIZE = 9
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
