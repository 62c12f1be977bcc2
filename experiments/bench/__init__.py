"""How fast self-play is, beside mctx. Begin at `bench.bench`."""
