"""What search at play time buys: exchange rates with training by surface, by isoquant and at a
fixed network, and the forms that this takes.

Begin at `exchange.fit_exchange`; `fixed_network` asks of one network what the frontier mixes.
Imports what `analysis.laws` may import."""
