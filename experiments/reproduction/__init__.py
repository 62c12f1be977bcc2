"""Jones 2021 from runs to report: plans, recipes, and the stages that a plan goes through.

Begin at `jones2021.reproduce`. Imports `experiments.arena` and the rooms it may import."""
