"""Where events go."""

from __future__ import annotations

import os
import socket
import uuid
from typing import Callable, Optional

from connectors.base.errors import TerminalError, TransientError
from connectors.base.secret import Secret
from connectors.notify.sender import EventSink
from connectors.storage.contract import Log, Storage

STEM = "events-"
"""Prefix of the names of all objects that contain events."""
CONNECT_SECONDS, READ_SECONDS = 5.0, 10.0


class EventFile(EventSink):
    """JSON lines, one log per process: events-HOST-PID-ID.jsonl."""

    name = "notify.events"

    def __init__(self, open_place: Callable[[], Storage]) -> None:
        """`open_place` is called by the thread that sends, again after each failure."""
        self._open = open_place
        self._log: Optional[Log] = None

    def send(self, event: bytes) -> None:
        if self._log is None:
            self._log = self._open().log(
                f"{STEM}{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:12]}"
            )
        self._log.append(event + b"\n")


class Webhook(EventSink):
    """A POST request for each event. The address is a secret: no error contains it."""

    name = "the webhook"

    def __init__(self, url: Secret) -> None:
        import urllib3

        self._url, self._errors = url, urllib3.exceptions
        self._http = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS), retries=False
        )

    def send(self, event: bytes) -> None:
        try:
            answer = self._http.request(
                "POST",
                self._url.reveal(),
                body=event,
                headers={"Content-Type": "application/json"},
                redirect=False,
            )
        except self._errors.HTTPError as error:
            raise TransientError(f"it does not answer: {type(error).__name__}") from None
        if answer.status in (408, 429) or answer.status >= 500:
            raise TransientError(f"it answers with the HTTP status {answer.status}")
        if answer.status >= 300:
            raise TerminalError(f"it refuses the event with the HTTP status {answer.status}")
