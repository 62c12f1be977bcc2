"""Search rules: which edge a descent follows, and what the root has learnt. One file a rule.

`rule.SearchRule` says what the search asks of one and what one declares of itself; `RULES` holds
them by name. Every module here is imported, so that a new file is a new rule (docs/extend/rule.md).
"""

from games.kinds import import_all
from mcts.rules.rule import RULES, Entry, Root, Rule, SearchRule

__all__ = ["RULES", "Entry", "Root", "Rule", "SearchRule"]

import_all(__name__, __path__)
