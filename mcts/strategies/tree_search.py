"""Tree search as a strategy: what AlphaZero plays, and what self-play learns from."""

from typing import Any, ClassVar, Self

from jaxtyping import Array, Int32, Key

from games.protocol import Game, State
from mcts.roots import SearchResult
from mcts.rules.regularised import Regularised
from mcts.rules.rule import RULES
from mcts.search import principal_variation, search_tree
from mcts.settings import SearchSettings
from mcts.simulation import Evaluate
from mcts.strategies.strategy import STRATEGIES, Strategy
from mcts.tree import Tree


@STRATEGIES.add
class SearchConfig(SearchSettings, Strategy, frozen=True):
    """How an agent thinks; hashable, so that it can be a static argument of `jit`."""

    strategy: ClassVar[str] = "search"

    @property
    def evaluations(self) -> int:
        """As the rule spends them."""
        return self.rule.evaluations(self.nodes)

    @property
    def dependent_calls(self) -> int:
        """Leaves evaluated together are one call."""
        if self.leaves > 1:
            return 1 + (self.slots - 1) // self.leaves
        return self.rule.dependent_calls(self.nodes)

    @property
    def draws(self) -> bool:
        """Noise on the root, or chance in the rule."""
        return self.noise_fraction > 0 or self.rule.draws

    @property
    def hangs_on_others(self) -> str:
        """A rule may look at other games, and a kept tree may have been drawn with another key."""
        # Where nothing is drawn, a kept tree is the one that a fresh search would grow.
        kept = "its tree is kept from the move before" if self.reuse and self.draws else ""
        return self.rule.couples_games or kept

    @property
    def remembers(self) -> bool:
        """Trees, for `reuse`."""
        return self.reuse

    def for_evaluation(self) -> Self:
        """The same without any noise, unless `evaluation` says otherwise."""
        if self.evaluation == "jones":
            return self
        return self.model_copy(update={"noise_fraction": 0.0, "rule": self.rule.quiet()})

    def options(self) -> dict[str, Any]:
        """The nodes, always; a rule's own settings with a dot."""
        default = SearchConfig()
        changed = self.model_dump(mode="json", exclude={"rule"}, exclude_defaults=True)
        options = {"nodes": self.nodes} | changed
        rule = self.rule.model_dump(mode="json", exclude_defaults=True, exclude={"name"})
        if (name := RULES.name_of(self.rule)) != RULES.name_of(default.rule):
            options["rule"] = name
        return options | {f"rule.{key}": value for key, value in rule.items()}

    def decide(
        self,
        game: Game,
        evaluate: Evaluate,
        params: Any,
        states: State,
        key: Key[Array, "*K"],
        memory: Tree | None = None,
    ) -> tuple[SearchResult, Tree]:
        """`mcts.search_tree`; what it remembers is the trees."""
        return search_tree(game, evaluate, self, params, states, key, memory)

    def variation(self, memory: Tree, action: Int32[Array, "B"]) -> Int32[Array, "B N"]:
        """The principal variation."""
        return principal_variation(memory, action)


JONES = SearchConfig(
    nodes=64,
    rule=Regularised(
        c_puct=1 / 16, lambda_rule="jones", unvisited_value="loss", value_range="jones"
    ),
    noise_fraction=0.25,
    evaluation="jones",
)
"""The search of Jones 2021, in self-play and in evaluation (boardlaw, tag `paper-v2`)."""
