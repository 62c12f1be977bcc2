"""What an agent does with its network at play time, and what a strategy declares of itself.

Self-play learns from the tree search; what a trained network is played with is free: any way to
turn network evaluations of a position, and of positions after it, into a move. A strategy is a
configuration: it stands in a player's name, is stored with the agent, and says what it costs.
"""

from typing import Annotated, Any, NamedTuple, Self

import pydantic
from jaxtyping import Array, Int32, Key

from games.config import FrozenModel, describe
from games.errors import InputError
from games.kinds import Kinds
from games.protocol import Game, State
from mcts.lookahead import policy_alone
from mcts.roots import SearchResult
from mcts.simulation import Evaluate, evaluate_states


class Calls(NamedTuple):
    """Evaluations of a move at most, by what is read of them: a network whose policy and value
    have trunks of their own computes only what is asked."""

    both: int = 0
    policy: int = 0  # the policy alone
    value: int = 0  # the value alone


class Network(NamedTuple):
    """How a network is asked, and its weights."""

    evaluate: Evaluate
    params: Any


class Strategy(FrozenModel, frozen=True):
    """Base of the strategies; each is one file. Hashable: a static argument of `jit`."""

    @property
    def evaluations(self) -> int:
        """Network evaluations that a move costs at most."""
        raise NotImplementedError

    def calls(self, game: Game) -> Calls:
        """The same by what is read of the network, where a move hangs on no more than that."""
        del game
        return Calls(both=self.evaluations)

    @property
    def dependent_calls(self) -> int:
        """How many of them wait for one another at most: what no wider device makes faster."""
        raise NotImplementedError

    @property
    def draws(self) -> bool:
        """Whether chance has a part in what it finds."""
        return False

    @property
    def hangs_on_others(self) -> str:
        """Why what it finds in a position hangs on more than the position and its key, so that the
        move cannot be made again alone; empty if it does not."""
        return ""

    @property
    def remembers(self) -> bool:
        """Whether what `decide` found is given back to it when the games have gone on."""
        return False

    @property
    def needs_second(self) -> bool:
        """Whether it is about two networks, so that a player has to name both."""
        return False

    @property
    def has_budget(self) -> bool:
        """Whether its cost is set by a field, which then is called `nodes`."""
        return "nodes" in type(self).model_fields

    def with_nodes(self, nodes: int) -> Self:
        """The same with another budget; itself if it has none.

        Raises:
            InputError: if it cannot do with so many.
        """
        if not self.has_budget:
            return self
        fields = {name: getattr(self, name) for name in self.model_fields_set}
        try:
            return type(self).model_validate(fields | {"nodes": nodes})
        except pydantic.ValidationError as error:
            raise InputError(f"strategy {STRATEGIES.name_of(self)}: {describe(error)}") from None

    def for_evaluation(self) -> Self:
        """The same without the noise that is meant for self-play."""
        return self

    def spent(self, evaluations: int) -> str:
        """What a move took, for people: how many evaluations, of how many, and why no more."""
        of = "" if evaluations == self.evaluations else f" of {self.evaluations:,}"
        plural = "" if self.evaluations == 1 else "s"
        return f"{evaluations:,}{of} evaluation{plural}"

    def options(self) -> dict[str, Any]:
        """Its settings as a player's name writes them: the strategy's name, and what is not at its
        default; what has settings of its own is written as its name and those, with a dot."""
        options: dict[str, Any] = {"strategy": STRATEGIES.name_of(self)}
        for key, value in self.model_dump(mode="json", exclude_defaults=True).items():
            if isinstance(value, dict):
                options[key] = getattr(self, key).name
                options |= {f"{key}.{field}": own for field, own in value.items()}
                options.pop(f"{key}.name", None)
            else:
                options[key] = value
        return options

    def decide(
        self,
        game: Game,
        evaluate: Evaluate,
        params: Any,
        states: State,
        key: Key[Array, "*K"],
        memory: Any = None,
    ) -> tuple[SearchResult, Any]:
        """Choose a move in each of B states.

        Args:
            game: the rules.
            evaluate: the network.
            params: its weights.
            states: live positions [B, ...].
            key: one key [], or keys [K], one for each of K equal parts of the batch (`mcts.keys`).
            memory: what the call before returned, if `remembers`.

        Returns:
            What was found, and what may be asked about it or given back later, [B, ...] each.
        """
        raise NotImplementedError

    def variation(self, memory: Any, action: Int32[Array, "B"]) -> Int32[Array, "B N"]:
        """The line of play that begins with `action`, -1 after its end."""
        del memory
        return action[:, None]


class LookaheadStrategy(Strategy, frozen=True):
    """Base of those that look ahead and remember nothing; with one evaluation each is the raw
    policy."""

    def decide(
        self,
        game: Game,
        evaluate: Evaluate,
        params: Any,
        states: State,
        key: Key[Array, "*K"],
        memory: Any = None,
    ) -> tuple[SearchResult, Any]:
        """What it finds, or the raw policy where there is nothing to look ahead with."""
        if self.evaluations == 1:
            return policy_alone(evaluate_states(game, evaluate, params, states)), memory
        return self.look_ahead(game, evaluate, params, states, key), memory

    def look_ahead(
        self, game: Game, evaluate: Evaluate, params: Any, states: State, key: Key[Array, "*K"]
    ) -> SearchResult:
        """Choose a move in each of B states, with two evaluations or more; arguments as of
        `decide`."""
        raise NotImplementedError


class TwoNetworkStrategy(Strategy, frozen=True):
    """Base of the strategies that can ask two networks, each about what it is best at."""

    def calls_of_both(self, game: Game) -> tuple[Calls, Calls]:
        """`calls` of the first and of the second network, where there is one."""
        raise NotImplementedError

    def decide(
        self,
        game: Game,
        evaluate: Evaluate,
        params: Any,
        states: State,
        key: Key[Array, "*K"],
        memory: Any = None,
        *,
        second: Network | None = None,
    ) -> tuple[SearchResult, Any]:
        """`Strategy.decide`; without a second network the first one is asked in its place."""
        raise NotImplementedError


STRATEGIES = Kinds[Strategy]("strategy", key="strategy", default="search")
"""Every strategy by its name."""

AnyStrategy = Annotated[
    pydantic.SerializeAsAny[Strategy], pydantic.BeforeValidator(STRATEGIES.parse)
]
"""A field of a configuration that holds a strategy: a name, or its settings."""
