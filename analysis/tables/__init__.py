"""A lab, a file of results or of snapshots as tables of rows. Begin at `rows.load_lab`.

Imports `analysis.statistics` and the store."""
