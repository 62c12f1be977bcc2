"""The command line and what it runs: plans, the arena, reproductions, benchmarks."""

from experiments.machine.runtime import prepare_libraries

prepare_libraries()
