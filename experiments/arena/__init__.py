"""Games between players: how they are played, stored, replayed, judged and counted.

Begin at `meeting.play_pairs`. Imports `experiments.players` and `experiments.machine`."""
