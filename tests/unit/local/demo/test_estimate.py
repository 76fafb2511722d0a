"""The demo's estimate of its duration."""

from __future__ import annotations

from local.demo.__main__ import _arguments
from local.demo.estimate import estimate


def test_the_estimate_for_the_default_size_is_below_three_minutes() -> None:
    assert estimate(_arguments([]).items) == "1 min 25 s to 2 min 50 s"


def test_more_items_and_a_rollback_take_longer() -> None:
    assert estimate(1_000_000) == "17 min 45 s to 35 min 30 s"
    assert estimate(0, with_rollback=True) == "1 min 50 s to 3 min 40 s"
