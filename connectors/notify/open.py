"""The sender of events, from the settings."""

from __future__ import annotations

from typing import List

from connectors.config.settings import Settings
from connectors.notify.sender import EventSender, EventSink
from connectors.notify.sinks import EventFile, Webhook
from connectors.storage.open import open_storage

EVENT_SECONDS = 10.0
"""How long a program that ends waits for its last events to be sent."""


def open_sender(settings: Settings) -> EventSender:
    """Started. Without a place and a webhook, it does nothing. Raises nothing: a job does not end because of
    those who watch it."""
    sinks: List[EventSink] = []
    place, webhook = settings.notify.events, settings.notify.webhook
    if place:
        sinks.append(EventFile(lambda: open_storage(place, "notify.events", settings)))
    if webhook is not None:
        sinks.append(Webhook(webhook))
    return EventSender(sinks).start()
