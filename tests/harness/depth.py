"""Number of examples: `make test` runs a quarter of them, `make test-all` all of them.

The second run of the unit tests, under the oldest Python, runs a few: it looks for what that version lacks.
"""

from __future__ import annotations

import os

DEPTH = os.environ.get("POLARSHAKE_TESTS")
DEEP = DEPTH == "deep"
FEW = "few"
LEAST = 10


def examples(thorough: int) -> int:
    """Value for Hypothesis's `max_examples`, of `thorough` in a deep run."""
    if DEEP:
        return thorough
    return LEAST if DEPTH == FEW else max(LEAST, thorough // 4)
