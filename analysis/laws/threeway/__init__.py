"""The three-way law: training, search and size, fitted to a full factorial of all three.

`cells` (what was measured) → `forms` (what may hold) → `fit` → `design` (can these runs tell?),
`rates`, `held_out`, `iso_flop`, `break_even`, and `stored`, a law as a file.
Imports what `analysis.laws` may import."""
