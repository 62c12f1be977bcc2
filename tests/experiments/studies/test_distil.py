"""The study of distillation, from configuration to page with counts cut."""

from __future__ import annotations

import pandas as pd
import pytest

from experiments.studies.distil import PRESETS, lessons


def test_every_student_has_a_teacher_of_its_seed_and_states_are_compared_at_equal_labels():
    config = PRESETS["laptop"]
    for room in config.classrooms:
        found = lessons(config, room)
        taught = [lesson for lesson in found if lesson.group == "distilled"]
        assert len(taught) == (
            len(config.nodes) * len(room.students) * len(room.counts) * config.seeds
        )
        for lesson in found:
            assert lesson.labels.boardsize == lesson.run.boardsize == room.boardsize
            assert lesson.labels.seed == lesson.run.seed
            assert lesson.labels.name in lesson.run.label_counts
            if lesson.labels.teacher != "exact":
                assert f"-{room.teacher}-s{lesson.run.seed}-" in lesson.labels.teacher
        states = [lesson for lesson in found if lesson.group.startswith("states ")]
        assert {sum(lesson.run.label_counts.values()) for lesson in states} == {config.compared}
        assert len({(lesson.group, lesson.teacher) for lesson in states}) == 9


def test_the_study_goes_from_configuration_to_page(hexlaw, tmp_path):
    lab, out = tmp_path / "lab", tmp_path / "out"
    command = ("study", "distil", "--preset", "smoke", "--lab", lab, "--out", out)
    assert hexlaw(*command, "--workers", 1) == 0
    points = pd.read_csv(out / "tables" / "points.csv")
    alone = points[points["group"] == "self-play"]
    assert (alone["total"] == alone["own"]).all()
    taught = points[points["group"] == "distilled"].set_index("teacher")
    teacher = alone["total"].max()
    assert (taught["total"] - taught["taught"]).to_numpy() == pytest.approx(teacher, rel=1e-5)
    label = (taught["taught"] - taught["own"]) / 1_024
    assert label["teacher, 4 nodes"] == pytest.approx(4 * label["teacher, 1 node"], rel=1e-4)
    states = pd.read_csv(out / "tables" / "states.csv")
    assert len(states) == 9, "three kinds of positions, three teachers"
    assert "Better positions or better labels?" in (out / "index.html").read_text()
