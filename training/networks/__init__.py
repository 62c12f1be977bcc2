"""Networks: what they look like, what they cost, and how the search asks them. One file a kind.

`network.NetworkConfig` says what training, ledger and store ask of a kind; `NETWORKS` holds them by
name. Every module here is imported, so that a new file is a new kind (docs/extend/network.md).
`evaluate` shows any of them to the search.
"""

from games.kinds import import_all
from training.networks.conv import Conv
from training.networks.evaluate import (
    forward,
    init_params,
    make_evaluate,
    pad_params,
    shapes_of,
    trim_params,
    weights_fit,
)
from training.networks.mlp import Mlp
from training.networks.network import (
    HEADS,
    NETWORKS,
    AnyNetwork,
    Layer,
    NetworkConfig,
    Params,
    parameter_count,
)

__all__ = [
    "HEADS",
    "NETWORKS",
    "AnyNetwork",
    "Conv",
    "Layer",
    "Mlp",
    "NetworkConfig",
    "Params",
    "forward",
    "init_params",
    "make_evaluate",
    "pad_params",
    "parameter_count",
    "shapes_of",
    "trim_params",
    "weights_fit",
]

import_all(__name__, __path__)
