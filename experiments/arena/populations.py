"""Draw the weighted sets of `games.exact.populations`: games of three kinds, solved and sampled.

`python -m experiments.arena.populations --lab reference_run/lab` writes them for 4×4, 5×5 and 6×6,
in some minutes; the same lab and seed give the same sets.

random: every legal move equally likely. selfplay: two seats of one snapshot, each of a board's
stored snapshots in turn, that draw their moves by 16 nodes' visits. strong: the largest network's
last snapshot with 64 nodes, moves drawn by the square of its visits, after two random moves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import jax
import numpy as np
import tyro

from experiments.players.agents import AgentEntry, all_snapshots, load_player, open_lab
from experiments.players.move_keys import move_keys
from experiments.players.player import Player
from experiments.players.specs import NetworkSpec
from games.batches import states_after, states_before
from games.exact.populations import SIZES, SOURCES, Pool, draw_strata, write_lines
from games.exact.registry import exact_play
from games.hex import Hex
from mcts import SearchConfig
from training.store import Snapshot, Store

FIRST_PLY = {4: 0, 5: 0, 6: 6}
"""Stones on the board at least: the solver takes too long over thousands of 6×6 with fewer."""
GAMES = {4: 1_024, 5: 1_024, 6: 400}
"""Of each source."""
LANES = 64


def draw_sets(
    lab: Path,
    sizes: Annotated[tuple[int, ...], tyro.conf.arg(name="size")] = SIZES,
    won: int = 4_200,
    lost: int = 1_100,
    seed: int = 17,
    out: Path = Path("games/exact/judged"),
) -> None:
    """Draw the sets of positions of play.

    Args:
        lab: whose networks play; it is only read.
        sizes: boards.
        won: positions to be won, about; lost ones are for the value.
        lost: positions that are lost, about.
        seed: of all that is drawn.
        out: folder of the sets.
    """
    store = open_lab(lab)
    for size in sizes:
        rules = Hex(size)
        lines = played(store, rules, GAMES[size], seed)
        pool = solved(rules, lines)
        chosen = draw_strata(pool, won, lost, np.random.default_rng([seed, size]))
        path = write_lines(chosen, size, out)
        print(
            f"{size}×{size}: {len(chosen)} of {len(pool.share)} positions; in "
            f"{1 - pool.share.sum():.1%} of the distinct ones every move wins; "
            f"{path.stat().st_size:,} bytes",
            flush=True,
        )


def played(store: Store, rules: Hex, games: int, seed: int) -> list[np.ndarray]:
    """Lines of play [G, T] of each source, in the order of `SOURCES`, -1 after the end."""
    rng = np.random.default_rng([seed, rules.size, 1])
    shuffled = rng.random((2 * games, rules.num_actions)).argsort(1)
    random = _until_won(rules, shuffled[:games])
    opening = np.where(np.arange(rules.max_plies) < 2, shuffled[games:], -1)
    raw = [
        spec
        for spec in all_snapshots(store, rules, SearchConfig(nodes=16), 1.0)
        if isinstance(spec, NetworkSpec)
    ]
    nothing = np.full((-(-games // len(raw)), rules.max_plies), -1)
    selfplay = [
        _play_out(rules, _player(store, rules, spec), nothing, seed + number)
        for number, spec in enumerate(raw)
    ]
    best = raw[-1].model_copy(update={"strategy": SearchConfig(nodes=64), "temperature": 0.5})
    strong = _play_out(rules, _player(store, rules, best), opening, seed)
    return [random, np.concatenate(selfplay), strong]


def _player(store: Store, rules: Hex, spec: NetworkSpec) -> Player:
    with store.session() as session:
        row = session.query(Snapshot).filter_by(run_id=spec.run, index=spec.index).one()
        entry = AgentEntry(0, spec, store.folder / row.file, row.sha256)
    return load_player(rules, entry, lanes=LANES)


def _until_won(rules: Hex, lines: np.ndarray) -> np.ndarray:
    """Permutations of the cells [G, A] as games: cut off where somebody has won."""
    live = states_before(rules, lines).winner[:-1] < 0  # [T, G]
    return np.where(live.T, lines, -1)


def _play_out(rules: Hex, player: Player, lines: np.ndarray, seed: int) -> np.ndarray:
    """Games [G, T] from their openings to the end, both sides by one player."""
    lines = lines.copy()
    seeds = np.random.default_rng([seed, rules.size, 2]).integers(2**62, size=len(lines))
    for ply in range(int((lines[0] >= 0).sum()), rules.max_plies):
        states = states_after(rules, lines)
        live = np.flatnonzero(states.winner < 0)
        if not len(live):
            break
        now = jax.tree.map(lambda leaf, live=live: leaf[live], states)
        lines[live, ply] = player.act(now, move_keys(seeds[live], ply))
    return lines


def solved(rules: Hex, sources: list[np.ndarray]) -> Pool:
    """The positions of the games, each once a source, with their winning moves; without those in
    which every move wins. Of strong play, those after the opening."""
    parts = []
    for number, lines in enumerate(sources):
        before = states_before(rules, lines)
        stones = np.stack([np.asarray(side) for side in rules.stones(before)])  # [2, T + 1, G, A]
        board = (stones[0] + 2 * stones[1]).astype(np.int8)
        first = max(FIRST_PLY[rules.size], 2 * (SOURCES[number] == "strong"))
        ply = np.arange(len(board))[:, None]
        here = (before.winner < 0) & (ply >= first) & (ply <= (lines >= 0).sum(1))
        flat, index = np.unique(board[here], axis=0, return_index=True)
        states = jax.tree.map(lambda leaf, here=here, index=index: leaf[here][index], before)
        winning = exact_play(rules).judge(states).keeping
        empty = rules.num_actions - (flat > 0).sum(1)
        tested = winning.sum(1) < empty
        # Counted as often as they came up, the empty board and its like would be a fifth of all.
        share = np.full(tested.sum(), 1 / len(flat) / len(sources))
        parts.append((flat[tested], winning[tested], np.full(tested.sum(), number), share))
    return Pool(*(np.concatenate(column) for column in zip(*parts, strict=True)))


if __name__ == "__main__":
    tyro.cli(draw_sets)
