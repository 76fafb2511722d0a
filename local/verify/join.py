"""Match the keys of two sides. Pure: fed with (key, digest), it counts.

Memory: the key's writing and 16 bytes of digest for each item, never an item.
"""

from __future__ import annotations

from typing import Dict, List, Tuple, Union

from local.verify.verdict import TableVerdict

ABSENT = b""
"""In the place of a digest: the key must not, or need not, exist."""

Accepted = Union[bytes, Tuple[bytes, ...]]
"""One digest as it is, since a tuple for each key would double the memory."""


class Join:
    """First every `expect`, then every `meet`, then `finish`."""

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
