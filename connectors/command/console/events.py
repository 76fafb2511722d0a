"""The events of notify.events, as far as they have been stored."""

from __future__ import annotations

import os
from typing import List, NamedTuple, Optional

from connectors.base.errors import PolarshakeError
from connectors.config.places import is_s3
from connectors.config.settings import Settings
from connectors.notify.stored import StoredEvent, StoredEvents
from connectors.storage.open import open_storage

FORWARD_EVENTS = "forward"
"""As a JobEvent names the forward job."""
MOST = 2000
"""The latest events that are kept until they are told."""


class EventsView(NamedTuple):
    kept: bool = False
    """The forward job stores its events where the console reads them."""
    latest: List[StoredEvent] = []
    problem: str = ""


class EventWatch:
    """Used by one thread."""

    def __init__(self) -> None:
        self._place: Optional[str] = None
        self._stored: Optional[StoredEvents] = None
        self._latest: List[StoredEvent] = []
        self._kept = False

    def look(self, settings: Settings) -> EventsView:
        """Creates nothing, and never raises."""
        place = settings.notify.events
        if place != self._place:
            self._place, self._stored, self._latest, self._kept = place, None, [], False
        if not place or not (is_s3(place) or os.path.isdir(place)):
            return EventsView()
        try:
            self._stored = self._stored or StoredEvents(open_storage(place, "notify.events", settings))
            self._latest = [*self._latest, *self._stored.look()][-MOST:]
        except PolarshakeError as error:
            return EventsView(self._kept, self._latest, f"events: {error}")
        self._kept = self._kept or any(each.event.job == FORWARD_EVENTS for each in self._latest)
        return EventsView(self._kept, self._latest)
