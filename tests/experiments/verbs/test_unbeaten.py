"""Every line of play against an agent that moves first."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from experiments.players.anchors import PerfectPlayer
from experiments.verbs.unbeaten import every_line
from games.exact.tables import load_table
from games.hex import Hex
from games.text.notation import play
from training.store import Store

RULES = Hex(3)


class PerfectButOnce(PerfectPlayer):
    """Perfect, but in one position it plays a losing move."""

    def __init__(self, moves: list[int]) -> None:
        super().__init__(RULES)
        state = play(RULES, moves)
        self._labels = np.asarray(state.labels)
        winning = np.asarray(load_table(RULES).winning_moves(state))
        self._blunder = int(np.flatnonzero(np.asarray(RULES.legal(state)) & ~winning)[0])

    def act(self, states, keys):
        there = (np.asarray(states.labels) == self._labels).all(1)
        return np.where(there, self._blunder, super().act(states, keys))


def test_a_perfect_player_wins_every_line():
    verdict = every_line(RULES, PerfectPlayer(RULES), 10_000)
    assert verdict.unbeaten
    assert verdict.positions > 20


def test_one_mistake_in_one_position_is_found_and_shown():
    first = int(PerfectPlayer(RULES).act(_empty(), np.zeros((1, 2), np.uint32))[0])
    reply = next(action for action in range(9) if action != first)
    verdict = every_line(RULES, PerfectButOnce([first, reply]), 10_000)
    assert not verdict.unbeaten
    assert verdict.refutation is not None
    assert verdict.refutation[:2] == [first, reply]
    assert int(play(RULES, verdict.refutation).winner) == 1


def test_a_sample_proves_nothing_but_a_loss():
    """A player who fills the board from the first cell on loses most lines."""
    verdict = every_line(RULES, PerfectPlayer(RULES), 10_000, sample=2)
    assert verdict.positions <= 2 * 5
    assert (verdict.unbeaten, verdict.complete, verdict.refutation) == (False, False, None)
    assert every_line(RULES, PerfectPlayer(RULES), 10_000, sample=10_000).unbeaten

    class Filler(PerfectPlayer):
        def act(self, states, keys):
            return np.asarray(jax.vmap(RULES.legal)(states)).argmax(axis=1)

    lost = every_line(RULES, Filler(RULES), 10_000, sample=10)
    assert lost.complete
    assert lost.refutation is not None


def test_giving_up_proves_nothing():
    verdict = every_line(RULES, PerfectPlayer(RULES), 5)
    assert not verdict.unbeaten
    assert verdict.refutation is None


def _empty():
    return jax.tree.map(lambda leaf: np.asarray(leaf)[None], RULES.init())


@pytest.mark.parametrize(("player", "culprit"), [("random", "no snapshot"), ("x#3", "no run")])
def test_what_cannot_be_tried_is_refused(hexlaw, capsys, tmp_path, player, culprit):
    Store(tmp_path)
    assert hexlaw("unbeaten", "--lab", str(tmp_path), "--agents", player) == 2
    assert culprit in capsys.readouterr().err
