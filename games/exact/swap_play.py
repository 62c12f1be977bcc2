"""The exact player of Hex with the swap rule, from that of plain Hex."""

import functools

import numpy as np

from games.exact.hex_play import HexPlay
from games.exact.met import positions_met
from games.exact.protocol import ExactPlay, JudgedSet, Verdicts
from games.hex_swap import HexSwap
from games.protocol import State

LARGEST_JUDGED = 5


class SwapPlay(ExactPlay):
    """Perfect play on one board: who may swap has won, for it takes whichever side is better."""

    game: HexSwap

    def __init__(self, game: HexSwap) -> None:
        super().__init__(game)
        self._plain = HexPlay(game.hex)

    @property
    def quick(self) -> bool:
        """As without swap."""
        return self._plain.quick

    def judge(self, states: State, *, max_nodes: int | None = None) -> Verdicts:
        """By plain Hex, and a swap where the first stone has won for who put it down."""
        plain = self._plain.judge(states.plain, max_nodes=max_nodes)
        size, count = self.game.size, len(plain.value)
        mirrored = plain.keeping.reshape(count, size, size).swapaxes(1, 2).reshape(count, -1)
        cells = np.where(states.swapped[:, None], mirrored, plain.keeping)
        first, may_swap = states.plies == 0, states.plies == 1
        return Verdicts(
            value=np.where(first, -1, np.where(may_swap, 1, plain.value)).astype(np.int8),
            keeping=np.column_stack(
                [cells & ~first[:, None], may_swap & plain.known & (plain.value < 0)]
            ),
            known=plain.known | first,
        )

    def judged_set(self) -> JudgedSet | None:
        """Positions met in random games, on boards where they are soon judged."""
        return self._judged if self.game.size <= LARGEST_JUDGED else None

    @functools.cached_property
    def _judged(self) -> JudgedSet | None:
        return positions_met(self)
