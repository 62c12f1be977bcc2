"""The command line and what it runs: plans, the arena, reproductions, benchmarks."""

from experiments.machine.runtime import prepare_libraries
from hexlaw import refuse_strangers

refuse_strangers()
prepare_libraries()
