"""Experiments beyond the reproduction, one file each from question to figure.

Imports `experiments.reproduction` and the rooms it may import."""
