"""Whether a differing key is replication lag or an error, decided from repeated comparisons. Pure.

A comparison reads the target first and the source after it. Let `window` be the longest time that replication
may need. The target's value was then the source's value at some time within the last `window` seconds.

1. If the sides are equal in any comparison, the key is settled.
2. A difference persists as long as every comparison returns the same value of the source and the same, other
   value of the target.
3. A difference that has persisted for `window` is proven: by then, replication would have delivered the
   source's value.
4. A difference is reported after it has persisted for `settle` seconds. This longer time protects against a
   `window` that is set too short. If `settle` is 0, the first difference is reported.
5. If the source changed too often for rule 4 during `ConvergenceRules.longest` seconds, a difference that has
   persisted for `window` is reported.
6. If the source changed too often even for rule 5, nothing can be proven. If the target has changed to an
   earlier value of the source at least once, and its last change was within the last two windows, replication
   works and the key is not reported. Otherwise the key is reported as changing.

Limit: a source value that changes and returns between two comparisons (A, B, A) looks unchanged. The
intervals between comparisons are random, so that this does not happen repeatedly.
"""

from __future__ import annotations

import enum
from typing import List, NamedTuple, Tuple

import msgspec

FIRST_PAUSE = 0.5
"""Seconds between the first two comparisons; each later pause is twice as long."""
LEAST_LOOKS = 8
"""Minimum number of comparisons before rule 6 applies. With many keys, comparisons are rare, so the elapsed
time alone proves nothing."""
REMEMBERED = 16
"""Number of the newest source values that are remembered, because the target may show them later."""


class ConvergenceRules(NamedTuple):
    """Parameters of the rules, in seconds."""

    settle: float
    window: float

    @property
    def longest(self) -> float:
        """Seconds for which a key is watched while its source keeps changing."""
        return max(2 * self.settle, self.settle + 2 * self.window)

    @property
    def longest_pause(self) -> float:
        return max(FIRST_PAUSE, self.window / 2)


class Comparison(NamedTuple):
    """The result of one comparison: the digest of each side's item (empty if it is absent) and the time of
    its read in monotonic seconds."""

    target: bytes
    target_at: float
    source: bytes
    source_at: float
    """At or after `target_at`."""

    @property
    def equal(self) -> bool:
        return self.source == self.target


class SuspectDecision(enum.Enum):
    WATCH = "watch"
    SETTLED = "settled"
    FOLLOWING = "following"
    DIFFERS = "differs"
    CHANGING = "changing"
    """Also reported: the source kept changing, and the target did not follow."""


class SuspectHistory(msgspec.Struct, array_like=True, frozen=True):
    """The result of the comparisons so far."""

    looks: int = 0
    first: float = 0.0
    """Time of the first comparison."""
    last: float = 0.0
    target: bytes = b""
    stale_since: float = 0.0
    """Time of the source read of the first comparison with the target's current value."""
    source: bytes = b""
    constant_since: float = 0.0
    """Time of the first source read that returned its current value."""
    seen: Tuple[bytes, ...] = ()
    followed: bool = False
    """Whether the target has changed to an earlier value of the source."""

    @property
    def late(self) -> float:
        """Seconds for which the source is known to have had its current value."""
        return max(0.0, self.last - self.constant_since)

    def pause(self, rules: ConvergenceRules, random: float) -> float:
        """Seconds until the next comparison; `random` from 0 to 1 varies it."""
        longest = min(rules.longest_pause, FIRST_PAUSE * 2.0 ** min(self.looks - 1, 20))
        return longest * (0.75 + random / 4)


def decide(
    watch: SuspectHistory, comparison: Comparison, rules: ConvergenceRules
) -> Tuple[SuspectHistory, SuspectDecision]:
    """The history including this comparison, and the decision about the key."""
    watch = _after(watch, comparison)
    if comparison.equal:
        return watch, SuspectDecision.SETTLED
    stood = comparison.target_at - max(watch.stale_since, watch.constant_since)
    age = comparison.target_at - watch.first
    if stood >= rules.settle or not rules.settle:
        return watch, SuspectDecision.DIFFERS
    if age < rules.longest:
        return watch, SuspectDecision.WATCH
    if stood >= rules.window:
        return watch, SuspectDecision.DIFFERS
    if watch.looks < LEAST_LOOKS:
        return watch, SuspectDecision.WATCH
    stuck = comparison.target_at - watch.stale_since
    if watch.followed and stuck <= 2 * rules.window:
        return watch, SuspectDecision.FOLLOWING
    return watch, SuspectDecision.CHANGING


def _after(watch: SuspectHistory, comparison: Comparison) -> SuspectHistory:
    begins = watch.looks == 0
    moved = begins or comparison.target != watch.target
    changed = begins or comparison.source != watch.source
    seen: List[bytes] = [*watch.seen, comparison.source] if changed else list(watch.seen)
    return SuspectHistory(
        looks=watch.looks + 1,
        first=comparison.target_at if begins else watch.first,
        last=comparison.source_at,
        target=comparison.target,
        stale_since=comparison.source_at if moved else watch.stale_since,
        source=comparison.source,
        constant_since=comparison.source_at if changed else watch.constant_since,
        seen=tuple(seen[-REMEMBERED:]),
        followed=watch.followed or (moved and not begins and comparison.target in watch.seen),
    )
