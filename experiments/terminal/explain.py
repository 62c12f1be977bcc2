"""What an agent thinks of a position, in words and numbers for a terminal."""

from __future__ import annotations

import numpy as np

from experiments.players.thoughts import Thoughts
from games.protocol import Game

MOVES = 4


def describe_thoughts(thoughts: Thoughts, game: Game, who: str, spent: str = "") -> str:
    """Value and best moves, each with visits, prior and Q, in a few lines, and what was `spent`."""
    order = np.argsort(-np.array(thoughts.policy), kind="stable")[:MOVES]
    lines = [
        f"{who}: value {thoughts.value:+.2f} for the side to move "
        f"(network {thoughts.network_value:+.2f})"
    ]
    for action in order.tolist():
        if thoughts.policy[action] <= 0:
            continue
        visits = thoughts.visits[action]
        q = f"{thoughts.q[action]:+.2f}" if visits else "  – "
        mark = "*" if action == thoughts.action else " "
        lines.append(
            f" {mark} {game.action_name(action):>3}  {100 * thoughts.policy[action]:3.0f} %  "
            f"{visits:4} visits  prior {100 * thoughts.prior[action]:3.0f} %  Q {q}"
        )
    if len(thoughts.variation) > 1:
        lines.append("   expects " + " ".join(map(game.action_name, thoughts.variation)))
    if spent:
        lines.append(f"   took {spent}")
    return "\n".join(lines)
