"""The command line and what it runs: plans, the arena, reproductions, benchmarks."""
