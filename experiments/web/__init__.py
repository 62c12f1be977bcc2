"""`hexlaw serve` and single pages of a game: the server here, what the browser runs in static/.

Begin at `app.make_app`. Imports `experiments.arena` and the rooms it may import."""
