"""The command line and what it runs: plans, the arena, reproductions, benchmarks."""

import os

# Before NumPy is imported. Our largest matrices, 1,500 players' ratings, take one core a second;
# OpenBLAS's threads wait for each other by spinning and cost many times that on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
