"""Learning from labels: what perfect and random teachers teach, what it costs, what is refused."""

from __future__ import annotations

import hashlib
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sqlalchemy as sa

from games.errors import InputError
from games.exact.registry import exact_play, judged_set
from games.hex import Hex
from mcts import SearchConfig
from training.config import TrainConfig
from training.files import load_snapshot
from training.labelling import SHARD, make_labels
from training.labels import LabelConfig, folder_of, load_labels
from training.ledger import forward_flops, gradient_flops
from training.loop import train
from training.networks import Params, forward
from training.store import Snapshot, Store

RULES = Hex(3)
EXACT = LabelConfig(boardsize=3, teacher="exact", visits="random", count=6_000)


@pytest.fixture(scope="module")
def store(tmp_path_factory, tiny) -> Store:
    """A lab with a tiny self-play run, and perfect labels of 3×3."""
    store = Store(tmp_path_factory.mktemp("lab"))
    assert train(tiny(untrained_snapshot=True), store) == "done"
    make_labels(store, EXACT)
    return store


@pytest.fixture(scope="module")
def student(tiny):
    """The configuration of a student: `student("NAME:COUNT")`."""

    def configure(*labels: str, **changes) -> TrainConfig:
        return tiny(**{
            "labels": list(labels), "network": "32x2", "batch_size": 256, "replay_ratio": 64,
            "learning_rate": 1e-2, "samples": 4_800, "first_snapshot": 4_800, "snapshots": 1,
            "averaging": 0.1,
        } | changes)  # fmt: skip

    return configure


def teacher_of(tiny, index: int) -> str:
    return f"{tiny(untrained_snapshot=True).run_id}#{index}"


def row_of(store: Store, config: TrainConfig) -> Snapshot:
    query = sa.select(Snapshot).where(Snapshot.run_id == config.run_id)
    with store.session() as session:
        row = session.scalars(query.order_by(Snapshot.index.desc())).first()
        assert row is not None
        session.expunge_all()
    return row


def blunders(store: Store, config: TrainConfig, states, keeping) -> float:
    """Share of won positions in which the last snapshot's likeliest legal move loses."""
    row = row_of(store, config)
    params, made = load_snapshot(store.folder / row.file, row.sha256)
    won = keeping.any(1)
    best = likeliest(made, params, jax.tree.map(lambda leaf: leaf[won], states))
    return float(np.mean(~keeping[won][np.arange(won.sum()), best]))


def at_random(states, rules, keeping) -> float:
    """Share of won positions in which a random legal move loses, on average."""
    legal, won = np.asarray(jax.vmap(rules.legal)(states)), keeping.any(1)
    return float(1 - (keeping.sum(1) / np.maximum(legal.sum(1), 1))[won].mean())


def likeliest(made: TrainConfig, params: Params, states) -> np.ndarray:
    rules = made.rules
    logits, _ = forward(made.network.module(rules), params, jax.vmap(rules.observe)(states))
    legal = jax.vmap(rules.legal)(states)
    framed = jax.vmap(rules.to_mover_frame)(states, legal)
    best = np.where(framed, logits, -np.inf).argmax(1)
    # Back to the board's frame: where each action's own number stands in the mover's.
    numbers = jnp.broadcast_to(jnp.arange(rules.num_actions), legal.shape)
    turned = np.asarray(jax.vmap(rules.to_mover_frame)(states, numbers))
    return turned[np.arange(len(best)), best]


def test_a_perfect_teacher_makes_a_student_without_a_blunder(store, student):
    config = student(f"{EXACT.name}:6000")
    assert train(config, store) == "done"
    fixed = judged_set(RULES)
    assert fixed is not None
    assert blunders(store, config, fixed.states, fixed.verdicts.keeping) == 0
    seen = load_labels(store, EXACT.name)
    verdicts = exact_play(RULES).judge(seen.states)
    assert blunders(store, config, seen.states, verdicts.keeping) == 0


def test_a_perfect_teacher_makes_a_student_without_a_blunder_on_4x4(store, student):
    """In all positions that it was taught; of those that it was not it misjudges few."""
    rules = Hex(4)
    labels = LabelConfig(boardsize=4, teacher="exact", visits="random", count=2_000)
    make_labels(store, labels)
    config = student(
        f"{labels.name}:2000", boardsize=4, network="64x2", samples=6_000, first_snapshot=6_000,
        final_learning_rate=0.05, averaging=0.05,
    )  # fmt: skip
    assert train(config, store) == "done"
    seen, fixed = load_labels(store, labels.name), judged_set(rules)
    assert fixed is not None
    keeping = exact_play(rules).judge(seen.states).keeping
    assert blunders(store, config, seen.states, keeping) == 0
    new = blunders(store, config, fixed.states, fixed.verdicts.keeping)
    assert new < 0.4 * at_random(fixed.states, rules, fixed.verdicts.keeping)


def test_a_random_teacher_teaches_nothing(store, student, tiny):
    """An untrained network's own policy: its student blunders as often as random moves do."""
    labels = LabelConfig(
        boardsize=3, teacher=teacher_of(tiny, 0), search=SearchConfig(nodes=1),
        visits=EXACT.name, count=6_000,
    )  # fmt: skip
    make_labels(store, labels)
    config = student(f"{labels.name}:6000")
    assert train(config, store) == "done"
    seen = load_labels(store, EXACT.name)
    keeping = exact_play(RULES).judge(seen.states).keeping
    chance = at_random(seen.states, RULES, keeping)
    assert blunders(store, config, seen.states, keeping) > 0.8 * chance > 0.2


def test_the_ledger_agrees_with_a_hand_count(store, student, tiny):
    teacher, visitor = teacher_of(tiny, 3), teacher_of(tiny, 1)
    labels = LabelConfig(
        boardsize=3, teacher=teacher, search=SearchConfig(nodes=4), visits=visitor, count=500
    )
    made = make_labels(store, labels)
    assert made is not None
    network = tiny().network
    each = (4 + 1) * forward_flops(RULES, network)
    assert made.flops_each == each, "a search of four nodes, and the visitor's one"
    short = {"samples": 32, "first_snapshot": 32, "replay_ratio": 16, "network": "8x1"}
    config = student(f"{labels.name}:400", **short)
    assert train(config, store) == "done"
    row, paid = row_of(store, config), tiny(untrained_snapshot=True).run_id
    with store.session() as session:
        spent = dict(session.execute(
            sa.select(Snapshot.index, Snapshot.train_flops).where(Snapshot.run_id == paid)
        ).all())  # fmt: skip
    assert row.label_flops == 400 * each
    assert row.teacher_flops == spent[3], "of one run: the later of teacher and visitor"
    assert row.learner_samples == 2 * 256
    assert row.learner_flops == 2 * 256 * gradient_flops(RULES, config.network)
    assert (row.selfplay_flops, row.network_evaluations, row.jones_flops) == (0, 0, 0)
    assert row.train_flops == row.label_flops + row.teacher_flops + row.learner_flops

    # A second round on the student's own states: what was paid for is not paid for again.
    mine = f"{config.run_id}#0"
    second = LabelConfig(
        boardsize=3, teacher=teacher, search=SearchConfig(nodes=4), visits=mine, count=300
    )
    make_labels(store, second)
    again = student(f"{labels.name}:400", f"{second.name}:300", begin=mine, **short)
    assert train(again, store) == "done"
    after, visit = row_of(store, again), forward_flops(RULES, config.network)
    assert after.label_flops == 400 * each + 300 * (4 * forward_flops(RULES, network) + visit)
    assert after.teacher_flops == spent[3]
    assert after.learner_flops == 2 * row.learner_flops
    assert after.train_flops == after.label_flops + after.teacher_flops + after.learner_flops


def test_a_set_costs_its_visits_and_its_labels_and_no_more(store, tiny):
    """By hand, for every way in which positions and labels can come together."""
    teacher, visitor = teacher_of(tiny, 3), teacher_of(tiny, 1)
    network = forward_flops(RULES, tiny().network)

    def made(by: str, visits: str):
        nodes = 1 if by == "exact" else 4
        config = LabelConfig(
            boardsize=3, teacher=by, search=SearchConfig(nodes=nodes), visits=visits, count=20
        )
        found = make_labels(store, config)
        assert found is not None
        return config.name, found.flops_each / network, set(found.teachers)

    own, *spent = made(teacher, "")
    assert spent == [4, {teacher}], "its search has visited and labelled at once"
    assert made(teacher, own)[1:] == (4 + 4, {teacher})
    by_random, *spent = made(teacher, "random")
    assert spent == [4, {teacher}]
    by_other, *spent = made(teacher, visitor)
    assert spent == [4 + 1, {teacher, visitor}]
    told_anew, *spent = made("exact", own)
    assert spent == [4, {teacher}], "perfect labels are free, positions of a search are not"
    assert made("exact", told_anew)[1:] == (4, {teacher})
    assert made("exact", by_other)[1:] == (1, {visitor}), "its labels are not asked for"
    assert made("exact", by_random)[1:] == (0, set())


def test_a_stopped_set_goes_on_and_ends_with_the_same_bytes(store, tmp_path, tiny):
    config = EXACT.model_copy(update={"count": SHARD + 100})
    other = Store(tmp_path / "lab")
    asked = iter([False, True])
    assert make_labels(other, config, should_stop=lambda: next(asked)) is None
    assert [path.name for path in folder_of(other, config.name).iterdir()] == ["0000.safetensors"]
    made = make_labels(other, config)
    at_once = make_labels(store, config)
    assert made is not None
    assert at_once is not None
    assert made.digest == at_once.digest
    assert made.count == SHARD + 100 == len(load_labels(other, config.name).value)
    first = (folder_of(store, config.name) / "0000.safetensors").read_bytes()
    assert made.shards[0].sha256 == hashlib.sha256(first).hexdigest()


def test_bad_labels_are_refused(store, student, tmp_path, tiny):
    with pytest.raises(InputError, match="has no finished label set 'none'"):
        train(student("none:5"), store)
    with pytest.raises(InputError, match="has 6,000 positions, not 7,000; ask for fewer"):
        train(student(f"{EXACT.name}:7000"), store)
    with pytest.raises(InputError, match="is of hex on 3×3, not of hex on 4×4"):
        train(student(f"{EXACT.name}:5", boardsize=4), store)
    with pytest.raises(ValueError, match="say whose play visits the positions of teacher exact"):
        LabelConfig(boardsize=3, teacher="exact")
    with pytest.raises(InputError, match="has no snapshot none#3; train that run there first"):
        make_labels(store, LabelConfig(boardsize=3, teacher="none#3"))
    with pytest.raises(InputError, match="plays hex on 3×3, not hex on 4×4"):
        make_labels(store, LabelConfig(boardsize=4, teacher=teacher_of(tiny, 1)))
    small = EXACT.model_copy(update={"count": 50, "seed": 9})
    other = Store(tmp_path / "lab")
    make_labels(other, small)
    path = folder_of(other, small.name) / "0000.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match="not the shard that"):
        load_labels(other, small.name)
    path.unlink()
    with pytest.raises(InputError, match="cannot read labels"):
        load_labels(other, small.name)


def test_a_stored_set_says_what_it_is(store):
    text = json.loads((folder_of(store, EXACT.name) / "set.json").read_text())
    assert text["config"]["teacher"] == "exact"
    assert (text["flops_each"], text["teachers"]) == (0, {})
