"""A Ray cluster of two nodes, both on this machine and on loopback alone: a program that prints the
cluster's address and ends it when its standard input is closed.

    python tests/ray_nodes.py FOLDER

FOLDER's path must be short: sockets lie in it.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

# Before Ray is imported. On a busy machine a raylet needs longer than Ray waits by itself, and its
# workers, nicest of all, would never get to run.
os.environ |= {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_raylet_start_wait_time_s": "120",
    "RAY_worker_niceness": "0",
}

Cluster: Any = importlib.import_module("ray.cluster_utils").Cluster  # Ray is an extra

EACH = {
    "num_cpus": 1,
    "node_ip_address": "127.0.0.1",
    "include_dashboard": False,
    "object_store_memory": 80 * 2**20,
}


def main(folder: str) -> None:
    """Serve until nobody listens any more."""
    cluster = Cluster(initialize_head=True, head_node_args=EACH | {"temp_dir": folder})
    cluster.add_node(**EACH)
    print(cluster.address, flush=True)
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
