"""What each stage of the reproduction plays: settings, with the paper's value beside ours."""

from __future__ import annotations

from typing import Annotated, ClassVar

import pydantic

from experiments.arena.meeting import MeetingConfig
from games.protocol import Game

Nodes = Annotated[int, pydantic.Field(ge=1, le=4096)]


class StageConfig(MeetingConfig, frozen=True):
    """How agents meet in a stage. The league's own settings are `ArenaConfig`."""

    name: ClassVar[str]
    rounds: int = pydantic.Field(default=1, ge=1)
    """Rounds; each is stored when it is complete."""

    def tournament(self, game: Game) -> str:
        """Name of the stage's tournament on a board; more rounds or boards are more of the same."""
        return f"{game.name}{game.size}-{self.digest('rounds', 'boards')}-{self.name}"


class JonesLeagueConfig(StageConfig, frozen=True):
    """The league in the paper's convention: his search with root noise on, moves drawn."""

    name = "league_jones"
    opening_plies: int = pydantic.Field(default=0, ge=0, le=4)
    """Random moves that open each game. Jones: 0, so that only drawn moves tell games apart."""
    nodes: Nodes = 64
    """Of every agent's search. Jones: 64."""
    snapshots: int | None = pydantic.Field(default=None, ge=2)
    """Snapshots of each run that take part, spread evenly over it; all if unset, as Jones."""
    opponents: int | None = pydantic.Field(default=None, ge=2, multiple_of=2)
    """Others that each agent meets in a round; everybody if unset, as Jones."""
    boards: tuple[int, ...] | None = None
    """Sides of the boards on which it is played; all of the plan if unset."""


class NodeSweepConfig(StageConfig, frozen=True):
    """Snapshots play with more and with less search than in the league, noise off."""

    name = "nodes"
    nodes: tuple[Nodes, ...] = pydantic.Field(
        default=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512), min_length=2
    )
    """Sizes of search. Jones: these."""
    boards: tuple[int, ...] | None = None
    """Sides of the boards that are swept; all of the plan if unset."""
    snapshots: int = pydantic.Field(default=5, ge=1)
    """Snapshots of each run, spread evenly over it; those on the league's frontier come on top.
    Jones: all."""
    seeds: int | None = pydantic.Field(default=None, ge=1)
    """Only runs with the first so many seeds, besides those on the frontier; all if unset."""
    opponents: int = pydantic.Field(default=8, ge=1)
    """Agents near in strength that each one meets in a round, besides its neighbours in nodes.
    Jones: everybody meets everybody."""
    pool: int = pydantic.Field(default=32, ge=2)
    """Agents of the league among whom opponents are drawn, spread evenly over its strength."""
    rounds: int = pydantic.Field(default=2, ge=1)
    """Rounds; each draws its opponents by what the ones before have shown."""


class DirectConfig(StageConfig, frozen=True):
    """Every snapshot against the board's best: the paper's "top agent" evaluation."""

    name = "direct"
    openings: int = pydantic.Field(default=16, ge=1)
    """Openings that a snapshot plays in a round, each with both colours. Jones: from the empty
    board until a posterior was narrow enough, up to 512k games."""
    seed: int = pydantic.Field(default=1, ge=0)
    """Another than the league's, so that no game of its is played again."""


class PerfectConfig(StageConfig, frozen=True):
    """The best agents against perfect play, where a solver reaches: up to 6×6."""

    name = "perfect"
    openings: int = pydantic.Field(default=64, ge=16)
    """Openings that an agent plays in a round, each with both colours. Jones: 128 games with MoHex
    from the empty board."""
    runs: int = pydantic.Field(default=3, ge=1)
    """Strongest runs of each recipe whose last snapshots play beside its best agent, which luck has
    helped to be the best: together they say where perfect play lies. Jones: the best alone."""
    boards: tuple[int, ...] | None = None
    """Sides of the boards; all of the plan within reach if unset."""
