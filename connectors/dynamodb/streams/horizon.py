"""Up to what time has a shard been read?"""

from __future__ import annotations

ROUNDING = 1.0
"""A record's time is rounded to the second; another of the same second may follow it."""
ALLOWANCE = 5.0
"""A change shows in the stream a moment after its write was answered; the service gives no bound."""
TIP_PAGES = 5
"""The service may answer with empty pages before data, and says nothing when the tip is reached. This many
in a row are taken for the tip."""


class Horizon:
    """Epoch seconds on the service's clock; never goes back."""

    def __init__(self, value: float) -> None:
        self.value = value
        self._empty = 0

    @property
    def at_tip(self) -> bool:
        return self._empty >= TIP_PAGES

    def count(self, records: int) -> None:
        self._empty = 0 if records else self._empty + 1

    def read_to_record(self, created: float) -> None:
        self.value = max(self.value, created - ROUNDING)

    def read_to_tip(self, now: float) -> None:
        self.value = max(self.value, now - ALLOWANCE)

    def lost_place(self) -> None:
        """A new iterator starts behind the tip again."""
        self._empty = 0
