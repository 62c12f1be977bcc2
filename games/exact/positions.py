"""A fixed set of judged positions for each board from 3×3 to 7×7: the same test for every agent.

A set is stratified, because positions met at random are mostly decided by any move. At each ply
there are equally many positions with 1, with 2, with 3 to 4, and with more winning moves, as far as
they exist, and as many lost ones as won ones; where every move wins there is nothing to test.
Within a stratum, every unfinished position that a game can reach is equally likely, and no two are
the same up to the 180° rotation.

On 7×7 positions with little on the board may be too hard for the solver. They are passed over,
which favours the easy ones, so they are counted by ply.

The sets lie in `judged/`, compressed by gzip, one JSON object a line, as `hexlaw solve --input`
reads them, with `winning_moves` added. `python -m games.exact.positions` writes them anew, in some
minutes.
"""

from __future__ import annotations

import dataclasses
import functools
import gzip
import hashlib
import importlib.resources
import json
import pathlib
import sys
from collections.abc import Iterator
from typing import NamedTuple

import jax
import numpy as np

from games.batches import padded, states_after
from games.errors import InputError
from games.exact import tables
from games.exact.perfect import winning_moves
from games.exact.solver import Solver
from games.hex import Hex, HexState

SEED = 5
MOST_MOVES = (0, 1, 2, 4, 49)
"""Upper ends of the classes of positions by their number of winning moves; 0 are the lost ones."""


@dataclasses.dataclass(frozen=True)
class SetPlan:
    """How the set of a board is drawn."""

    each: int
    """Positions of a ply and class of won positions; lost ones are as many as the won ones."""
    first_ply: int
    """Stones on the board at least. The solver takes too long over 6×6 with fewer than four."""
    draws: int
    """Positions drawn at each ply at most, from which the classes are filled."""
    last_ply: int | None = None
    """Stones on the board at most; one cell is left if none is given."""
    max_nodes: int | None = None
    """Positions that take the solver longer are passed over. The set of 7×7 was drawn by the solver
    of commit 5e268e3, without virtual connections; its nodes are other ones."""


RECIPES = {
    3: SetPlan(each=8, first_ply=0, draws=2000),
    4: SetPlan(each=6, first_ply=0, draws=4000),
    5: SetPlan(each=3, first_ply=0, draws=2000),
    6: SetPlan(each=2, first_ply=4, draws=120),
    7: SetPlan(each=10, first_ply=10, draws=4000, last_ply=38, max_nodes=300_000),
}


@dataclasses.dataclass(frozen=True)
class JudgedPositions:
    """Unfinished positions with what perfect play says of them."""

    moves: list[list[int]]
    """A line of play that leads to each of the N positions."""
    states: HexState  # host arrays, [N, ...]
    winning: np.ndarray  # bool [N, A], all winning moves of the side to move; none if it has lost

    @functools.cached_property
    def digest(self) -> str:
        """Hash of the positions and their winning moves, 8 hexadecimal digits."""
        return hashlib.sha256("".join(_lines(self)).encode()).hexdigest()[:8]


@functools.cache
def fixed_positions(game: Hex) -> JudgedPositions:
    """The set that is shipped for a board.

    Raises:
        InputError: unless the game is Hex of side 3 to 7.
    """
    if not isinstance(game, Hex) or game.size not in RECIPES:
        raise InputError(
            f"{game.name}: there are judged positions for hex 3×3 to 7×7, not for size {game.size}"
        )
    folder = importlib.resources.files("games.exact") / "judged"
    text = gzip.decompress((folder / _file_name(game.size)).read_bytes()).decode()
    lines = [json.loads(line) for line in text.splitlines()]
    winning = np.zeros((len(lines), game.num_actions), bool)
    for row, line in zip(winning, lines, strict=True):
        row[line["winning_moves"]] = True
    moves = [line["moves"] for line in lines]
    return JudgedPositions(moves, states_after(game, padded(game, moves)), winning)


class Draw(NamedTuple):
    """Positions drawn by a recipe, and what was passed over."""

    positions: JudgedPositions
    too_hard: dict[int, tuple[int, int]]
    """By ply: how many took the solver too long, of how many that it was asked for."""


def draw_positions(game: Hex, recipe: SetPlan) -> Draw:
    """A stratified set; the same for the same recipe."""
    rng = np.random.default_rng([SEED, game.size])
    last = game.num_actions - 1 if recipe.last_ply is None else recipe.last_ply
    plies = range(recipe.first_ply, last + 1)
    solver = Solver(game.size)  # of its own, for what it knows already counts no nodes
    drawn = [_draw_ply(game, ply, recipe, rng, solver) for ply in plies]
    sets, too_hard = zip(*drawn, strict=True)
    return Draw(
        JudgedPositions(
            moves=[line for part in sets for line in part.moves],
            states=jax.tree.map(lambda *all_: np.concatenate(all_), *[s.states for s in sets]),
            winning=np.concatenate([part.winning for part in sets]),
        ),
        dict(zip(plies, too_hard, strict=True)),
    )


def _draw_ply(
    game: Hex, ply: int, recipe: SetPlan, rng: np.random.Generator, solver: Solver
) -> tuple[JudgedPositions, tuple[int, int]]:
    # Every order of the same stones is as good as any other: an unfinished position has been
    # unfinished all along, so equally likely lines make equally likely positions.
    order = rng.random((recipe.draws, game.num_actions)).argsort(1)
    lines = np.where(np.arange(game.max_plies) < ply, order, -1)
    states = states_after(game, lines)
    open_ = np.flatnonzero(_first_of_twins(game, states) & (states.winner < 0))
    classes: list[list[int]] = [[] for _ in MOST_MOVES]
    winning, asked, too_hard = {}, 0, 0
    states_open = jax.tree.map(lambda leaf: leaf[open_], states)
    answers = _answers(game, states_open, solver, recipe.max_nodes)
    for row, moves in zip(open_.tolist(), answers, strict=False):  # no more answers than needed
        asked += 1
        if moves is None:
            too_hard += 1
        elif moves.sum() < game.num_actions - ply:  # there is a move to get wrong
            winning[row] = moves
            classes[int(np.searchsorted(MOST_MOVES, moves.sum()))].append(row)
        if _complete(classes, recipe.each):
            break
    won = [row for rows in classes[1:] for row in rows[: recipe.each]]
    chosen = classes[0][: len(won) or recipe.each] + won
    judged = JudgedPositions(
        moves=lines[chosen, :ply].tolist(),
        states=jax.tree.map(lambda leaf: leaf[chosen], states),
        winning=np.array([winning[row] for row in chosen], bool).reshape(-1, game.num_actions),
    )
    return judged, (too_hard, asked)


def _answers(
    game: Hex, states: HexState, solver: Solver, max_nodes: int | None
) -> Iterator[np.ndarray | None]:
    """All winning moves of each position, bool [A], or nothing where that takes too long."""
    if game.size <= tables.largest(game.name):
        yield from winning_moves(game, states)
        return
    for black, white, mover in zip(*game.stones(states), states.to_move.tolist(), strict=True):
        moves = solver.winning_moves(black, white, mover, max_nodes=max_nodes).winning_moves
        if moves is None:
            yield None
        else:
            yield np.isin(np.arange(game.num_actions), moves)


def _complete(classes: list[list[int]], each: int) -> bool:
    lost, *won = map(len, classes)
    return min(won) >= each and lost >= each * len(won)


def _first_of_twins(game: Hex, states: HexState) -> np.ndarray:
    """Whether a position [N] is the first of its kind, up to the 180° rotation."""
    black, white = game.stones(states)
    stones = np.asarray(black + 2 * white, np.uint8)
    text = [min(row.tobytes(), row[::-1].tobytes()) for row in stones]
    first = np.zeros(len(text), bool)
    first[np.unique(text, return_index=True)[1]] = True
    return first


def _lines(positions: JudgedPositions) -> list[str]:
    size = round(positions.winning.shape[1] ** 0.5)
    return [
        json.dumps(
            {"size": size, "moves": moves, "winning_moves": np.flatnonzero(winning).tolist()}
        )
        + "\n"
        for moves, winning in zip(positions.moves, positions.winning, strict=True)
    ]


def _file_name(size: int) -> str:
    return f"hex{size}.jsonl.gz"


if __name__ == "__main__":
    folder = pathlib.Path(__file__).with_name("judged")
    for size in map(int, sys.argv[1:] or RECIPES):
        drawn = draw_positions(Hex(size), RECIPES[size])
        text = "".join(_lines(drawn.positions))
        (folder / _file_name(size)).write_bytes(gzip.compress(text.encode(), mtime=0))
        print(f"{size}×{size}: {len(drawn.positions.moves)} positions; too hard, of how many asked")
        print(*(f"{n}/{of} at ply {ply}" for ply, (n, of) in drawn.too_hard.items()), sep=", ")
