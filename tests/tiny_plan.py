"""A plan of one run and its league, for tests of who does the work."""

PLAN = """
title = "tiny"
[train]
lanes = 8
moves = 2
batch_size = 16
replay_ratio = 1
first_snapshot = 16
snapshots = 2
search = {nodes = 2}
[[boards]]
boardsize = 3
networks = ["2x1"]
samples = 32
[[stages]]
kind = "league"
search = {nodes = 2}
"""
