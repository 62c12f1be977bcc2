"""A fixed set of judged positions for each board from 3×3 to 6×6: the same test for every agent.

A set is stratified, because positions met at random are mostly decided by any move. At each ply
there are equally many positions with 1, with 2, with 3 to 4, and with more winning moves, as far as
they exist, and as many lost ones as won ones; where every move wins there is nothing to test.
Within a stratum, every unfinished position that a game can reach is equally likely, and no two are
the same up to the 180° rotation.

The sets lie in `judged/`, one JSON object a line, as `hexlaw solve --input` reads them, with
`winning_moves` added. `python -m games.exact.positions` writes them anew, in some minutes.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.resources
import json
import pathlib

import jax
import numpy as np

from games.batches import padded, states_after
from games.errors import InputError
from games.exact.perfect import winning_moves
from games.hex import Hex, HexState

SEED = 5
MOST_MOVES = (0, 1, 2, 4, 36)
"""Upper ends of the classes of positions by their number of winning moves; 0 are the lost ones."""


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How the set of a board is drawn."""

    each: int
    """Positions of a ply and class of won positions; lost ones are as many as the won ones."""
    first_ply: int
    """Stones on the board at least. The solver takes too long over 6×6 with fewer than four."""
    draws: int
    """Positions drawn at each ply, from which the classes are filled."""


RECIPES = {
    3: Recipe(each=8, first_ply=0, draws=2000),
    4: Recipe(each=6, first_ply=0, draws=4000),
    5: Recipe(each=3, first_ply=0, draws=2000),
    6: Recipe(each=2, first_ply=4, draws=120),
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
        InputError: unless the game is Hex of side 3 to 6.
    """
    if not isinstance(game, Hex) or game.size not in RECIPES:
        raise InputError(
            f"{game.name}: there are judged positions for hex 3×3 to 6×6, not for size {game.size}"
        )
    folder = importlib.resources.files("games.exact") / "judged"
    text = (folder / f"hex{game.size}.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    winning = np.zeros((len(lines), game.num_actions), bool)
    for row, line in zip(winning, lines, strict=True):
        row[line["winning_moves"]] = True
    moves = [line["moves"] for line in lines]
    return JudgedPositions(moves, states_after(game, padded(game, moves)), winning)


def draw_positions(game: Hex, recipe: Recipe) -> JudgedPositions:
    """A stratified set; the same for the same recipe."""
    rng = np.random.default_rng([SEED, game.size])
    sets = [_draw_ply(game, ply, recipe, rng) for ply in range(recipe.first_ply, game.num_actions)]
    return JudgedPositions(
        moves=[line for part in sets for line in part.moves],
        states=jax.tree.map(lambda *parts: np.concatenate(parts), *[part.states for part in sets]),
        winning=np.concatenate([part.winning for part in sets]),
    )


def _draw_ply(game: Hex, ply: int, recipe: Recipe, rng: np.random.Generator) -> JudgedPositions:
    # Every order of the same stones is as good as any other: an unfinished position has been
    # unfinished all along, so equally likely lines make equally likely positions.
    order = rng.random((recipe.draws, game.num_actions)).argsort(1)
    lines = np.where(np.arange(game.max_plies) < ply, order, -1)
    states = states_after(game, lines)
    open_ = np.flatnonzero(_first_of_twins(game, states) & (states.winner < 0))
    states = jax.tree.map(lambda leaf: leaf[open_], states)
    winning = winning_moves(game, states) if len(open_) else np.zeros((0, game.num_actions), bool)
    kinds = np.searchsorted(MOST_MOVES, winning.sum(1))
    kinds[winning.sum(1) == game.num_actions - ply] = len(MOST_MOVES)  # every move wins
    won = [np.flatnonzero(kinds == kind)[: recipe.each] for kind in range(1, len(MOST_MOVES))]
    lost = np.flatnonzero(kinds == 0)[: sum(map(len, won)) or recipe.each]
    chosen = np.concatenate([lost, *won])
    return JudgedPositions(
        moves=lines[open_[chosen], :ply].tolist(),
        states=jax.tree.map(lambda leaf: leaf[chosen], states),
        winning=winning[chosen],
    )


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


if __name__ == "__main__":
    folder = pathlib.Path(__file__).with_name("judged")
    for size, recipe in RECIPES.items():
        drawn = draw_positions(Hex(size), recipe)
        (folder / f"hex{size}.jsonl").write_text("".join(_lines(drawn)))
