"""From a configuration to snapshots: networks, self-play, learner, ledger, store."""

from hexlaw import refuse_strangers

refuse_strangers()
