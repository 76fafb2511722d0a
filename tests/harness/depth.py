"""Number of examples: `make test` runs a quarter of them, `make test-all` all of them."""

from __future__ import annotations

import os

DEEP = os.environ.get("POLARSHAKE_TESTS") == "deep"
LEAST = 10


def examples(thorough: int) -> int:
    """Value for Hypothesis's `max_examples`: `thorough` in a deep run, a quarter of it otherwise."""
    return thorough if DEEP else max(LEAST, thorough // 4)
