"""Numerics that know nothing of games: bootstrap intervals and least squares. Imports
nothing of ours."""
