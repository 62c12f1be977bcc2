"""Virtual connections: what a player has joined already, though stones are missing in between.

A *full* connection joins a group to a target though the opponent moves first, a *semi* connection
if the player does. Its carrier is the set of empty cells that it needs. A *group* is one of the
player's edges with all stones joined to it, or other stones joined together; a *target* is another
group, or an empty cell, which counts as a stone of the player's. Two rules make new connections of
old ones (H-search; V. Anshelevich, "A hierarchical approach to computer Hex", Artificial
Intelligence 134, 2002):

- *and*: full connections from a to b and from b to c, with carriers apart, make one from a to c. It
  is full if b is a group, and semi if b is an empty cell, which has to be taken.
- *or*: semi connections between the same two ends, with no cell in all of their carriers, make a
  full one. Its carrier is all of theirs.

To be quick, connections begin at a group; an empty cell goes on to other cells by adjacency and
bridges alone. Only a few are kept for each pair of ends. What is found is right, not all there is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from games.exact.bitboard import Board, count, grow, index_of, lowest, neighbours
from games.exact.compiled import helper, vector

EDGES = 2  # the first groups: the player's edges
GROUPS = 12  # that connections begin at; others only make cells adjacent
FULLS = 4  # full connections kept for a pair of ends
SEMIS = 8
QUEUE = 2048  # full connections that others may be made of


class Connections(NamedTuple):
    """Where one player's connections are written down; targets are cells [A], then groups."""

    full: Any  # [GROUPS, A + GROUPS, 1 + FULLS] how many, then their carriers
    semi: Any  # [GROUPS, A + GROUPS, 1 + SEMIS]
    liberties: Any  # [GROUPS] empty cells next to a group
    links: Any  # [A] for empty cells, what is next to them or to a group next to them
    bridges: Any  # [A] for empty cells, what else shares two links with them
    queue: Any  # [1 + QUEUE, 3] how many, then group, target and carrier


def make_connections(cells: int) -> Connections:
    """Room for the connections on a board of so many cells."""

    def zeros(*shape: int) -> Any:
        return vector(np.zeros(shape, np.int64))

    ends = (GROUPS, cells + GROUPS)
    return Connections(
        full=zeros(*ends, 1 + FULLS),
        semi=zeros(*ends, 1 + SEMIS),
        liberties=zeros(GROUPS),
        links=zeros(cells),
        bridges=zeros(cells),
        queue=zeros(1 + QUEUE, 3),
    )


@helper
def edges_joined(
    mine: int, theirs: int, near: tuple[int, int], first: bool, board: Board, known: Any
) -> tuple[bool, int, int]:
    """Whether a player's edges are connected, and if not, where the opponent has to play.

    Args:
        mine: the player's stones; they do not join the edges yet.
        theirs: the opponent's.
        near: the empty cells next to each of the edges or to stones joined to it.
        first: whether the player is to move, so that a semi connection will do.
        board: geometry.
        known: `Connections` to write over.

    Returns:
        Whether they are, the carrier, and the cells where the opponent, if to move, has to play:
        all others leave a connection whose cells lie in the carrier.
    """
    find_connections(mine, theirs, near, board, known)
    other_edge = board.cells + 1
    if known.full[0, other_edge, 0]:
        return True, smallest(known.full, other_edge), 0
    threats = known.semi[0, other_edge, 0]
    if first:
        return threats > 0, smallest(known.semi, other_edge) if threats else 0, 0
    common, carrier = board.full & ~(mine | theirs), 0
    for k in range(1, threats + 1):
        if common & ~known.semi[0, other_edge, k]:
            common &= known.semi[0, other_edge, k]
            carrier |= known.semi[0, other_edge, k]
    return common == 0, carrier, common


@helper
def smallest(carriers: Any, target: int) -> int:
    """The smallest carrier of the connections from the first edge to a target; it has some."""
    best = carriers[0, target, 1]
    for k in range(2, carriers[0, target, 0] + 1):
        if count(carriers[0, target, k]) < count(best):
            best = carriers[0, target, k]
    return best


@helper
def find_connections(
    mine: int, theirs: int, near: tuple[int, int], board: Board, known: Any
) -> None:
    """Write down a player's connections, until the edges are connected or no rule adds to them."""
    empty = board.full & ~(mine | theirs)
    groups = list_groups(mine, empty, near, board, known)
    for group in range(groups):
        for target in range(board.cells + groups):
            known.full[group, target, 0] = known.semi[group, target, 0] = 0
    known.queue[0, 0] = 0
    for group in range(groups):
        cells = known.liberties[group]
        while cells:
            cell = lowest(cells)
            cells &= ~cell
            add_full(group, index_of(cell), 0, board, known)
    taken = 0
    while taken < known.queue[0, 0] and known.full[0, board.cells + 1, 0] == 0:
        taken += 1
        group, target = known.queue[taken, 0], known.queue[taken, 1]
        carrier = known.queue[taken, 2]
        if target < board.cells:
            through_cell(group, target, carrier, groups, board, known)
        else:
            through_group(group, target - board.cells, carrier, groups, board, known)
        if group >= EDGES:
            from_others(group, target, carrier, groups, board, known)


# ----- adjacency and bridges ---------------------------------------------------------------------


@helper
def list_groups(mine: int, empty: int, near: tuple[int, int], board: Board, known: Any) -> int:
    """Write down liberties, links and bridges; the number of groups that connections begin at."""
    cells = empty
    while cells:
        cell = lowest(cells)
        cells &= ~cell
        known.links[index_of(cell)] = neighbours(cell, board) & empty
    known.liberties[0], known.liberties[1] = near
    groups = EDGES
    rest = mine
    while rest:
        group = grow(lowest(rest), mine, board)
        rest &= ~group
        liberties = neighbours(group, board) & empty
        at_edge = liberties & ~near[0] == 0 or liberties & ~near[1] == 0  # joined, or as good
        if not at_edge and groups < GROUPS:
            known.liberties[groups] = liberties
            groups += 1
        cells = liberties
        while cells:
            cell = lowest(cells)
            cells &= ~cell
            known.links[index_of(cell)] |= liberties & ~cell
    cells = empty
    while cells:
        cell = lowest(cells)
        cells &= ~cell
        links = known.links[index_of(cell)]
        known.bridges[index_of(cell)] = twice_linked(links, known) & ~(links | cell)
    return groups


@helper
def twice_linked(cells: int, known: Any) -> int:
    """What is linked to at least two of the cells."""
    once, twice = 0, 0
    while cells:
        cell = lowest(cells)
        cells &= ~cell
        links = known.links[index_of(cell)]
        twice |= once & links
        once |= links
    return twice


# ----- the rules ---------------------------------------------------------------------------------


@helper
def through_cell(
    group: int, target: int, carrier: int, groups: int, board: Board, known: Any
) -> None:
    """*And* over an empty cell: semi connections from a full one of a group to that cell."""
    cell, links = 1 << target, known.links[target]
    taken = carrier | cell
    cells = links & ~carrier
    while cells:
        other = lowest(cells)
        cells &= ~other
        add_semi(group, index_of(other), taken, board, known)
    cells = known.bridges[target] & ~carrier
    while cells:
        other = lowest(cells)
        cells &= ~other
        bridge = two_of(links & known.links[index_of(other)] & ~carrier)
        if bridge:
            add_semi(group, index_of(other), taken | bridge, board, known)
    for other_group in range(groups):
        if other_group != group:
            liberties = known.liberties[other_group]
            bridge = 0 if liberties & cell else two_of(links & liberties & ~carrier)
            if bridge or liberties & cell:
                add_semi(group, other_group + board.cells, taken | bridge, board, known)


@helper
def two_of(cells: int) -> int:
    """Two of the cells, or none if they are fewer."""
    first = lowest(cells)
    second = lowest(cells & ~first)
    return first | second if second else 0


@helper
def through_group(
    group: int, middle: int, carrier: int, groups: int, board: Board, known: Any
) -> None:
    """*And* over a group: a full connection of two groups, and then each of the second one's."""
    for target in range(board.cells + groups):
        if target != group + board.cells:
            for k in range(1, known.full[middle, target, 0] + 1):
                add_joined(group, target, carrier, known.full[middle, target, k], board, known)


@helper
def from_others(
    middle: int, target: int, carrier: int, groups: int, board: Board, known: Any
) -> None:
    """*And* over a group: its full connection to a target, after each of another group to it."""
    for group in range(groups):
        if group != middle and group + board.cells != target:
            for k in range(1, known.full[group, middle + board.cells, 0] + 1):
                other = known.full[group, middle + board.cells, k]
                add_joined(group, target, other, carrier, board, known)


@helper
def add_joined(group: int, target: int, one: int, other: int, board: Board, known: Any) -> None:
    """Add a full connection made of two, if their carriers are apart and leave the target out."""
    end = 1 << target if target < board.cells else 0
    if one & other == 0 and (one | other) & end == 0:
        add_full(group, target, one | other, board, known)


@helper
def add_full(group: int, target: int, carrier: int, board: Board, known: Any) -> None:
    """Write down a full connection, between groups both ways, unless a smaller one is known."""
    if insert(known.full, group, target, carrier, FULLS) and known.queue[0, 0] < QUEUE:
        known.queue[0, 0] += 1
        last = known.queue[0, 0]
        known.queue[last, 0], known.queue[last, 1] = group, target
        known.queue[last, 2] = carrier
        if target >= board.cells:
            insert(known.full, target - board.cells, group + board.cells, carrier, FULLS)


@helper
def add_semi(group: int, target: int, carrier: int, board: Board, known: Any) -> None:
    """Write down a semi connection, and by *or* the full ones that it makes with others."""
    if group == 1 and target == board.cells:
        group, target = 0, board.cells + 1  # the edges' threats lie in one place
    for k in range(1, known.full[group, target, 0] + 1):
        if known.full[group, target, k] & ~carrier == 0:
            return
    if not insert(known.semi, group, target, carrier, SEMIS):
        return
    number = known.semi[group, target, 0]
    for i in range(1, number + 1):
        one = known.semi[group, target, i]
        if carrier & one == 0:
            add_full(group, target, carrier | one, board, known)
        else:
            for j in range(i + 1, number + 1):
                two = known.semi[group, target, j]
                if carrier & one & two == 0 and carrier & two and one & two:
                    add_full(group, target, carrier | one | two, board, known)


@helper
def insert(carriers: Any, group: int, target: int, carrier: int, most: int) -> bool:
    """Add a carrier to those of a pair of ends, in place of one that it makes needless.

    Returns:
        Whether it was added: there is none inside it, and room.
    """
    number = carriers[group, target, 0]
    place = number + 1
    for k in range(1, number + 1):
        if carriers[group, target, k] & ~carrier == 0:
            return False
        if carrier & ~carriers[group, target, k] == 0:
            place = k
    if place > most:
        return False
    carriers[group, target, 0] = max(number, place)
    carriers[group, target, place] = carrier
    return True
