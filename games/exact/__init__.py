"""Exact play: who wins a position, with which moves, and players that know it.

`registry` is where all others ask, and where a game brings its own exact player (`protocol`). The
rest is Hex's: `hex_play` is its exact player, `solver` answers for single positions up to 6×6,
`tables` for whole batches up to 4×4 (inside `jit` too), and `perfect` picks moves by them.
docs/exact.md says what is within reach and why.
"""
