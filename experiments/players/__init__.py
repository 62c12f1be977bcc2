"""Whatever picks moves: snapshots with a search, perfect play, engines; and how each is named.

Begin at `specs.parse_player` (names) and `player.Player` (what the arena knows of them). Imports
`experiments.machine` at most."""
