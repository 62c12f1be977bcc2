"""`hexlaw merge`: nothing lost, nothing doubled, what differs is named and nothing written."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from training.labelling import make_labels
from training.labels import LabelConfig, folder_of, load_labels
from training.store import Agent, Game, Match, Run, Snapshot, Store

COSTS = (
    "samples", "learner_samples", "network_evaluations", "selfplay_flops", "learner_flops",
    "train_flops", "jones_flops", "seconds", "selfplay_seconds", "learner_seconds",
    "other_seconds",
)  # fmt: skip


def make_lab(folder: Path, *runs: str, weights: bytes = b"w", rounds: int = 1) -> Path:
    """A lab with a snapshot of each run, an agent of each, and matches among them; its numbers hang
    on the order of the runs."""
    with Store(folder).session() as session:
        for run in runs:
            session.add(
                Run(
                    id=run, game="hex", boardsize=3, network="1x1", width=1, depth=1, parameters=1,
                    seed=0, config={"name": run}, device="cpu", commit="none", command="test",
                )
            )  # fmt: skip
            session.flush()
            file = f"snapshots/{run}/00.safetensors"
            (folder / file).parent.mkdir(parents=True)
            (folder / file).write_bytes(weights + run.encode())
            sha256 = hashlib.sha256(weights + run.encode()).hexdigest()
            row = Snapshot(run_id=run, index=0, file=file, sha256=sha256, **dict.fromkeys(COSTS, 1))
            session.add(row)
            session.flush()
            session.add(
                Agent(
                    kind="network", spec=f"{run}#0", game="hex", boardsize=3, search_id="s",
                    snapshot_id=row.id, nodes=1, search={}, temperature=0.0, test_flops=1.0,
                )
            )  # fmt: skip
        session.flush()
        number = dict(session.execute(sa.select(Agent.spec, Agent.id)).all())
        counts = {"games": 1, "distinct_games": 1, "black_wins": 1, "white_wins": 0}
        for index in range(rounds):
            for black in runs:
                for white in runs:
                    if black != white:
                        pair = {"black_id": number[f"{black}#0"], "white_id": number[f"{white}#0"]}
                        match = Match(tournament="t", round=index, **pair, **counts)
                        session.add(match)
                        session.flush()
                        moves = f"{black}{white}{index}".encode()
                        fields = {"opening_plies": 0, "winner": 0, "seed": 0}
                        session.add(Game(match_id=match.id, index=0, moves=moves, **fields))
    return folder


def games(lab: Path) -> list[tuple]:
    """Who played what, by names."""
    black, white = orm.aliased(Agent), orm.aliased(Agent)
    query = sa.select(black.spec, white.spec, Match.round, Game.moves)
    query = query.join(Match, Game.match_id == Match.id)
    query = query.join(black, Match.black_id == black.id).join(white, Match.white_id == white.id)
    return sorted(Store(lab).frame_query(query)[1])


def test_labs_made_apart_become_one_and_twice_is_once(tmp_path, hexlaw):
    one = make_lab(tmp_path / "one", "a", "b")
    other = make_lab(tmp_path / "other", "c", "b", "a", rounds=2)  # other numbers for a and b
    for _ in range(2):
        assert hexlaw("merge", one, other, "--into", tmp_path / "all") == 0
        assert games(tmp_path / "all") == games(other)  # which has all that the first one has
        runs = Store(tmp_path / "all").frame_query(sa.select(Run.id).order_by(Run.id))[1]
        assert runs == [("a",), ("b",), ("c",)]
    for file in other.rglob("*.safetensors"):
        copied = tmp_path / "all" / file.relative_to(other)
        assert copied.read_bytes() == file.read_bytes()


def test_what_differs_is_named_and_nothing_of_that_lab_is_written(tmp_path, hexlaw, capsys):
    one = make_lab(tmp_path / "one", "a", "b")
    other = make_lab(tmp_path / "other", "c", "a", weights=b"v")
    assert hexlaw("merge", one, other, "--into", tmp_path / "all") == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "snapshot of run_id a, index 0" in message
    assert "sha256" in message
    assert games(tmp_path / "all") == games(one)
    assert Store(tmp_path / "all").frame_query(sa.select(Run.id).order_by(Run.id))[1] == [
        ("a",), ("b",),
    ]  # fmt: skip


@pytest.mark.parametrize("file", ["../secret", "/etc/hostname", "snapshots/../../secret"])
def test_a_strangers_lab_makes_nobody_copy_files_from_elsewhere(tmp_path, hexlaw, capsys, file):
    (tmp_path / "secret").write_text("mine")
    lab = make_lab(tmp_path / "lab", "a")
    with Store(lab).session() as session:
        session.execute(sa.update(Snapshot).values(file=file))
    assert hexlaw("merge", lab, "--into", tmp_path / "all") == 2
    assert "outside its lab" in capsys.readouterr().err
    assert not list((tmp_path / "all").rglob("*.safetensors"))


def test_damaged_weights_and_the_lab_itself_are_refused(tmp_path, hexlaw, capsys):
    lab = make_lab(tmp_path / "lab", "a")
    assert hexlaw("merge", lab, "--into", lab) == 2
    assert "leave it out" in capsys.readouterr().err
    next(lab.rglob("*.safetensors")).write_bytes(b"other")
    assert hexlaw("merge", lab, "--into", tmp_path / "all") == 2
    assert "SHA-256 differs" in capsys.readouterr().err


LABELS = LabelConfig(boardsize=3, teacher="exact", visits="random", count=20)


def test_label_sets_go_along_and_what_stays_is_named(tmp_path, hexlaw, capsys):
    lab = make_lab(tmp_path / "lab", "a")
    make_labels(Store(lab), LABELS)
    unfinished = folder_of(Store(lab), "hex3-exact-0") / "0000.safetensors"
    unfinished.parent.mkdir()
    unfinished.write_bytes(b"half")
    (lab / "decisions").mkdir()
    (lab / "decisions" / "study.npz").write_bytes(b"d")
    into = tmp_path / "all"
    for told in ("1 label_set", "nothing new"):
        assert hexlaw("merge", lab, "--into", into) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert told in out
        assert "stay there: unfinished labels hex3-exact-0, decisions of studies" in out
    assert sorted(path.name for path in (into / "labels").iterdir()) == [LABELS.name]
    ours, theirs = (load_labels(Store(folder), LABELS.name) for folder in (into, lab))
    assert (ours.policy == theirs.policy).all()


def test_another_label_set_of_that_name_or_a_damaged_one_is_refused(tmp_path, hexlaw, capsys):
    lab, into = make_lab(tmp_path / "lab", "a"), Store(tmp_path / "all")
    made = make_labels(Store(lab), LABELS)
    assert made is not None
    described = folder_of(Store(lab), LABELS.name) / "set.json"
    make_labels(into, LABELS)
    dearer = made.model_copy(update={"flops_each": 1.0})
    described.write_text(dearer.model_dump_json())
    assert hexlaw("merge", lab, "--into", into.folder) == 2
    assert f"its label set {LABELS.name} is another one" in capsys.readouterr().err
    assert into.frame_query(sa.select(Run.id))[1] == []
    described.write_text(made.model_dump_json().replace("0000.safetensors", "../secret"))
    assert hexlaw("merge", lab, "--into", tmp_path / "third") == 2
    assert "set.json is damaged" in " ".join(capsys.readouterr().err.split())
    described.write_text(made.model_dump_json())
    (described.parent / "0000.safetensors").write_bytes(b"other")
    assert hexlaw("merge", lab, "--into", tmp_path / "third") == 2
    assert "SHA-256 differs" in " ".join(capsys.readouterr().err.split())
    assert Store(tmp_path / "third").frame_query(sa.select(Run.id))[1] == []
