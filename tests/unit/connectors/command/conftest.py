"""On a busy machine a command may take seconds: its lines that say so must not be in the output of a test."""

from __future__ import annotations

import pytest

from connectors.base import heartbeat


@pytest.fixture(autouse=True)
def no_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that wants beats has them at intervals below a second, or calls them itself."""
    original = heartbeat.until_next
    monkeypatch.setattr(
        heartbeat, "until_next", lambda passed, every: 3600.0 if every >= 1.0 else original(passed, every)
    )
