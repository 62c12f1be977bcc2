"""From results to Elo: Bradley–Terry, its intervals, its residuals, and which pair to play next.

Begin at `study.analyse`, which rates every stage of a lab; `bradley_terry.rate` rates any table of
results. Imports `analysis.tables` and `analysis.statistics`."""
