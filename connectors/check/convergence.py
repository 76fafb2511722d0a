"""Is a key that differs late, or wrong? Decided from looks at both sides, one after another. Pure.

A look reads the target first and the source after it. Be `window` the longest time that replication may need:
what the target shows was the source's value at some time within the window before. Then

- equal at any look: settled.
- A difference stands while the target shows one and the same value, and the source, at all looks from the
  first of them on, one and the same other. Once it has stood for the window it is proven: by then the
  source's value had to be there. Yet it is reported only when it has stood for `settle` seconds, patience
  that guards against a window set too short; or for the window, where the source changed too often to let it
  stand longer.
- A source that changes faster than even that lets nothing be proven. If the target has followed, showing what
  the source had shown before, it is replication at work; if it has not, the key is reported as changing.

A source value that comes back after another (A, B, A between two looks) passes for one that stayed; looks are
spread unevenly so that it does not do so again and again.
"""

from __future__ import annotations

import enum
from typing import List, NamedTuple, Tuple

import msgspec

FIRST_PAUSE = 0.5
"""Seconds between the first two looks; doubles."""
LEAST_LOOKS = 8
"""Before a key is called changing: where looks come late, for there are many keys, time says nothing."""
REMEMBERED = 16
"""Values of the source, the newest, that the target may show later."""


class ConvergenceRules(NamedTuple):
    """Seconds."""

    settle: float
    window: float

    @property
    def longest(self) -> float:
        """How long a key is watched whose source goes on changing."""
        return max(2 * self.settle, self.settle + 2 * self.window)

    @property
    def longest_pause(self) -> float:
        return max(FIRST_PAUSE, self.window / 2)


class Comparison(NamedTuple):
    """Digests of what each side showed, empty where it had no such item, and when (epoch seconds)."""

    target: bytes
    target_at: float
    source: bytes
    source_at: float
    """Not before `target_at`."""

    @property
    def equal(self) -> bool:
        return self.source == self.target


class SuspectDecision(enum.Enum):
    WATCH = "watch"
    SETTLED = "settled"
    FOLLOWING = "following"
    DIFFERS = "differs"
    CHANGING = "changing"
    """Reported too: the source changed all the time, and the target showed nothing of it."""


class SuspectHistory(msgspec.Struct, array_like=True, frozen=True):
    """What the looks so far have shown."""

    looks: int = 0
    first: float = 0.0
    """Of the first look."""
    last: float = 0.0
    target: bytes = b""
    stale_since: float = 0.0
    """The source's first look at which the target's present value was not the source's."""
    source: bytes = b""
    constant_since: float = 0.0
    """The source's first look at its present value."""
    seen: Tuple[bytes, ...] = ()
    followed: bool = False
    """The target has come to show what the source had shown before."""

    @property
    def late(self) -> float:
        """Seconds for which the source had its present value already, as far as the looks tell."""
        return max(0.0, self.last - self.constant_since)

    def pause(self, rules: ConvergenceRules, random: float) -> float:
        """Seconds until the next look; `random` from 0 to 1 spreads it."""
        longest = min(rules.longest_pause, FIRST_PAUSE * 2.0 ** min(self.looks - 1, 20))
        return longest * (0.75 + random / 4)


def decide(
    watch: SuspectHistory, look: Comparison, rules: ConvergenceRules
) -> Tuple[SuspectHistory, SuspectDecision]:
    """The watch after this look, and what is to become of the key."""
    watch = _after(watch, look)
    if look.equal:
        return watch, SuspectDecision.SETTLED
    stood = look.target_at - max(watch.stale_since, watch.constant_since)
    age = look.target_at - watch.first
    if stood >= rules.settle or not rules.settle:
        return watch, SuspectDecision.DIFFERS
    if age < rules.longest:
        return watch, SuspectDecision.WATCH
    if stood >= rules.window:
        return watch, SuspectDecision.DIFFERS
    if watch.looks < LEAST_LOOKS:
        return watch, SuspectDecision.WATCH
    stuck = look.target_at - watch.stale_since
    if watch.followed and stuck <= 2 * rules.window:
        return watch, SuspectDecision.FOLLOWING
    return watch, SuspectDecision.CHANGING


def _after(watch: SuspectHistory, look: Comparison) -> SuspectHistory:
    begins = watch.looks == 0
    moved = begins or look.target != watch.target
    changed = begins or look.source != watch.source
    seen: List[bytes] = [*watch.seen, look.source] if changed else list(watch.seen)
    return SuspectHistory(
        looks=watch.looks + 1,
        first=watch.first or look.target_at,
        last=look.source_at,
        target=look.target,
        stale_since=look.source_at if moved else watch.stale_since,
        source=look.source,
        constant_since=look.source_at if changed else watch.constant_since,
        seen=tuple(seen[-REMEMBERED:]),
        followed=watch.followed or (moved and not begins and look.target in watch.seen),
    )
