"""Games as text: cell names, SGF, HexWorld links, boards drawn in a terminal.

Imports `games.hex`."""
