"""From a configuration to snapshots: networks, self-play, learner, ledger, store."""
