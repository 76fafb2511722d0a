"""Python's garbage collector in a worker: seldom, and never over what the frameworks have loaded.

A lane record holds thousands of small objects for a moment, and each 700 of them would start a collection.
Measured with a profile of a lane that writes to MongoDB: about a fifth of the worker's time. What is no
longer used goes by reference counts as ever; only cycles wait longer.
"""

from __future__ import annotations

import gc

THRESHOLDS = (50_000, 20, 50)


def tune() -> None:
    """Once for each process, when everything is loaded; harmless again."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
