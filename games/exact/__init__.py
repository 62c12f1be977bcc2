"""Exact play of Hex: who wins a position, with which moves, and players that know it.

`solver` answers for single positions up to 6×6, `tables` for whole batches up to 4×4 (inside `jit`
too), and `perfect` picks moves by them. docs/exact.md says what is within reach and why.
"""
