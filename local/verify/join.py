"""Matches the keys of two sides. Pure: receives (key, digest) and counts.

It stores the key's canonical form and a digest of 16 bytes for each item, but no items.
"""

from __future__ import annotations

from typing import Dict, List, Tuple, Union

from local.verify.verdict import TableVerdict

ABSENT = b""
"""Used instead of a digest: the key must not exist, or need not exist."""

Accepted = Union[bytes, Tuple[bytes, ...]]
"""One digest, or a tuple of several. A tuple for every key would double the memory."""


class Join:
    """The join. Call `expect` for every expected key, then `meet` for every key of the other side, then
    `finish`."""

    def __init__(self, verdict: TableVerdict) -> None:
        self.verdict = verdict
        self.differing: List[bytes] = []
        self._waiting: Dict[bytes, Accepted] = {}
        self._met: Dict[bytes, None] = {}

    def expect(self, key: bytes, accepted: Accepted) -> None:
        if key in self._waiting:
            self.verdict.note("twice", key, "by the expected side")
            return
        self._waiting[key] = accepted
        self.verdict.expected += ABSENT not in _each(accepted)

    def meet(self, key: bytes, digest: bytes) -> None:
        self.verdict.found += 1
        if key in self._met:
            self.verdict.note("twice", key, "by the side under test")
            return
        self._met[key] = None
        accepted = _each(self._waiting.pop(key, ABSENT))
        if digest in accepted:
            return
        self.verdict.note("extra" if accepted == (ABSENT,) else "different", key)

    def finish(self) -> TableVerdict:
        for key, accepted in self._waiting.items():
            if ABSENT not in _each(accepted):
                self.verdict.note("missing", key)
        self._waiting.clear()
        return self.verdict


def _each(accepted: Accepted) -> Tuple[bytes, ...]:
    return (accepted,) if isinstance(accepted, bytes) else accepted
