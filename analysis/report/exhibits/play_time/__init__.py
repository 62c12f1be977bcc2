"""Exhibits of thinking at play time: strategies, choices by difficulty, budgets, own games."""
