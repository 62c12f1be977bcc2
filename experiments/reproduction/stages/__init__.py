"""The stages of the reproduction, one file each.

`experiments.reproduction.stage.Stage` says what the reproduction asks of one, and
`experiments.reproduction.rounds.RoundsStage` plays those that are played in rounds. Every module
here is imported, so that a new file is a new stage (docs/extend/stage.md).
"""

from experiments.reproduction.stage import STAGES, AnyStage, Part, Stage
from games.kinds import import_all

__all__ = ["STAGES", "AnyStage", "Part", "Stage"]

import_all(__name__, __path__)
