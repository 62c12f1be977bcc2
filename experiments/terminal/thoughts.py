"""What an agent thinks of a position, in words and numbers for a terminal."""

from __future__ import annotations

import numpy as np

from experiments.arena.game_records import MoveAnalysis
from games.text.notation import cell_name

MOVES = 4


def describe_move(thought: MoveAnalysis, size: int, who: str) -> str:
    """Value and best moves, each with visits, prior and Q, in a few lines."""
    order = np.argsort(-np.array(thought.policy), kind="stable")[:MOVES]
    lines = [
        f"{who}: value {thought.value:+.2f} for the side to move "
        f"(network {thought.network_value:+.2f})"
    ]
    for action in order.tolist():
        if thought.policy[action] <= 0:
            continue
        visits = thought.visits[action]
        q = f"{thought.q[action]:+.2f}" if visits else "  – "
        mark = "*" if action == thought.choice else " "
        lines.append(
            f" {mark} {cell_name(action, size):>3}  {100 * thought.policy[action]:3.0f} %  "
            f"{visits:4} visits  prior {100 * thought.prior[action]:3.0f} %  Q {q}"
        )
    if len(thought.variation) > 1:
        lines.append("   expects " + " ".join(cell_name(move, size) for move in thought.variation))
    return "\n".join(lines)
