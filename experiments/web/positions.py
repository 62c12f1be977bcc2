"""Boards and positions as data that pages draw, so that their scripts need the rules of no game.

A board says where its cells lie; a game, which cells each move changed; a live position, which
cells are chosen for each move: one where a stone is laid, two where it moves, none where cells
cannot say it and the page shows a button, as for a swap.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import itertools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import games
from experiments.players.host_states import stack
from experiments.web.board_keys import board_key
from games.errors import InputError
from games.exact.registry import reach_of
from games.protocol import Game, State
from games.text.layout import Point
from games.text.notation import NOBODY, board_name, play_through

Change = tuple[int, int]
"""A cell, and whose stone lies there afterwards: 0, 1 or -1."""
Ways = dict[int, list[int]]
"""The cells to choose for each legal move: where a stone comes to lie, after where it lay if it
moves; none if cells do not tell the move."""


@functools.cache
def page_board(game: Game) -> dict[str, Any]:
    """All that pages know of a board; `static/board.js` and `static/positions.js` read it."""
    entry = games.find(game.name)
    layout, reach = entry.pictures.layout(game), reach_of(game)
    return {
        "key": board_key(game.name, game.size),
        "game": game.name,
        "size": game.size,
        "name": board_name(game),
        "game_name": game.name.replace("_", " ").title(),
        "columns": layout.columns,
        "by_column": layout.by_column,
        "fills": game.fills_cells,
        "box": _rounded(layout.box),
        "outline": [_rounded(corner) for corner in layout.outline],
        "stone": round(layout.stone, 1),
        "cells": [[cell.number, cell.name, *_rounded(cell.centre)] for cell in layout.cells],
        "rims": [[rim.owner, [_rounded(corner) for corner in rim.corners]] for rim in layout.rims],
        "coordinates": [[each.text, *_rounded(each.centre)] for each in layout.coordinates],
        "start": np.asarray(game.owners(game.init())).tolist(),
        "actions": [game.action_name(action) for action in range(game.num_actions)],
        "how_to_play": entry.manual.paragraphs,
        "aims": entry.manual.aims,
        "sgf": entry.outside.sgf,
        "solved": reach is not None and reach.whole,
        "proves": reach is not None and reach.whole,
        "prompt": reach is not None and reach.whole and not reach.prompt_from,
        "playable": True,
    }


def known_boards(overview: dict[str, Any]) -> dict[str, Any]:
    """How the boards of a lab are drawn, by their keys; without those of games that are not
    installed here."""
    drawn = {}
    for board in overview["boards"]:
        with contextlib.suppress(InputError):
            drawn[board["key"]] = page_board(games.make(board["game"], board["size"]))
    return drawn


def page_position(game: Game, moves: Sequence[int]) -> dict[str, Any]:
    """The position after some moves.

    Raises:
        InputError: if a move is illegal.
    """
    states = play_through(game, moves)
    return {
        "owners": np.asarray(game.owners(states[-1])).tolist(),
        "changed": [] if len(states) < 2 else changes_between(game, states[-2:])[0],
        "ways": ways_in(game, states[-1]),
        **_ending(game, states[-1]),
    }


def page_course(game: Game, states: Sequence[State], *, ways: bool) -> dict[str, Any]:
    """A game from its beginning to where it stands, as a replay shows it.

    Args:
        game: the rules.
        states: before each move and after the last.
        ways: say how each legal move is chosen, for what is thought of them to be shown.
    """
    plain = game.fills_cells  # then a stone lies where it was laid, and scripts know it
    return {
        "changes": None if plain else changes_between(game, states),
        "ways": [ways_in(game, state) for state in states] if ways and not plain else None,
        **_ending(game, states[-1]),
    }


def line_from(game: Game, state: State, line: Sequence[int]) -> dict[str, Any]:
    """Where the stones of an expected line come to lie, as `landings`; nothing where scripts know
    it, in games that fill cells."""
    if game.fills_cells:
        return {}
    return {"landings": _landings(game, state, line)}


def changes_between(game: Game, states: Sequence[State]) -> list[list[Change]]:
    """What each move changed, from one state to the next."""
    owners = np.asarray(jax.vmap(game.owners)(jax.tree.map(jnp.asarray, stack(list(states)))))
    return [
        [(cell, int(after[cell])) for cell in np.flatnonzero(before != after).tolist()]
        for before, after in itertools.pairwise(owners)
    ]


def ways_in(game: Game, state: State) -> Ways | None:
    """How each legal move is chosen; none where each is by its cell, and all empty cells are."""
    if game.fills_cells:
        return None
    legal, before, after = jax.device_get(_effects(game, state))
    ways = ways_by_effect(np.flatnonzero(legal).tolist(), before, after, int(game.to_move(state)))
    numbers = [cell[0] for cell in page_board(game)["cells"]]
    plain = {cell: [cell] for cell in numbers if before[cell] == NOBODY}
    return None if ways == plain else ways


def ways_by_effect(legal: Sequence[int], before: np.ndarray, after: np.ndarray, mover: int) -> Ways:
    """How moves are chosen, from what they do.

    A stone that is laid on an empty cell is that cell, whatever else it takes or turns; one that
    moves is two cells. Where several moves would be chosen alike, the one that changes fewest cells
    is, and the others are not told by cells.

    Args:
        legal: the actions.
        before: owners of the cells [R·C].
        after: owners after each action [A, R·C].
        mover: whose turn it is.
    """
    ways: Ways = {action: [] for action in legal}
    alike = collections.defaultdict[tuple[int, ...], list[tuple[int, int]]](list)
    for action in legal:
        cells = np.flatnonzero(before != after[action]).tolist()
        left = [cell for cell in cells if before[cell] == mover]
        reached = [cell for cell in cells if after[action][cell] == mover]
        laid = [cell for cell in reached if before[cell] == NOBODY]
        if not left and len(laid) == 1:
            alike[tuple(laid)].append((len(cells), action))
        elif len(left) == len(reached) == 1:
            alike[*left, *reached].append((len(cells), action))
    for way, rivals in alike.items():
        (fewest, action), *others = sorted(rivals)
        if not others or fewest < others[0][0]:
            ways[action] = list(way)
    return ways


@functools.partial(jax.jit, static_argnums=0)
def _effects(game: Game, state: State) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Legal actions [A], owners [R·C], and owners after each action [A, R·C]."""
    actions = jnp.arange(game.num_actions)
    after = jax.vmap(lambda action: game.owners(game.step(state, action)))(actions)
    return game.legal(state), game.owners(state), after


def _landings(game: Game, state: State, line: Sequence[int]) -> list[int | None]:
    """The cell where each stone of an expected line comes to lie; none where none does."""
    landings = []
    for action in line:
        state, cell = jax.device_get(_landing(game, state, jnp.int32(action)))
        landings.append(None if cell < 0 else int(cell))
    return landings


@functools.partial(jax.jit, static_argnums=0)
def _landing(game: Game, state: State, action: jax.Array) -> tuple[State, jax.Array]:
    """The state after a move, and the cell [] that has become the mover's, or -1."""
    following, mover = game.step(state, action), game.to_move(state)
    before, reached = game.owners(state), game.owners(following) == mover
    # An empty cell before one whose stone was taken or turned.
    gain = jnp.where(reached & (before != mover), jnp.where(before == NOBODY, 2, 1), 0)
    return following, jnp.where(gain.any(), jnp.argmax(gain), -1)


def _ending(game: Game, last: State) -> dict[str, Any]:
    """Whether the board says that the game is over, who has won it, and by which cells."""
    over = bool(game.terminal(last))
    won = int(game.winner(last)) if over else None
    return {"over": over, "won": won, "chain": deciding_cells(game, last)}


def deciding_cells(game: Game, last: State) -> list[int]:
    """The cells that decided a game, each joined to the next; none while it goes on."""
    return games.find(game.name).pictures.chain(game, last) if bool(game.terminal(last)) else []


def _rounded(numbers: Sequence[float] | Point) -> list[float]:
    return [round(number, 1) for number in numbers]
