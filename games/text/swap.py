"""Pictures of Hex with the swap rule: the board as people see it, a swap marked at its stone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from games.hex_swap import HexSwap, HexSwapState
from games.text import drawing
from games.text.layout import Layout
from games.text.picture import checked_heat


def lay_out(game: HexSwap) -> Layout:
    """Hex's rhombus."""
    return drawing.lay_out(game.hex)


def winning_chain(game: HexSwap, state: HexSwapState) -> list[int]:
    """As `drawing.winning_chain`, on the board that people see."""
    return drawing.winning_chain(game.hex, game.board(state))


def draw_text(game: HexSwap, state: HexSwapState, last_move: int | None = None) -> str:
    """As `drawing.draw_text`."""
    return drawing.draw_text(game.hex, game.board(state), _stone(game, state, last_move))


def draw_svg(
    game: HexSwap,
    state: HexSwapState,
    *,
    last_move: int | None = None,
    heat: ArrayLike | None = None,
    labels: Mapping[int, str] | None = None,
    title: str | None = None,
) -> str:
    """As `drawing.draw_svg`; the swap has a label at its stone, and no cell to be shaded."""
    return drawing.draw_svg(
        game.hex,
        game.board(state),
        last_move=_stone(game, state, last_move),
        heat=None if heat is None else checked_heat(heat, game.num_actions)[: game.swap],
        labels=_on_cells(game, state, labels or {}),
        title=title,
    )


def _stone(game: HexSwap, state: HexSwapState, move: int | None) -> int | None:
    """The cell of the last move: that of the one stone after a swap."""
    if move != game.swap:
        return move
    stones = np.flatnonzero(np.asarray(game.owners(state)) >= 0).tolist()
    return stones[0] if bool(state.swapped) and len(stones) == 1 else move


def _on_cells(game: HexSwap, state: HexSwapState, labels: Mapping[int, str]) -> dict[int, str]:
    """Labels of cells; the swap's while it can be played stands on the stone to be taken over."""
    stones = np.flatnonzero(np.asarray(game.owners(state)) >= 0).tolist()
    on_cells = {action: text for action, text in labels.items() if action != game.swap}
    if game.swap in labels and int(state.plies) == 1:
        on_cells[stones[0]] = labels[game.swap]
    return on_cells
