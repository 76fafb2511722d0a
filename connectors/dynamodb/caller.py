"""The one call everything above the HTTP client makes."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Response(NamedTuple):
    body: bytes
    """The JSON as it came."""
    date: float
    """The service's own clock, epoch seconds, whole; 0.0 where the answer has no Date."""


class Caller(Protocol):
    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        """One signed request, retried within the client's bound; `table` only names it in errors.

        Raises TransientError when a passing fault outlasts the bound, ServiceError for a refusal.
        """
        ...
