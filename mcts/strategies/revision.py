"""Sequential revision: play a line on, and take back where the value falls.

Language models revise an answer in the light of the one before (Snell et al. 2024, arXiv
2408.03314, Section 6). Here an answer is the line of play that both sides' policies expect. The
network judges each state of it; where a side's value falls most through its own move, the move is
taken back, the next likeliest is played there, and the policies play on. The revision replaces the
line if its end is better for the side that revised; else the line stays, and that move is not tried
there again. The line's first move is played.

Both sides revise: a line in which only one side may take back is won by the other's errors.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Key

from games.protocol import Game, State
from mcts.lookahead import answer_by_value
from mcts.reductions import UNAVAILABLE
from mcts.roots import SearchResult
from mcts.simulation import Evaluate, Evaluation, evaluate_states
from mcts.strategies.strategy import STRATEGIES, LookaheadStrategy
from mcts.tree import select


class LineOfPlay(NamedTuple):
    """A line of play of one game, from the root on; room for D moves."""

    states: State  # [D + 1, ...]
    untried: jax.Array  # [D + 1, A] priors, UNAVAILABLE where illegal or already tried
    value: jax.Array  # [D + 1] of the side to move
    action: jax.Array  # [D] int32
    length: jax.Array  # [] int32, moves played
    terminal: jax.Array  # [] bool, whether it ends the game


class Attempt(NamedTuple):
    """Where one game's revisions stand."""

    line: LineOfPlay  # the best so far
    draft: LineOfPlay  # its revision, not played to the end yet
    ply: jax.Array  # [] int32, where the draft leaves the line; -1 while there is none
    done: jax.Array  # [] bool: no move made its side's value fall
    visits: jax.Array  # [A] int32, lines played to the end by their first move
    q: jax.Array  # [A] what the end of the last of them is worth to the root's mover
    evaluations: jax.Array  # [] int32


@STRATEGIES.add
class Revision(LookaheadStrategy, frozen=True):
    """Repairs the line that the policy expects."""

    strategy: Literal["revision"] = "revision"

    nodes: int = pydantic.Field(default=64, ge=1, le=4096)
    """Network evaluations; fewer where there is nothing left to take back."""

    depth: int = pydantic.Field(default=4, ge=1, le=400)
    """Moves of a line."""

    @property
    def evaluations(self) -> int:
        """As many as asked for."""
        return self.nodes

    @property
    def dependent_calls(self) -> int:
        """Each state of a line waits for the one before."""
        return self.nodes

    def look_ahead(
        self, game: Game, evaluate: Evaluate, params: Any, states: State, key: Key[Array, "*K"]
    ) -> SearchResult:
        """A line that the budget breaks off is dropped, unless it is the first."""
        del key
        root = evaluate_states(game, evaluate, params, states)

        def one_more(_: int, attempt: Attempt) -> Attempt:
            action, after = jax.vmap(lambda draft: _next_move(game, draft))(attempt.draft)
            known = evaluate_states(game, evaluate, params, after)
            draft = jax.vmap(_play_on)(attempt.draft, action, after, known)
            entered = attempt._replace(draft=draft, evaluations=attempt.evaluations + 1)
            ends = draft.terminal | (draft.length == self.depth)
            entered = select(ends, jax.vmap(_judge)(entered), entered)
            return select(attempt.done, attempt, entered)

        start = jax.vmap(self._begin)(states, root)
        attempt = jax.lax.fori_loop(1, self.nodes, one_more, start)
        found = answer_by_value(root, attempt.visits, attempt.q, attempt.evaluations)
        tried = attempt.visits.sum(-1) > 0
        first = jnp.where(tried, attempt.line.action[:, 0], found.action)
        chosen = jax.nn.one_hot(first, root.priors.shape[1])
        return found._replace(
            action=first,
            policy=jnp.where(root.priors >= 0, chosen, 0),
            value=jnp.where(tried, jnp.sum(chosen * attempt.q, axis=-1), root.value),
        )

    def _begin(self, state: State, root: Evaluation) -> Attempt:
        def fill(leaf: jax.Array) -> jax.Array:
            return jnp.repeat(leaf[None], self.depth + 1, axis=0)

        empty = LineOfPlay(
            states=jax.tree.map(fill, state),
            untried=fill(root.priors),
            value=fill(root.value),
            action=jnp.zeros(self.depth, jnp.int32),
            length=jnp.int32(0),
            terminal=root.terminal,
        )
        num_actions = len(root.priors)
        return Attempt(
            line=empty,
            draft=empty,
            ply=jnp.int32(-1),
            done=root.terminal,
            visits=jnp.zeros(num_actions, jnp.int32),
            q=jnp.zeros(num_actions),
            evaluations=jnp.int32(1),
        )


def _next_move(game: Game, draft: LineOfPlay) -> tuple[jax.Array, State]:
    """The likeliest move not tried yet at the end of the draft, and the state after it."""
    state = jax.tree.map(lambda leaf: leaf[draft.length], draft.states)
    action = jnp.argmax(draft.untried[draft.length]).astype(jnp.int32)
    return action, game.step(state, action)


def _play_on(draft: LineOfPlay, action: jax.Array, after: State, known: Evaluation) -> LineOfPlay:
    at = draft.length
    return LineOfPlay(
        states=jax.tree.map(lambda all_, new: all_.at[at + 1].set(new), draft.states, after),
        untried=draft.untried.at[at, action].set(UNAVAILABLE).at[at + 1].set(known.priors),
        value=draft.value.at[at + 1].set(known.value),
        action=draft.action.at[at].set(action),
        length=at + 1,
        terminal=known.terminal,
    )


def _judge(attempt: Attempt) -> Attempt:
    """A draft is at its end: keep it or the line before, and take back the next move."""
    line, draft, ply = attempt.line, attempt.draft, attempt.ply
    begins = ply < 0
    better = begins | (_end_value(draft, ply) > _end_value(line, ply))
    struck = line._replace(untried=line.untried.at[ply].set(draft.untried[ply]))
    line = jax.tree.map(lambda new, old: jnp.where(better, new, old), draft, struck)
    first = draft.action[0]
    plies = jnp.arange(len(line.action))
    fall = line.value[:-1] + line.value[1:]  # what the mover expected, less what it has now
    may_fall = (plies < line.length) & (jnp.max(line.untried[:-1], axis=-1) >= 0) & (fall > 0)
    worst = jnp.argmax(jnp.where(may_fall, fall, -jnp.inf)).astype(jnp.int32)
    return attempt._replace(
        line=line,
        draft=line._replace(length=worst, terminal=jnp.bool_(False)),
        ply=worst,
        done=~jnp.any(may_fall),
        visits=attempt.visits.at[first].add(1),
        q=attempt.q.at[first].set(_end_value(draft, jnp.int32(0))),
    )


def _end_value(line: LineOfPlay, ply: jax.Array) -> jax.Array:
    """What the line's end is worth to the side that moves at `ply`."""
    end = line.value[line.length]
    return jnp.where((line.length - ply) % 2 == 0, end, -end)
