"""The interface through which all other modules call the service."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Response(NamedTuple):
    body: bytes
    """The JSON as received."""
    date: float
    """Time on the service's clock: whole epoch seconds; 0.0 if the answer has no Date."""


class Caller(Protocol):
    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        """Send a signed request, and retry it within the client's bound. `table` is used in errors only.

        Raises TransientError if a transient fault lasts longer than the bound, ServiceError for a refusal.
        """
        ...
