"""Short names for agents and snapshots; of two that differ in any way, no two are the same."""

from __future__ import annotations

import collections
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

PERFECT = "perfect play"  # name of the player that never errs

AgentFields = Mapping[Any, Any]


def ladder_name(recipe: str, network: str) -> str:
    """What laws call the runs of a recipe: by its name and, where the network's does not begin with
    a width as the usual ones' do, by its kind. Kinds climb otherwise at equal compute, so they have
    frontiers and laws of their own: `efficient` of 16x2, `efficient, conv` of conv16x2."""
    kind = re.sub(r"\d.*", "", network)
    return ", ".join(filter(None, (recipe, kind)))


def shown_names(agents: Sequence[AgentFields]) -> list[str]:
    """Names of the agents of one board: `J 16×2 s0 #12`, and where that fits several, what tells
    them apart: `16×2 s0 #12, 64 nodes, as Jones`.

    Args:
        agents: with kind and spec; if they have a network, also run_id, network, seed, index,
            recipe; search_id tells apart what no setting in the name does.
    """
    names = [_plain(agent) for agent in agents]
    for details in (_run, _settings, _search):
        for places in _shared(names):
            told = [details(agents[place]) for place in places]
            common = set(told[0]).intersection(*told[1:])
            for place, detail in zip(places, told, strict=True):
                more = [part for part in detail if part not in common]
                names[place] = ", ".join([names[place], *more])
    return names


def _plain(agent: AgentFields) -> str:
    if agent["kind"] != "network":
        return PERFECT if agent["spec"] == "perfect" else agent["spec"]
    recipe = "J " if agent["recipe"] == "jones2021" else ""
    network = agent["network"].replace("x", "×")
    return f"{recipe}{network} s{agent['seed']:.0f} #{agent['index']:.0f}"


def _run(agent: AgentFields) -> list[str]:
    return [f"run {agent['run_id']}"] if agent["kind"] == "network" else []


def _settings(agent: AgentFields) -> list[str]:
    """What stands behind the @ of its name, in words; nodes first."""
    if agent["kind"] != "network":
        return []
    settings = filter(None, agent["spec"].partition("@")[2].split(","))
    words = []
    for setting in sorted(settings, key=lambda each: not each.startswith("nodes=")):
        name, _, value = setting.partition("=")
        words.append(
            f"{value} node{'' if value == '1' else 's'}" if name == "nodes"
            else "as Jones" if setting == "jones" else setting.replace("=", " ")
        )  # fmt: skip
    return words


def _search(agent: AgentFields) -> list[str]:
    return [f"search {agent.get('search_id', '')}"]


def _shared(names: Iterable[str]) -> list[list[int]]:
    places = collections.defaultdict(list)
    for place, name in enumerate(names):
        places[name].append(place)
    return [shared for shared in places.values() if len(shared) > 1]
