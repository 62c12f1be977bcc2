"""Judged sets of games without a shipped one: positions of random games, drawn by a fixed seed.

At each ply there are equally many positions, as far as they exist, in which few moves keep the
value and in which many do; where no move can be a mistake, or the game is lost anyway, there is
nothing to test. No two positions are the same.
"""

import hashlib

import jax
import numpy as np

from games.batches import ask, random_play
from games.exact.protocol import ExactPlay, JudgedSet

SEED = 7
GAMES = 2_000
EACH = 12
"""Positions of a ply and class."""
MOST_KEEPING = (1, 2, 4)
"""Upper ends of the classes by how many moves keep the value; the last class holds the rest."""


def positions_met(exact: ExactPlay, first_ply: int = 0) -> JudgedSet | None:
    """Positions of random games with their verdicts, the same for the same game; none if no move of
    the game is ever a mistake.

    Args:
        exact: who judges them.
        first_ply: stones on the board at least.
    """
    game = exact.game
    by_ply = jax.device_get(random_play(game, GAMES, jax.random.key(SEED)))
    rng = np.random.default_rng([SEED, game.size])
    parts, verdicts = [], []
    kinds = len(MOST_KEEPING) + 1
    for ply in range(first_ply, game.max_plies):
        states = jax.tree.map(lambda leaf, ply=ply: leaf[ply], by_ply)
        legal = exact.legal(states)
        first = np.unique(ask(game, states, "owners")[0], axis=0, return_index=True)[1]
        candidates = rng.permutation(first[legal[first].sum(1) > 1])[: 4 * EACH * kinds]
        if not len(candidates):
            continue
        met = jax.tree.map(lambda leaf, rows=candidates: leaf[rows], states)
        found = exact.judge(met)
        keeping = found.keeping.sum(1)
        hard = (found.value >= 0) & (keeping < exact.legal(met).sum(1)) & found.known
        group = np.searchsorted(MOST_KEEPING, keeping)
        chosen = [
            row for kind in range(kinds) for row in np.flatnonzero(hard & (group == kind))[:EACH]
        ]
        parts.append(jax.tree.map(lambda leaf, rows=chosen: leaf[rows], met))
        verdicts.append(jax.tree.map(lambda leaf, rows=chosen: leaf[rows], found))
    if not sum(map(len, (part.value for part in verdicts))):
        return None
    states, judged = (
        jax.tree.map(lambda *leaves: np.concatenate(leaves), *trees) for trees in (parts, verdicts)
    )
    content = b"".join(np.ascontiguousarray(leaf).tobytes() for leaf in jax.tree.leaves(states))
    digest = hashlib.sha256(content + judged.keeping.tobytes()).hexdigest()[:8]
    return JudgedSet(digest, states, judged)
