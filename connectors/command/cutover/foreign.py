"""What others have written at PolarDB since the full check, if `polarshake slot watch` was run before it."""

from __future__ import annotations

from typing import NamedTuple, Optional

from connectors.base.errors import PolarshakeError
from connectors.command.cutover.ports import ForeignWriters, Say
from connectors.config.settings import Settings
from connectors.reverse.foreign import ForeignVerdict, verdict

LOOK_SECONDS = 60.0
"""For what has been written since the last look. It is downtime."""


class WatchedSlots(ForeignWriters):
    def __init__(self, settings: Settings) -> None:
        """`settings`: with the tables that the check compares."""
        self._settings = settings

    def since(self, began: float, say: Say) -> Optional[ForeignVerdict]:
        from connectors.command.slot.watch import open_watch

        try:
            watch = open_watch(self._settings)
            if watch.known() is None:
                return None
            writes, whole = watch.look(say, LOOK_SECONDS)
        except PolarshakeError as error:
            say(f"writes of others cannot be found now: {error}")
            return ForeignVerdict(False)
        seen = verdict(writes, began)
        return seen._replace(watched=seen.watched and whole)


class ForeignText(NamedTuple):
    refuses: bool
    """The changes alone are not enough."""
    text: str


def described(seen: Optional[ForeignVerdict]) -> ForeignText:
    """What it means for the check of the changes. Pure."""
    if seen is None:
        return ForeignText(False, "")
    if seen.found:
        return ForeignText(
            True, f"others have written to PolarDB since the full check: {'; '.join(seen.found)}"
        )
    if not seen.watched:
        return ForeignText(False, "writes of others at PolarDB were not watched during all of that time")
    return ForeignText(False, "nobody else has written to PolarDB since the full check began")
