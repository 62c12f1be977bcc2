"""Games in a terminal: play, replay, and GTP for other programs. Imports `experiments.arena`,
`experiments.web` (single pages) and the rooms they may import."""
