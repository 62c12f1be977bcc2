"""From a lab's rows to rated agents: every stage of every board."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Mapping

import numpy as np
import pandas as pd

from analysis.ratings.bradley_terry import Ratings, rate
from analysis.ratings.direct import direct_elo
from analysis.ratings.names import PERFECT, ladder_name, shown_names
from analysis.ratings.rated import Rated
from analysis.ratings.scales import PLAYERS, never_err, rate_joined, rate_scale
from analysis.ratings.splits import Halves, split_ratings, split_scores
from analysis.ratings.transitivity import Transitivity, transitivity
from analysis.ratings.untrained import with_untrained
from analysis.tables.rows import LabRows
from games.errors import InputError

AXES = ("train_flops", "jones_flops")
COLOURED = "league, colour term"
"""Name in `Study.rated` of the league rated once more, with a term for the first player."""
UNTRAINED = "league, from untrained"
"""Name in `Study.rated` of the league with untrained networks as the beginning of their runs, if
any were rated; see `analysis.ratings.untrained`."""

_COMPUTE = ["samples", "seconds", *AXES]
_NETWORK = [
    "run_id", "index", "boardsize", "network", "width", "depth", "parameters", "seed", "recipe",
    "nodes", "test_flops",
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Board:
    """The league of one board size. Agents of different boards never meet."""

    boardsize: int
    ratings: Ratings  # averaged over both colours, so that they compare with Jones's
    transitivity: Transitivity
    league: Ratings  # by the league alone, with black's advantage
    agents: pd.DataFrame  # all that were rated, with network, compute, elo, se, …; strongest first
    names: list[str]  # of the league's players, the weakest first
    win_rates: np.ndarray  # [P, P] row's share of the games against column, weakest first
    z: np.ndarray  # [P, P] the same's residual in standard deviations
    apart: list  # players whom no chain of games joins to the zero; not among the agents

    @property
    def zero_name(self) -> str:
        """Name of the agent at 0 Elo."""
        at_zero = self.agents["player"] == self.ratings.zero
        return str(self.agents.loc[at_zero, "name"].iloc[0])

    @property
    def zero_is_perfect(self) -> bool:
        """Whether the player at 0 Elo never errs."""
        return self.zero_name == PERFECT


@dataclasses.dataclass(frozen=True)
class Study:
    """The rated agents of a lab. All recipes of a board are rated together, on one scale."""

    boards: list[Board]
    rated: dict[str, Rated]  # by stage: league, league_jones, direct; those that were played
    searchers: Rated | None  # agents with all numbers of nodes, rated along with the league

    @property
    def agents(self) -> pd.DataFrame:
        """The league's rated agents of all boards."""
        return pd.concat([board.agents for board in self.boards], ignore_index=True)

    @property
    def points(self) -> pd.DataFrame:
        """The league's rated snapshots."""
        return self.rated["league"].points

    @property
    def recipes(self) -> list[str]:
        """Recipes of the rated runs, most runs first; `''` is the one without a name."""
        runs = self.points.drop_duplicates("run_id")["recipe"]
        return runs.value_counts().index.tolist()


def analyse(rows: LabRows, *, zero: int | None = None, splits: int = 200, seed: int = 0) -> Study:
    """Rate every stage of every board.

    Args:
        rows: the lab.
        zero: agent to put at 0 Elo on its board. Other boards have perfect play there if their
            agents met it (stage `perfect`), else the best agent, as in the paper.
        splits: of the games into halves.
        seed: of the splits.

    Raises:
        InputError: if no league has been played.
    """
    stages = {str(stage): matches for stage, matches in rows.matches.groupby("stage")}
    if "league" not in stages:
        raise InputError("the lab holds no league's matches yet; let its agents play a league")
    sizes = np.unique(stages["league"]["boardsize"]).tolist()
    perfect = stages.get("perfect", stages["league"].head(0))
    boards = [_board(rows, stages["league"], perfect, size, zero) for size in sizes]

    def split(ratings: Ratings, boardsize: int) -> Halves:
        # With draws of its own: what boards have in common would cancel when they are compared.
        return split_ratings(ratings, splits, (seed, boardsize))

    league = [_rated(b.agents, b.ratings, split(b.ratings, b.boardsize)) for b in boards]
    met = pd.concat([stages["league"], perfect])
    here = met[met["boardsize"].isin(sizes)]
    zeros = {board.boardsize: board.ratings.zero for board in boards}
    coloured = _rate_stage(rows, here, "league", split, zeros, first_player=True)
    compared = _reference(_joined(league))
    rated = {"league": _trained(compared), COLOURED: _trained(_reference(coloured))}
    begun = _trained(with_untrained(compared, rows.runs, rows.snapshots))
    if len(begun.points) > len(rated["league"].points):
        rated[UNTRAINED] = begun
    if "league_jones" in stages:
        noisy = _rate_stage(rows, stages["league_jones"], "league_jones", split, {})
        rated["league_jones"] = _trained(_reference(noisy))
    if "direct" in stages:
        rated["direct"] = _trained(_reference(_direct(rows, stages["direct"], splits, seed)))
    searchers = None
    if "nodes" in stages:
        together = pd.concat([stages["league"], stages["nodes"], perfect])
        swept = together["boardsize"].isin(stages["nodes"]["boardsize"])
        searchers = _trained(_rate_stage(rows, together[swept], "nodes", split, zeros))
    return Study(boards, rated, searchers)


def _board(
    rows: LabRows, league: pd.DataFrame, perfect: pd.DataFrame, boardsize: int, zero: int | None
) -> Board:
    matches, anchored = (
        _named(games[games["boardsize"] == boardsize])
        for games in (league, pd.concat([league, perfect]))
    )
    plays_here = zero in matches[["black", "white"]].to_numpy()
    named = zero if plays_here else None
    ratings, apart = rate_joined(anchored, never_err(rows.agents), zero=named)
    matches = matches[matches["black"].isin(ratings.players)]
    residuals = transitivity(matches, ratings)
    agents = _described(rows, ratings.table())
    ladder = agents[agents["player"].isin(matches[["black", "white"]].to_numpy().ravel())][::-1]
    win_rates, z = _matrices(residuals.pairs, ladder["player"].tolist())
    return Board(
        boardsize=boardsize,
        ratings=ratings,
        transitivity=residuals,
        league=rate(matches),
        agents=agents,
        names=ladder["name"].tolist(),
        win_rates=win_rates,
        z=z,
        apart=apart,
    )


def _named(matches: pd.DataFrame) -> pd.DataFrame:
    return matches.rename(columns=PLAYERS)


def _described(rows: LabRows, table: pd.DataFrame) -> pd.DataFrame:
    """A table with the column `player`, joined with what is known of each agent."""
    agents = table.merge(
        rows.agents[["id", "kind", "spec", "search_id", "snapshot_id", *_NETWORK, *_COMPUTE]],
        left_on="player", right_on="id", how="left",
    )  # fmt: skip
    named = agents.assign(name=shown_names(agents.to_dict("records")))
    trained = named["network"].notna()
    named.loc[trained, "recipe"] = [
        ladder_name(recipe, network)
        for recipe, network in named.loc[trained, ["recipe", "network"]].itertuples(index=False)
    ]
    return named.drop(columns="search_id")


def _matrices(pairs: pd.DataFrame, players: list) -> tuple[np.ndarray, np.ndarray]:
    at = {player: i for i, player in enumerate(players)}
    first = [at[player] for player in pairs["first"]]
    second = [at[player] for player in pairs["second"]]
    win_rates, z = np.full((2, len(players), len(players)), np.nan)
    share = pairs["score"] / pairs["games"]
    win_rates[first, second], win_rates[second, first] = share, 1 - share
    z[first, second], z[second, first] = pairs["z"], -pairs["z"]
    return win_rates, z


def _rated(agents: pd.DataFrame, ratings: Ratings, halves: Halves) -> Rated:
    """Halves are in the order of the ratings' players; put them into that of `agents`."""
    place = {player: i for i, player in enumerate(ratings.players)}
    return Rated(agents, halves.of(np.array([place[player] for player in agents["player"]])))


def _joined(boards: list[Rated]) -> Rated:
    points = pd.concat([board.points for board in boards], ignore_index=True)
    return Rated(points, Halves.of_boards([board.halves for board in boards]))


def _rate_stage(
    rows: LabRows,
    matches: pd.DataFrame,
    scale: str,
    split: Callable[[Ratings, int], Halves],
    zeros: Mapping[int, Hashable],
    *,
    first_player: bool = False,
) -> Rated:
    """Rate all boards of some matches on one of `SCALES`, each with its zero if it has one."""
    parts = []
    for _, board in matches.groupby("boardsize"):
        size = int(board["boardsize"].iloc[0])
        ratings, _ = rate_scale(
            _named(board), rows.agents, scale, zero=zeros.get(size), first_player=first_player
        )
        halves = split(ratings, size)
        parts.append(_rated(_described(rows, ratings.table()), ratings, halves))
    return _joined(parts)


def _direct(rows: LabRows, matches: pd.DataFrame, splits: int, seed: int) -> Rated:
    parts = []
    for _, board in matches.groupby("boardsize"):
        agents = _described(rows, direct_elo(board).assign(flags=""))
        elo, se = agents["elo"].to_numpy(), agents["se"].to_numpy()
        own_seed = seed, int(board["boardsize"].iloc[0])
        parts.append(Rated(agents, split_scores(elo, se, splits, own_seed)))
    return _joined(parts)


def _trained(rated: Rated) -> Rated:
    """Agents with a network that has spent something: an untrained one has no place on a log
    axis, a player without a network none at all."""
    mask = (rated.points[list(AXES)] > 0).all(axis=1).to_numpy()
    return Rated(rated.points[mask].reset_index(drop=True), rated.halves.of(mask))


def _reference(rated: Rated) -> Rated:
    """One row a snapshot: its agent with the commonest search size, so that points compare."""
    points = rated.points
    common = points["nodes"] == points["nodes"].mode().iloc[0]
    mask = (common & ~points.duplicated(["snapshot_id", "nodes"])).to_numpy()
    return Rated(points[mask].reset_index(drop=True), rated.halves.of(mask))
