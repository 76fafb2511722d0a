"""The names of the two sides, fit for a report."""

from __future__ import annotations

from typing import Optional
from urllib.parse import urlsplit

from connectors.check.report.summary import ReportSide


def side(system: str, endpoint: Optional[str], region: Optional[str] = None) -> ReportSide:
    """The endpoint without user, password, query or fragment; the region where there is no endpoint."""
    return ReportSide(system, _bare(endpoint) if endpoint else region or "default region")


def database(system: str, address: str, name: Optional[str]) -> ReportSide:
    """A database on a server, or on several with commas between them."""
    return ReportSide(system, f"{_bare(address)}/{name or ''}")


def _bare(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else "unreadable address"
