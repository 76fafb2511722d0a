"""How many requests of one table may be outstanding, and when one of its writes last succeeded. Pure."""

from __future__ import annotations

from typing import Dict, Optional

from connectors.dynamodb.write.aimd import AimdWindow

APART_SECONDS = 10.0
"""Seconds for which a throttled table shares no request with others. This is twice the longest pause before a
retry, so a table that is always throttled never shares."""
NEVER_YET = float("-inf")


class TableWindow:
    def __init__(self, most: int) -> None:
        self._requests = AimdWindow(most)
        self.outstanding = 0
        """Requests that were sent and in which a write of this table has not landed."""
        self.waiting_since: Optional[float] = None
        """When a write last succeeded or, if none has since then, when the first outstanding one was sent.
        None: none is outstanding."""
        self.written_at = self._throttled_at = NEVER_YET

    @property
    def has_room(self) -> bool:
        return self.outstanding < self._requests.size

    def shares_at(self, now: float) -> bool:
        return now - self._throttled_at >= APART_SECONDS

    def sent(self, now: float) -> None:
        self.outstanding += 1
        if self.waiting_since is None:
            self.waiting_since = now

    def landed(self) -> None:
        """All writes of this table in one of the requests have landed."""
        self.outstanding -= 1
        if not self.outstanding:
            self.waiting_since = None

    def answered(self, now: float) -> None:
        """The table accepts writes, although one of them is refused."""
        if self.waiting_since is not None:
            self.waiting_since = now

    def written(self, now: float, throttled: bool) -> None:
        self.answered(now)
        self.written_at = now
        if not throttled:
            self._requests.accepted()

    def throttled(self, now: float) -> None:
        self._throttled_at = now
        self._requests.throttled(now)


class Windows:
    """By table."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._windows: Dict[str, TableWindow] = {}
        self.written_at = NEVER_YET
        """When a write of any table last succeeded."""

    def of(self, table: str) -> TableWindow:
        window = self._windows.get(table)
        if window is None:
            window = self._windows[table] = TableWindow(self._most)
        return window

    def written(self, table: str, now: float, throttled: bool = False) -> None:
        self.written_at = now
        self.of(table).written(now, throttled)
