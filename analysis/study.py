"""From a lab's rows to what a report says: ratings of each board, rated snapshots, fitted laws."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from analysis.frontier import frontiers
from analysis.law import LawFit, fit_law
from analysis.ratings import Ratings, rate
from analysis.rows import LabRows
from analysis.transitivity import Transitivity, transitivity
from games.errors import InputError

AXES = ("train_flops", "jones_flops")

_COMPUTE = ["samples", "seconds", *AXES]
_NETWORK = [
    "run_id",
    "index",
    "boardsize",
    "network",
    "width",
    "depth",
    "parameters",
    "seed",
    "recipe",
    "nodes",
]


@dataclasses.dataclass(frozen=True)
class Board:
    """The league of one board size. Agents of different boards never meet."""

    boardsize: int
    ratings: Ratings  # averaged over both colours, so that they compare with Jones's
    transitivity: Transitivity
    first_player_elo: float  # black's advantage, from a fit with the first-player term
    first_player_se: float
    agents: pd.DataFrame  # the rated agents with network, compute, elo, se, …; strongest first
    names: list[str]  # of the agents, the weakest first
    win_rates: np.ndarray  # [P, P] row's share of the games against column, weakest first
    z: np.ndarray  # [P, P] the same's residual in standard deviations

    @property
    def zero_name(self) -> str:
        """Name of the agent at 0 Elo."""
        at_zero = self.agents["player"] == self.ratings.zero
        return str(self.agents.loc[at_zero, "name"].iloc[0])


@dataclasses.dataclass(frozen=True)
class Study:
    """Everything computed from a lab's rows."""

    boards: list[Board]
    points: pd.DataFrame  # one row a rated snapshot, all boards
    frontiers: dict[str, pd.DataFrame]  # by compute axis
    fits: dict[str, LawFit]  # by compute axis; empty where no law can be fitted
    no_fit: str  # why not

    @property
    def agents(self) -> pd.DataFrame:
        """The rated agents of all boards."""
        return pd.concat([board.agents for board in self.boards], ignore_index=True)


def analyse(
    rows: LabRows, *, zero: int | None = None, resamples: int = 500, seed: int = 0
) -> Study:
    """Rate every board, find the frontiers and fit the law on both compute axes.

    Args:
        rows: the lab.
        zero: agent to put at 0 Elo on its board; other boards keep their best agent.
        resamples: bootstrap resamples of each fit.
        seed: of the bootstrap.

    Raises:
        InputError: if no match has been played.
    """
    if rows.matches.empty:
        raise InputError("the lab holds no matches yet; run `hexlaw reproduce` first")
    league = rows.matches[rows.matches["stage"].isin(["arena", "league"])]
    rows = dataclasses.replace(rows, matches=league)
    boards = [
        _board(rows, boardsize, zero) for boardsize in np.unique(rows.matches["boardsize"]).tolist()
    ]
    points = _reference_points(pd.concat([board.agents for board in boards], ignore_index=True))
    fits, no_fit = {}, ""
    try:
        fits = {axis: fit_law(points, axis, resamples=resamples, seed=seed) for axis in AXES}
    except InputError as error:
        no_fit = str(error)
    return Study(
        boards=boards,
        points=points,
        frontiers={axis: frontiers(points, axis) for axis in AXES},
        fits=fits,
        no_fit=no_fit,
    )


def _board(rows: LabRows, boardsize: int, zero: int | None) -> Board:
    matches = rows.matches[rows.matches["boardsize"] == boardsize]
    matches = matches.rename(columns={"black_id": "black", "white_id": "white"})
    plays_here = zero in matches[["black", "white"]].to_numpy()
    ratings = rate(matches, zero=zero if plays_here else None, first_player=False)
    with_colour = rate(matches)
    residuals = transitivity(matches, ratings)

    agents = ratings.table().merge(
        rows.agents[["id", "spec", "snapshot_id", *_NETWORK, *_COMPUTE]],
        left_on="player", right_on="id", how="left",
    )  # fmt: skip
    agents["name"] = [_name(agent) for agent in agents.to_dict("records")]
    win_rates, z = _matrices(residuals.pairs, agents["player"].tolist()[::-1])
    return Board(
        boardsize=boardsize,
        ratings=ratings,
        transitivity=residuals,
        first_player_elo=with_colour.first_player_elo,
        first_player_se=with_colour.first_player_se,
        agents=agents,
        names=agents["name"].tolist()[::-1],
        win_rates=win_rates,
        z=z,
    )


def _name(agent: dict) -> str:
    """Network, seed and snapshot, as a short label: `16×2 s0 #12`; the name of an agent without
    a network."""
    if np.isnan(agent["snapshot_id"]):
        return agent["spec"]
    network = agent["network"].replace("x", "×")
    return f"{network} s{agent['seed']:.0f} #{agent['index']:.0f}"


def _matrices(pairs: pd.DataFrame, players: list) -> tuple[np.ndarray, np.ndarray]:
    at = {player: i for i, player in enumerate(players)}
    first = [at[player] for player in pairs["first"]]
    second = [at[player] for player in pairs["second"]]
    win_rates, z = np.full((2, len(players), len(players)), np.nan)
    share = pairs["score"] / pairs["games"]
    win_rates[first, second], win_rates[second, first] = share, 1 - share
    z[first, second], z[second, first] = pairs["z"], -pairs["z"]
    return win_rates, z


def _reference_points(agents: pd.DataFrame) -> pd.DataFrame:
    """One row a snapshot: its agent with the commonest search size, so that points compare.

    A snapshot taken before training started has spent nothing and has no place on a log axis.
    """
    nodes = agents["nodes"].mode().iloc[0]
    points = agents[(agents["nodes"] == nodes) & (agents[list(AXES)] > 0).all(axis=1)]
    return points.drop_duplicates("snapshot_id").reset_index(drop=True)
