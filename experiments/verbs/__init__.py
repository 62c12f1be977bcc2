"""The verbs of the command line that have no room of their own, one file each.

Imported by `experiments.cli` alone, one at a time; may import every room."""
