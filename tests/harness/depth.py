"""How much is tried: `make test` takes a quarter of the examples, `make test-all` all of them."""

from __future__ import annotations

import os

DEEP = os.environ.get("POLARSHAKE_TESTS") == "deep"
LEAST = 10


def examples(thorough: int) -> int:
    """For hypothesis' `max_examples`: as many as `thorough` in a deep run."""
    return thorough if DEEP else max(LEAST, thorough // 4)
