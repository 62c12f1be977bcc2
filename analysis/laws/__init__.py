"""From ratings to laws: frontiers, the law of training compute, exchange rates, sizes, forecasts.

Begin at `fits.fit_all`, which fits them all; each law has a file of its own, and what search buys a
room, `search`. Imports `analysis.ratings` and the rooms it may import."""
