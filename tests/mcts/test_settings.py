"""How an agent thinks, as people write it."""

from __future__ import annotations

from typing import ClassVar

import pydantic
import pytest

from games.config import FrozenModel
from mcts import JONES, Gumbel, Puct, Regularised, SearchConfig


def test_equal_settings_share_one_compiled_program():
    config = {"nodes": 7, "rule": {"c_puct": 0.5}}
    assert hash(SearchConfig.model_validate(config)) == hash(SearchConfig.model_validate(config))
    assert SearchConfig.model_validate(config) == SearchConfig.model_validate(config)


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("puct", Puct()),
        ("gumbel", Gumbel()),
        ("regularised", Regularised()),
        ({"c_puct": 2.0, "c_base": 19652}, Puct(c_puct=2.0, c_base=19652)),
        ({"name": "gumbel", "max_considered": 4}, Gumbel(max_considered=4)),
        (JONES.rule.model_dump(mode="json"), JONES.rule),
    ],
)
def test_a_rule_is_written_by_name_or_by_its_settings(written, rule):
    config = SearchConfig.model_validate({"rule": written})
    assert config.rule == rule
    assert SearchConfig.model_validate_json(config.model_dump_json()) == config


def test_digests_tell_all_settings_apart():
    rules = ["puct", "gumbel", "regularised", JONES.rule, {"c_puct": 2.0}]
    settings = [SearchConfig.model_validate({"rule": rule}) for rule in rules]
    assert len({config.digest() for config in (*settings, SearchConfig(nodes=9), JONES)}) == 7
    assert SearchConfig(nodes=9).digest("nodes") == SearchConfig().digest("nodes")


def test_a_digest_hashes_defaults_too():
    """What was played with another default is another thing, though nobody wrote it down."""

    class Former(SearchConfig, frozen=True):
        noise_concentration: float = 9.0

    assert Former().model_dump(exclude_defaults=True) == SearchConfig().model_dump(
        exclude_defaults=True
    )
    assert Former().digest() != SearchConfig().digest()
    assert Former(noise_concentration=10.0).digest() == SearchConfig().digest()


def test_a_field_that_came_later_renames_nothing_until_it_is_used():
    """Not even with another default later: what was done before is what it was."""

    class Today(SearchConfig, frozen=True):
        ADDED: ClassVar = {"passes": 0}
        passes: int = 0

    class Tomorrow(Today, frozen=True):
        passes: int = 1

    class Holder(FrozenModel, frozen=True):
        search: SearchConfig = Today()

    former = SearchConfig().digest()
    assert Today().digest() == Tomorrow(passes=0).digest() == former
    assert former not in (Today(passes=1).digest(), Tomorrow().digest())
    assert Holder().digest() == Holder(search=SearchConfig()).digest()
    assert Holder(search=Today(passes=1)).digest() != Holder().digest()


@pytest.mark.parametrize(
    ("setting", "culprit"),
    [
        ({"nodes": 0}, "nodes"),
        ({"noise_fraction": 1.5}, "noise_fraction"),
        ({"noise_concentration": 0}, "noise_concentration"),
        ({"rule": {"c_puct": -1}}, "c_puct"),
        ({"rule": {"unvisited_value": "win"}}, "unvisited_value"),
        ({"rule": "alphabeta"}, "puct.*gumbel.*regularised"),
        ({"rule": {"name": "gumbel", "c_puct": 1}}, "c_puct"),
        ({"rule": {"name": "regularised", "lambda_rule": "silver"}}, "lambda_rule"),
        ({"reuse": True, "noise_fraction": 0.25}, "noise_fraction"),
        ({"reuse": True, "rule": "gumbel"}, "gumbel"),
        ({"leaves": 0}, "leaves"),
        (
            {"leaves": 2, "rule": "gumbel"},
            "leaves does not go with rule gumbel: it has",
        ),
        ({"leaves": 2, "rule": "regularised"}, "leaves does not go with rule regularised"),
        ({"leaves": 2, "reuse": True}, "reuse and leaves"),
        ({"simulations": 64}, "simulations"),
    ],
)
def test_a_setting_out_of_range_or_unknown_is_refused_by_name(setting, culprit):
    with pytest.raises(pydantic.ValidationError, match=culprit):
        SearchConfig.model_validate(setting)


def test_evaluation_is_without_noise_but_for_jones_s():
    learning = SearchConfig(noise_fraction=0.25, rule=Gumbel(max_considered=8))
    evaluated = learning.for_evaluation()
    assert evaluated == SearchConfig(rule=Gumbel(max_considered=8, noise_scale=0.0))
    assert JONES.for_evaluation() == JONES
    assert JONES.noise_fraction == 0.25
