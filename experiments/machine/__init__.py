"""This machine: processes, cores, caches, locks and progress on a terminal.

Imports `training.store` at most."""
