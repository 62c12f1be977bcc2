"""Positions of play with weights: what share of the won positions that come up is thrown away?

The fixed sets (`games.exact.positions`) are a hard test. These are samples of a population: one
third positions of random play, one third of networks at all stages of their training that draw
their moves, one third of strong play, each distinct position of a source equally likely, however
often it came up. Left out are those in which every move wins. A set is stratified by source, ply
and number of winning moves, so that rare kinds are there; `weight` is the share of the population
that a position stands for, so that

    Σ weight · blunder / Σ weight   over the won positions

is the population's blunder rate. The sets lie in `judged/`, as the fixed ones do, with `source` and
`weight` added; `python -m experiments.arena.populations` draws them anew.
"""

from __future__ import annotations

import dataclasses
import functools
import gzip
import hashlib
import importlib.resources
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int

from games.batches import padded, states_after
from games.hex import Hex, HexState

SOURCES = ("random", "selfplay", "strong")
SIZES = (4, 5, 6)
"""Boards that a set is shipped for."""
_CLASSES = (0, 1, 2, 4, 49)
"""Upper ends of the classes of positions by their number of winning moves; 0 are the lost ones."""


@dataclasses.dataclass(frozen=True)
class Population:
    """A weighted sample of N live positions with what perfect play says of them, in the order of
    their strata."""

    states: HexState  # host arrays, [N, ...]
    winning: np.ndarray  # bool [N, A], all winning moves of the side to move; none if it has lost
    source: np.ndarray  # [N] index into SOURCES
    weight: np.ndarray  # [N], of sum 1
    digest: str  # hash of all this, 8 hexadecimal digits


class Pool(NamedTuple):
    """Positions that came up in play, each distinct one of a source once."""

    stones: Int[np.ndarray, "N A"]  # 0 empty, 1 black, 2 white
    winning: Bool[np.ndarray, "N A"]
    source: Int[np.ndarray, "N"]
    share: Float64[np.ndarray, "N"]  # of the population; of all sources together at most 1


def draw_strata(pool: Pool, won: int, lost: int, rng: np.random.Generator) -> list[str]:
    """About `won` won and `lost` lost positions of a pool, as the lines of a set's file.

    A stratum (source, ply, class of winning moves) gives as many as the root of its share asks for,
    but two at least, all if it has no more; a position that is given stands for its stratum's share
    in proportion to its own.
    """
    plies = (pool.stones > 0).sum(1)
    kind = np.searchsorted(_CLASSES, pool.winning.sum(1))
    strata = np.stack([pool.source, plies, kind], axis=1)
    distinct, which = np.unique(strata, axis=0, return_inverse=True)
    which = which.ravel()
    mass = np.bincount(which, pool.share)
    there = np.bincount(which)
    is_lost = distinct[:, 2] == 0
    wanted = np.zeros(len(distinct), int)
    for members, total in ((is_lost, lost), (~is_lost, won)):
        wanted[members] = _allocate(np.sqrt(mass[members]), there[members], total)
    lines = []
    for number, count in enumerate(wanted):
        rows = np.flatnonzero(which == number)
        chosen = np.sort(rng.choice(rows, count, replace=False))
        weight = pool.share[chosen] * mass[number] / pool.share[chosen].sum()
        lines += [_line(pool, row, w) for row, w in zip(chosen, weight, strict=True)]
    return lines


def _allocate(size: np.ndarray, there: np.ndarray, total: int) -> np.ndarray:
    """How many of `there` [S] each stratum gives, in proportion to `size` [S], `total` in all."""
    low, high = 0.0, float(total / size.min())
    for _ in range(60):  # the factor of proportion, halved in; rounding makes `total` an about
        middle = (low + high) / 2
        given = np.minimum(np.maximum(np.round(middle * size), 2), there).astype(int)
        low, high = (middle, high) if given.sum() < total else (low, middle)
    return given


def _line(pool: Pool, row: int, weight: float) -> str:
    size = round(pool.stones.shape[1] ** 0.5)
    black, white = (np.flatnonzero(pool.stones[row] == colour).tolist() for colour in (1, 2))
    # In an unfinished position, any order of its stones is a line of play that leads there.
    moves = [cell for pair in zip(black, [*white, -1], strict=False) for cell in pair if cell >= 0]
    winning = np.flatnonzero(pool.winning[row]).tolist()
    told = {"size": size, "moves": moves, "winning_moves": winning}
    return json.dumps(
        told | {"source": SOURCES[pool.source[row]], "weight": float(f"{weight:.4g}")}
    )


@functools.cache
def population(game: Hex) -> Population | None:
    """The set that is shipped for a board; none if there is none."""
    if not isinstance(game, Hex) or game.size not in SIZES:
        return None
    file = importlib.resources.files("games.exact") / "judged" / file_name(game.size)
    return read_lines(game, gzip.decompress(file.read_bytes()).decode().splitlines())


def read_lines(game: Hex, lines: Sequence[str]) -> Population:
    """A set from the lines of its file."""
    told = [json.loads(line) for line in lines]
    winning = np.zeros((len(told), game.num_actions), bool)
    for row, line in zip(winning, told, strict=True):
        row[line["winning_moves"]] = True
    weight = np.array([line["weight"] for line in told])
    return Population(
        states=states_after(game, padded(game, [line["moves"] for line in told])),
        winning=winning,
        source=np.array([SOURCES.index(line["source"]) for line in told]),
        weight=weight / weight.sum(),
        digest=hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8],
    )


def write_lines(lines: Sequence[str], size: int, folder: Path) -> Path:
    """Write a set's file; the same lines make the same bytes."""
    path = folder / file_name(size)
    path.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
    return path


def file_name(size: int) -> str:
    """Name of the file of a board."""
    return f"hex{size}-play.jsonl.gz"


def subsample(weight: Float64[np.ndarray, "N"], count: int) -> tuple[np.ndarray, np.ndarray]:
    """About `count` of N positions that stand for all of them: systematic sampling with probability
    in proportion to the weight, through the strata in their order (Madow 1949).

    Returns:
        Indices [M], rising, and their weights [M], nearly equal; all positions with their own
        weights if `count` is N or more.
    """
    if count >= len(weight):
        return np.arange(len(weight)), weight
    chance = np.minimum(weight * count / weight.sum(), 1.0)
    for _ in range(20):  # what is certain leaves its surplus to the others
        free = chance < 1
        chance[free] *= (count - (~free).sum()) / chance[free].sum()
        chance = np.minimum(chance, 1.0)
    passed = np.floor(np.cumsum(chance) + 0.5)
    chosen = np.flatnonzero(np.diff(passed, prepend=0) >= 1)
    return chosen, weight[chosen] / chance[chosen]
