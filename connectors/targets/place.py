"""What a database is called in reports and by the command: its product and its address, without secrets."""

from __future__ import annotations

from typing import NamedTuple, Optional
from urllib.parse import urlsplit


class Place(NamedTuple):
    system: str
    address: str


def endpoint_place(system: str, endpoint: Optional[str], region: Optional[str] = None) -> Place:
    """The endpoint without user, password, query or fragment; the region if no endpoint is set."""
    return Place(system, _bare(endpoint) if endpoint else region or "default region")


def database_place(system: str, address: str, name: Optional[str]) -> Place:
    """A database on one server, or on several, separated by commas."""
    return Place(system, f"{_bare(address)}/{name or ''}")


def _bare(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else "unreadable address"
