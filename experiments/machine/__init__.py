"""This machine: processes, cores, caches, locks and progress on a terminal.

Imports nothing of ours."""
