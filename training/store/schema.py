"""The lab's tables: runs, snapshots, agents, matches and games.

The tables are Jones's (boardlaw `sql.py`) plus stored games: an *agent* is a snapshot together
with the search it uses at play time. Every column's sentence stands in its `doc=`; docs/data.md
shows the same sentences and a test holds the two together. Writes are idempotent: the unique
constraints make the same task done twice leave one row.

All tables of results stand in this one file, long as it is, so that what a lab holds can be read in
one place; `sharing` has those of work in progress.
"""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import orm

from training.store.columns import TEXT, FileInLab


class Table(orm.DeclarativeBase):
    """Base of every table."""

    type_annotation_map: ClassVar = {
        dict[str, Any]: sa.JSON,
        # PostgreSQL's integer ends at 2³¹.
        int: sa.Integer().with_variant(sa.BigInteger(), "postgresql"),
        str: TEXT,
    }


def _utc_now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


class Run(Table):
    """One training run."""

    __tablename__ = "run"

    id: orm.Mapped[str] = orm.mapped_column(
        primary_key=True, doc="Name of the run: board, network, seed and a digest of `config`."
    )
    game: orm.Mapped[str] = orm.mapped_column(doc="Registry name of the game.")
    boardsize: orm.Mapped[int] = orm.mapped_column(doc="Board side S.")
    network: orm.Mapped[str] = orm.mapped_column(
        doc="Name of the network's shape, e.g. `16x2`, `conv32x4`, `16x2+64x1`, `512x4-bf16`."
    )
    width: orm.Mapped[int] = orm.mapped_column(
        doc="Neurons in each layer of the network's trunk; of a convolution, channels a cell."
    )
    depth: orm.Mapped[int] = orm.mapped_column(doc="Residual layers of the network's trunk.")
    parameters: orm.Mapped[int] = orm.mapped_column(
        doc="Weights and biases P, counted as Jones did (ReZero's scalars left out)."
    )
    seed: orm.Mapped[int] = orm.mapped_column(doc="Seed of every random number of the run.")
    recipe: orm.Mapped[str] = orm.mapped_column(
        default="",
        doc="Recipe that `config` started from, e.g. `efficient`; empty if it had none.",
    )
    config: orm.Mapped[dict[str, Any]] = orm.mapped_column(
        doc="The whole training configuration as JSON."
    )
    status: orm.Mapped[str] = orm.mapped_column(
        default="running", doc="`running` (also: stopped and resumable), `done` or `failed`."
    )
    reason: orm.Mapped[str | None] = orm.mapped_column(doc="Why a failed run failed, else empty.")
    population: orm.Mapped[int] = orm.mapped_column(
        default=1, doc="Runs that were trained in one program, itself included."
    )
    device: orm.Mapped[str] = orm.mapped_column(doc="Device that trained it, as JAX names it.")
    devices: orm.Mapped[int] = orm.mapped_column(
        default=1, doc="How many of them its lanes were spread over."
    )
    commit: orm.Mapped[str] = orm.mapped_column(
        doc="Git commit of the code, `-dirty` appended if files differed; else the version."
    )
    command: orm.Mapped[str] = orm.mapped_column(doc="The command line that started it.")
    created: orm.Mapped[str] = orm.mapped_column(
        default=_utc_now, doc="When it started, UTC, ISO 8601."
    )


class Snapshot(Table):
    """The network of a run at one moment, with everything spent up to it."""

    __tablename__ = "snapshot"
    __table_args__ = (sa.UniqueConstraint("run_id", "index"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True, doc="Number of the snapshot.")
    run_id: orm.Mapped[str] = orm.mapped_column(
        sa.ForeignKey("run.id"), index=True, doc="The run it was taken from."
    )
    index: orm.Mapped[int] = orm.mapped_column(
        doc="Position in the run, counted from 0; snapshots are spaced evenly in log compute, one "
        "from before the first step stands before them if the run kept it."
    )
    samples: orm.Mapped[int] = orm.mapped_column(
        doc="Positions searched in self-play so far (of a run from labels, where nobody plays, as "
        "many as it would have taken for the learner's steps); here and in all costs below, what "
        "the network had cost that the run began with is included."
    )
    learner_samples: orm.Mapped[int] = orm.mapped_column(
        doc="Positions the learner has trained on so far, repeats counted."
    )
    network_evaluations: orm.Mapped[int] = orm.mapped_column(
        doc="Network forward passes of self-play so far, the roots' included."
    )
    selfplay_flops: orm.Mapped[float] = orm.mapped_column(
        doc="FLOPs of those forward passes; one multiply-add = 2 FLOPs."
    )
    learner_flops: orm.Mapped[float] = orm.mapped_column(
        doc="FLOPs of the learner's forward and backward passes so far."
    )
    label_flops: orm.Mapped[float] = orm.mapped_column(
        default=0.0,
        server_default="0",
        doc="FLOPs of the forward passes that made the labels it has learnt from.",
    )
    teacher_flops: orm.Mapped[float] = orm.mapped_column(
        default=0.0,
        server_default="0",
        doc="`train_flops` of the teachers who gave them.",
    )
    train_flops: orm.Mapped[float] = orm.mapped_column(
        doc="`selfplay_flops` + `learner_flops` + `label_flops` + `teacher_flops`: all that "
        "training has cost."
    )
    jones_flops: orm.Mapped[float] = orm.mapped_column(
        doc="Jones's count: samples × nodes × parameters; one per multiply-add, no learner."
    )
    seconds: orm.Mapped[float] = orm.mapped_column(
        doc="Training time so far in seconds: self-play and learning, compilation and pauses left "
        "out; of a population, each member's equal share."
    )
    selfplay_seconds: orm.Mapped[float] = orm.mapped_column(doc="Share of it in self-play.")
    learner_seconds: orm.Mapped[float] = orm.mapped_column(doc="Share of it in the learner.")
    other_seconds: orm.Mapped[float] = orm.mapped_column(
        doc="Time beside it for snapshots, rows, checkpoints and progress."
    )
    utilisation: orm.Mapped[float | None] = orm.mapped_column(
        doc="FLOPs over seconds of the run itself, as a share of what the devices reach in a large "
        "matrix product."
    )
    energy_joules: orm.Mapped[float | None] = orm.mapped_column(
        doc="Energy the GPUs used meanwhile by NVML's counters, idle power included; of a "
        "population, each member's equal share."
    )
    policy_loss: orm.Mapped[float | None] = orm.mapped_column(
        doc="Cross-entropy of the policy against the search policy, in nats, as in `metric`."
    )
    value_loss: orm.Mapped[float | None] = orm.mapped_column(
        doc="Mean squared error of the value against its target, as in `metric`."
    )
    game_length: orm.Mapped[float | None] = orm.mapped_column(
        doc="Mean plies of the self-play games that ended, as in `metric`."
    )
    file: orm.Mapped[str] = orm.mapped_column(
        FileInLab, doc="Weights (safetensors), path relative to the store's folder."
    )
    sha256: orm.Mapped[str] = orm.mapped_column(doc="SHA-256 of that file.")
    created: orm.Mapped[str] = orm.mapped_column(
        default=_utc_now, doc="When it was taken, UTC, ISO 8601."
    )


class Metric(Table):
    """How a run's training went over some iterations."""

    __tablename__ = "metric"
    __table_args__ = (sa.UniqueConstraint("run_id", "iteration"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True, doc="Number of the row.")
    run_id: orm.Mapped[str] = orm.mapped_column(
        sa.ForeignKey("run.id"), index=True, doc="The run it tells of."
    )
    iteration: orm.Mapped[int] = orm.mapped_column(
        doc="Iterations done; the numbers below are means since the row before."
    )
    samples: orm.Mapped[int] = orm.mapped_column(doc="Positions searched in self-play so far.")
    seconds: orm.Mapped[float] = orm.mapped_column(doc="Training time so far in seconds.")
    policy_loss: orm.Mapped[float] = orm.mapped_column(
        doc="Cross-entropy of the network's policy against the search policy, in nats; it cannot "
        "fall below the entropy of the search policy."
    )
    value_loss: orm.Mapped[float] = orm.mapped_column(
        doc="Mean squared error of the value against its target; 1 is a value that is always 0."
    )
    policy_entropy: orm.Mapped[float] = orm.mapped_column(
        doc="Entropy of the network's policy in nats: how undecided it is."
    )
    policy_kl: orm.Mapped[float] = orm.mapped_column(
        doc="Divergence from the search policy to the network's in nats: what search still adds."
    )
    residual_variance: orm.Mapped[float | None] = orm.mapped_column(
        doc="Share of the variance of the value targets that the value does not explain; empty "
        "where all were alike."
    )
    game_length: orm.Mapped[float | None] = orm.mapped_column(
        doc="Mean plies of the self-play games that ended."
    )
    first_player_wins: orm.Mapped[float | None] = orm.mapped_column(
        doc="Share of the self-play games that ended which black, the first player, won."
    )
    samples_per_second: orm.Mapped[float] = orm.mapped_column(
        doc="Throughput: positions of self-play a second of training time; of a population, all "
        "members' together."
    )
    boards: orm.Mapped[dict[str, Any] | None] = orm.mapped_column(
        sa.JSON(none_as_null=True),
        doc="Of a run with a mix, by board side: `samples` and `train_flops` spent there so far "
        "and, of that board alone, the means that the columns before give of all; empty without.",
    )


class Agent(Table):
    """A player on one board: a snapshot plus the search it plays with, or one without a network."""

    __tablename__ = "agent"
    __table_args__ = (sa.UniqueConstraint("game", "boardsize", "spec", "search_id"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True, doc="Number of the agent.")
    kind: orm.Mapped[str] = orm.mapped_column(
        doc="`network`, `random`, `perfect`, `ladder`, `mctsbot` or `gtp` (an external engine)."
    )
    spec: orm.Mapped[str] = orm.mapped_column(
        doc="Its name on command lines, settings included; see docs/arena.md."
    )
    game: orm.Mapped[str] = orm.mapped_column(doc="Registry name of the game it plays.")
    boardsize: orm.Mapped[int] = orm.mapped_column(doc="Side S of the board it plays on.")
    snapshot_id: orm.Mapped[int | None] = orm.mapped_column(
        sa.ForeignKey("snapshot.id"),
        index=True,
        doc="The snapshot it plays with; empty without a network.",
    )
    search_id: orm.Mapped[str] = orm.mapped_column(
        doc="Digest of `search`, and `temperature`; empty text without a network."
    )
    nodes: orm.Mapped[int | None] = orm.mapped_column(
        doc="Network evaluations a move, the root's included; 1 is the raw policy."
    )
    search: orm.Mapped[dict[str, Any] | None] = orm.mapped_column(
        sa.JSON(none_as_null=True), doc="The whole play-time search configuration as JSON."
    )
    temperature: orm.Mapped[float | None] = orm.mapped_column(
        doc="0 plays the search's choice; else moves are drawn by policy^(1/temperature)."
    )
    test_flops: orm.Mapped[float | None] = orm.mapped_column(
        doc="FLOPs of the network evaluations of one move; one multiply-add = 2 FLOPs."
    )
    dependent_calls: orm.Mapped[int | None] = orm.mapped_column(
        doc="Network evaluations of one move that wait for one another at most: no wider device "
        "makes them faster. Empty in rows of former versions."
    )


class Match(Table):
    """Games between two agents with fixed colours."""

    __tablename__ = "match"
    __table_args__ = (sa.UniqueConstraint("tournament", "round", "black_id", "white_id"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True, doc="Number of the match.")
    tournament: orm.Mapped[str] = orm.mapped_column(
        doc="Which tournament it belongs to: board and a hash of the arena's configuration."
    )
    stage: orm.Mapped[str] = orm.mapped_column(
        default="arena",
        doc="What it was played for: `arena`, a tournament of the user's, or a stage of an "
        "experiment: `league` (every pair of snapshots), `league_jones` (the same, root noise on "
        "and moves drawn), `nodes` (play-time search), `direct` (against the best agent), "
        "`perfect` (against perfect play).",
    )
    round: orm.Mapped[int] = orm.mapped_column(
        doc="Round of the tournament; each round is stored whole or not at all."
    )
    black_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("agent.id"), index=True, doc="The agent that played black (first)."
    )
    white_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("agent.id"), index=True, doc="The agent that played white (second)."
    )
    games: orm.Mapped[int] = orm.mapped_column(doc="Games played, repeated ones included.")
    distinct_games: orm.Mapped[int] = orm.mapped_column(
        doc="Games among them with moves that the two had not played before, in these colours."
    )
    black_wins: orm.Mapped[int] = orm.mapped_column(
        doc="Games that black won; repeated ones count only if chance had a part in them."
    )
    white_wins: orm.Mapped[int] = orm.mapped_column(doc="Games that white won, counted likewise.")
    draws: orm.Mapped[int] = orm.mapped_column(
        default=0,
        doc="Games that nobody won, counted likewise: the three add up to the independent games.",
    )


class Game(Table):
    """The moves of one game."""

    __tablename__ = "game"
    __table_args__ = (sa.UniqueConstraint("match_id", "index"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True, doc="Number of the game.")
    match_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("match.id"), index=True, doc="The match it belongs to."
    )
    index: orm.Mapped[int] = orm.mapped_column(doc="Position in the match, counted from 0.")
    opening_plies: orm.Mapped[int] = orm.mapped_column(
        doc="Leading moves that came from the opening, not from the agents."
    )
    moves: orm.Mapped[bytes] = orm.mapped_column(
        doc="Actions in the board frame, two bytes each, little endian."
    )
    winner: orm.Mapped[int] = orm.mapped_column(
        doc="0 if black won, 1 if white won, -1 for a draw."
    )
    ending: orm.Mapped[str] = orm.mapped_column(
        default="board",
        doc="`board` if it was played to the end, else `resigned`, or `forfeit` by an engine "
        "that failed.",
    )
    seed: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, doc="Seed of all that its players drew at random."
    )
    notes: orm.Mapped[list[Any] | None] = orm.mapped_column(
        sa.JSON(none_as_null=True),
        doc="What went wrong with an engine, as JSON: a list of `{ply, note}`.",
    )
    analysis: orm.Mapped[dict[str, Any] | None] = orm.mapped_column(
        sa.JSON(none_as_null=True),
        doc="What an agent thought at each move, as JSON, where it was asked for.",
    )


class SolvedPosition(Table):
    """A Hex position that the exact solver has solved, kept so that it is solved once.

    A position and its twins, turned by 180° or with the players exchanged, share one row.
    """

    __tablename__ = "solution"
    __table_args__: ClassVar = {"sqlite_with_rowid": False}

    boardsize: orm.Mapped[int] = orm.mapped_column(primary_key=True, doc="Board side S.")
    mine: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger,
        primary_key=True,
        doc="Stones of the side to move in the mover's frame: bit row·S + column is a cell.",
    )
    theirs: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, primary_key=True, doc="The other side's stones, likewise."
    )
    winning: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, doc="All winning moves of the side to move, likewise; 0 if it has lost."
    )
    nodes: orm.Mapped[int] = orm.mapped_column(doc="Positions that the solver visited to find out.")


class BlunderRate(Table):
    """How often an agent throws a won position away, counted against perfect play.

    An agent has one row a `source`; judged again on other positions, it replaces its row.
    """

    __tablename__ = "blunder_rate"
    __table_args__ = (sa.UniqueConstraint("agent_id", "source"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True, doc="Number of the row.")
    agent_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("agent.id"), index=True, doc="The agent that was judged."
    )
    source: orm.Mapped[str] = orm.mapped_column(
        doc="Where the positions come from: `fixed`, the set shipped for the board, or `games`, "
        "stored games of the agent's snapshot, where it was to move after the opening."
    )
    positions_id: orm.Mapped[str] = orm.mapped_column(doc="Hash of the positions judged.")
    won: orm.Mapped[int] = orm.mapped_column(
        doc="Positions among them that the side to move could win."
    )
    blunders: orm.Mapped[int] = orm.mapped_column(
        doc="Won positions in which the agent's move throws the win away."
    )
    blunders_low: orm.Mapped[float | None] = orm.mapped_column(
        doc="Lower end of the 95 % interval of `blunders` / `won`: Wilson's on `fixed`, bootstrap "
        "over games on `games`; empty if `won` is 0."
    )
    blunders_high: orm.Mapped[float | None] = orm.mapped_column(doc="Upper end of it.")
    games: orm.Mapped[int | None] = orm.mapped_column(
        doc="Games in which the agent had a won position; empty on `fixed`."
    )
    games_blundered: orm.Mapped[int | None] = orm.mapped_column(
        doc="Games among them with at least one blunder; empty on `fixed`."
    )
    games_low: orm.Mapped[float | None] = orm.mapped_column(
        doc="Lower end of the 95 % interval (Wilson) of `games_blundered` / `games`."
    )
    games_high: orm.Mapped[float | None] = orm.mapped_column(doc="Upper end of it.")
    valued: orm.Mapped[int] = orm.mapped_column(doc="Positions judged, won and lost.")
    wrong_values: orm.Mapped[int] = orm.mapped_column(
        doc="Positions to which the agent's value, after its search, gives the wrong sign."
    )
    values_low: orm.Mapped[float | None] = orm.mapped_column(
        doc="Lower end of the 95 % interval of `wrong_values` / `valued`, as for blunders."
    )
    values_high: orm.Mapped[float | None] = orm.mapped_column(doc="Upper end of it.")
    entropy: orm.Mapped[float | None] = orm.mapped_column(
        doc="How undecided the agent's policy, its search's, is in the won positions: mean entropy "
        "in nats; empty if `won` is 0, or judged before there was this column."
    )
    unsolved: orm.Mapped[int] = orm.mapped_column(
        doc="Positions left out because the solver met its limit of nodes."
    )


class Trace(Table):
    """What one search of a snapshot, looked at on its way, does in judged positions of play.

    Traces are bits, so that rates can be resampled over positions and split by their kind without
    judging anew. The positions are those of `games.exact.populations`.
    """

    __tablename__ = "trace"
    __table_args__ = (sa.UniqueConstraint("snapshot_id", "search_id", "positions_id"),)

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True, doc="Number of the row.")
    snapshot_id: orm.Mapped[int] = orm.mapped_column(
        sa.ForeignKey("snapshot.id"), index=True, doc="The snapshot that was judged."
    )
    search_id: orm.Mapped[str] = orm.mapped_column(doc="Digest of `search` and `budgets`.")
    search: orm.Mapped[dict[str, Any]] = orm.mapped_column(
        doc="The whole search configuration as JSON, of the largest budget."
    )
    budgets: orm.Mapped[list[int]] = orm.mapped_column(
        sa.JSON, doc="The K numbers of nodes at which it was looked at, rising."
    )
    positions_id: orm.Mapped[str] = orm.mapped_column(
        doc="Hash of the board's set of positions, and how many of them were asked for."
    )
    positions: orm.Mapped[int] = orm.mapped_column(
        doc="How many of them were asked for: a weighted subsample, or all."
    )
    blunders: orm.Mapped[bytes] = orm.mapped_column(
        doc="Won positions in which the move throws the win away: bits [K, won], packed row by row."
    )
    wrong_values: orm.Mapped[bytes] = orm.mapped_column(
        doc="Positions to which the value after the search gives the wrong sign: bits [K, all]."
    )
    winning_mass: orm.Mapped[bytes] = orm.mapped_column(
        doc="The network's own probability of a winning move in each won position, float16."
    )
    policy_kl: orm.Mapped[list[float] | None] = orm.mapped_column(
        sa.JSON(none_as_null=True),
        doc="KL divergence from the search's policy at each of the K numbers of nodes to the "
        "network's, nats, the mean over the population; empty in rows of earlier versions.",
    )
