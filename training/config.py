"""Configuration of one training run, with the paper's value (Jones 2021, Table II) beside ours."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pydantic

import games
from games.config import FrozenModel
from games.protocol import Game
from games.text.numbers import side_by_side
from mcts import SearchConfig
from training.networks import AnyNetwork, Mlp, weights_fit
from training.turns import turns

SNAPSHOT_NAME = r"([^#\s]+)#(\d+)"  # a run and the place of a snapshot in it
LABELS_NAME = r"([^#:\s]+):(\d+)"  # a label set and how many of its positions
SELFPLAY_SEARCH = SearchConfig(nodes=64, noise_fraction=0.25)


class TrainConfig(FrozenModel, frozen=True):
    """One training run. Lengths are in moves (plies), sizes in positions."""

    ADDED: ClassVar[dict[str, Any]] = {
        "fast_nodes": None,
        "full_every": 1,
        "window_share": 1.0,
        "final_learning_rate": 1.0,
        "labels": (),
        "mix": (),
    }

    recipe: str = ""
    """Named configuration that this one started from; reports keep recipes apart."""

    game: str = "hex"
    boardsize: int = 5
    network: AnyNetwork = Mlp()
    seed: int = pydantic.Field(default=0, ge=0, lt=2**31)
    begin: str = pydantic.Field(default="", pattern=rf"^$|^{SNAPSHOT_NAME}$")
    """Snapshot of the lab, RUN#INDEX, whose weights the run begins with; what they had cost counts
    as spent. Fresh weights if empty. Jones: fresh."""

    labels: tuple[Annotated[str, pydantic.Field(pattern=f"^{LABELS_NAME}$")], ...] = ()
    """Label sets of the lab that the run learns from, NAME:COUNT, the first COUNT positions of each
    (`training.labels`). Nobody plays then: `samples` only says how long is learnt, each standing
    for `replay_ratio` positions of the learner. Self-play if empty. Jones: self-play."""

    mix: tuple[tuple[int, float], ...] = ()
    """Other board sides that the same weights play and learn on, each with its share of the
    positions, [[5, 0.25], [6, 0.25]]; the run's own board has the rest. Whole iterations are on one
    board, in turn. Weights must fit every board. Jones: one board."""

    search: SearchConfig = SELFPLAY_SEARCH
    """Search of every self-play move that is learnt from. Jones: `mcts.JONES`."""
    full_every: int = pydantic.Field(default=1, ge=1)
    """One self-play move in so many of each lane is searched in full and learnt from; the others
    only carry the games on, with `fast_nodes`. Jones: 1."""
    fast_nodes: int | None = pydantic.Field(default=None, ge=1, le=4096)
    """Nodes of the moves between, searched without noise. Jones: there are none."""
    lanes: int = pydantic.Field(default=128, ge=1)
    """Games played side by side. Jones: 32,768."""
    moves: int = pydantic.Field(default=4, ge=1)
    """Self-play moves of each lane between two rounds of learning. Jones: 1."""
    opening_plies: int | None = pydantic.Field(default=None, ge=0)
    """Each game opens with 0 to this many random moves, drawn evenly; half the longest game (of
    Hex: the board) if unset. Positions off the best line are hardly ever learnt otherwise.
    Jones: 0."""
    temperature_plies: int | None = pydantic.Field(default=None, ge=0)
    """Moves are drawn from the search's policy (PUCT: by visit count) up to this ply, then the
    rule's own move is played; a quarter of the longest game if unset. Jones: the whole game."""
    mixing_moves: int = pydantic.Field(default=0, ge=0, le=1_000_000)
    """Random moves played in every lane before the run begins, so that lanes do not march in step.
    Jones: 2,500."""

    window: int = pydantic.Field(default=64, ge=1)
    """Moves of each lane that the replay window holds. Jones: 64."""
    window_share: float = pydantic.Field(default=1.0, gt=0, le=1)
    """Share of the moves so far, the newest, that is learnt from, until the window is full: it
    grows with the run instead of holding the first, worst games until it is. Jones: 1."""
    batch_size: int = pydantic.Field(default=256, ge=1)
    """Positions of one learner step. Jones: 32,768."""
    replay_ratio: float = pydantic.Field(default=8.0, gt=0)
    """How often each position is trained on, on average. Jones: 1."""
    learning_rate: float = pydantic.Field(default=3e-3, gt=0)
    """Adam's step size. Jones: 1e-3."""
    final_learning_rate: float = pydantic.Field(default=1.0, gt=0, le=1)
    """The step size at the end of the run as a share of `learning_rate`; between, it falls evenly
    with every step. Jones: 1."""
    averaging: float = pydantic.Field(default=0.0, ge=0, le=1)
    """Snapshots hold the average of the weights over this latest share of the learner's steps;
    without it they are as good as the last batches were. 0: the newest weights. Jones: 0."""
    augment: bool = True
    """Show positions to the learner in a random symmetry of the board. Jones: no."""

    bootstrap: bool = False
    """Let the network's value of a lane's newest position stand in for the outcome of a game that
    is not over, instead of leaving its positions without a value target. Jones: yes."""
    search_value_share: float = pydantic.Field(default=0.0, ge=0, le=1)
    """Share of the search's value of the position in its value target; the rest is the outcome.
    If there is any, the search's value alone is the target of a position that has no outcome, one
    whose move was drawn at random or whose game is not over. Jones: 0."""

    samples: int = pydantic.Field(default=200_000, ge=1)
    """Self-play positions after which the run ends."""
    first_snapshot: int = pydantic.Field(default=2_048, ge=1)
    """Self-play positions at the first snapshot."""
    snapshots: int = pydantic.Field(default=21, ge=1)
    """Snapshots of the trained network, evenly spaced in log compute. Jones: 21."""
    untrained_snapshot: bool = False
    """Take one more before them, of the network before its first step: a league rates it, and
    plateaus are seen where they begin. Jones: no."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        games.make(self.game, self.boardsize)  # refuses what cannot be played
        if self.window % self.moves:
            raise ValueError(f"window {self.window} must be a multiple of moves {self.moves}")
        if self.moves % self.full_every:
            raise ValueError(
                f"moves {self.moves} must be a multiple of full_every {self.full_every}"
            )
        if (self.full_every > 1) != (self.fast_nodes is not None):
            raise ValueError(
                f"full_every {self.full_every} and fast_nodes {self.fast_nodes} do not go "
                "together: moves between full searches need fast_nodes, and it needs such moves"
            )
        if self.labels and self.full_every > 1:
            raise ValueError("labels and full_every exclude each other: nobody plays")
        if len(self.label_counts) < len(self.labels):
            raise ValueError(f"labels: name each set once, not {', '.join(self.labels)}")
        if self.learner_steps < 1:
            raise ValueError(
                f"replay_ratio {self.replay_ratio} × {self.learnt_per_iteration} positions an "
                f"iteration make no learner step of batch_size {self.batch_size}"
            )
        if self.first_snapshot > self.samples:
            raise ValueError(
                f"samples {self.samples} end before first_snapshot {self.first_snapshot}: "
                "raise samples, or lower first_snapshot"
            )
        if self.samples < self.snapshots * self.samples_per_iteration:
            raise ValueError(
                f"{self.samples} samples are less than {self.snapshots} iterations of "
                f"{self.samples_per_iteration}: ask for fewer snapshots, or lower lanes or moves"
            )
        self._check_mix()
        return self

    def _check_mix(self) -> None:
        if not self.mix:
            return
        sizes, shares = zip(*self.mix, strict=True)
        if len({self.boardsize, *sizes}) < len(self.boards):
            raise ValueError(
                f"mix: name each board besides the run's own {self.boardsize} once, not "
                f"{', '.join(map(str, sizes))}"
            )
        if not (min(shares) > 0 and sum(shares) < 1):
            raise ValueError(
                f"mix: shares must be above 0 and leave some of 1 to the run's own board, not "
                f"{' + '.join(map(str, shares))}"
            )
        if self.labels:
            raise ValueError("mix and labels exclude each other: labels are of one board")
        for size in sizes:
            try:
                rules = games.make(self.game, size)
            except ValueError as error:
                raise ValueError(f"mix: {error}") from error
            if not weights_fit(self.network, self.rules, rules):
                raise ValueError(
                    f"mix: weights of {self.network.name} fit only one board; take a convolution, "
                    "whose weights fit every board"
                )
        played = set(self.turns)
        for place, board in enumerate(self.boards):
            if place not in played:
                raise ValueError(
                    f"mix: {len(self.turns)} iterations leave none to board {board.boardsize}; "
                    "raise samples or its share"
                )

    @property
    def boards(self) -> list[TrainConfig]:
        """The run as it is on each of its boards, its own first."""
        sizes = [self.boardsize, *(size for size, _ in self.mix)]
        return [self.model_copy(update={"boardsize": size, "mix": ()}) for size in sizes]

    @property
    def shares(self) -> list[float]:
        """Of the positions, by board."""
        others = [share for _, share in self.mix]
        return [1.0 - sum(others), *others]

    @property
    def where(self) -> str:
        """The boards in words, of a mix with their shares of the positions."""
        sizes = [side_by_side(board.boardsize) for board in self.boards]
        if not self.mix:
            return sizes[0]
        parts = zip(sizes, self.shares, strict=True)
        return ", ".join(f"{size} ({share:.3g})" for size, share in parts)

    @property
    def turns(self) -> list[int]:
        """For each iteration the place in `boards` of the one that it is on."""
        return turns(self.shares, self.snapshot_iterations[-1])

    @property
    def rules(self) -> Game:
        """The game that is played."""
        return games.make(self.game, self.boardsize)

    @property
    def samples_per_iteration(self) -> int:
        """Self-play positions between two rounds of learning."""
        return self.lanes * self.moves

    @property
    def learnt_per_iteration(self) -> int:
        """Of these, the positions that are learnt from: those searched in full."""
        return self.samples_per_iteration // self.full_every

    @property
    def label_counts(self) -> dict[str, int]:
        """How many positions are learnt from, by label set."""
        parts = (name.rpartition(":") for name in self.labels)
        return {name: int(count) for name, _, count in parts}

    def evaluations(self, samples: int) -> int:
        """Network evaluations of the self-play of whole iterations, given their positions."""
        if self.labels:
            return 0
        learnt = samples // self.full_every
        fast = 0 if self.fast_search is None else self.fast_search.evaluations
        return learnt * self.search.evaluations + (samples - learnt) * fast

    @property
    def fast_search(self) -> SearchConfig | None:
        """Search of the moves between two that are learnt from; none if there are none."""
        if self.fast_nodes is None:
            return None
        return self.search.with_nodes(self.fast_nodes).for_evaluation()

    @property
    def learner_steps(self) -> int:
        """Learner steps an iteration."""
        return round(self.replay_ratio * self.learnt_per_iteration / self.batch_size)

    @property
    def max_opening_plies(self) -> int:
        """`opening_plies` with its default filled in."""
        half_board = self.rules.max_plies // 2
        return half_board if self.opening_plies is None else self.opening_plies

    @property
    def greedy_from(self) -> int:
        """`temperature_plies` with its default filled in."""
        quarter_board = self.rules.max_plies // 4
        return quarter_board if self.temperature_plies is None else self.temperature_plies

    @property
    def snapshot_iterations(self) -> list[int]:
        """Iterations after which a snapshot is taken, rising; the last one ends the run.

        Evenly spaced in log samples where these are at least one iteration apart. 0 stands first
        if the untrained network is to be kept.
        """
        # From the end, so that a single snapshot is the last one.
        at_samples = np.geomspace(self.samples, self.first_snapshot, self.snapshots)[::-1]
        wanted = np.ceil(at_samples / self.samples_per_iteration - 1e-9).astype(int)
        order = np.arange(self.snapshots)
        spread = np.maximum.accumulate(wanted - order) + order
        last = int(wanted[-1])
        trained = [int(k) for k in np.minimum(spread, last - order[::-1])]
        return [0, *trained] if self.untrained_snapshot else trained

    @property
    def run_id(self) -> str:
        """Name of the run: what people look for, then a digest of everything."""
        return f"{self.game}{self.boardsize}-{self.network.name}-s{self.seed}-{self.digest()}"
