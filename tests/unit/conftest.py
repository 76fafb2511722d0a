"""Unit tests do not wait."""

from __future__ import annotations

import pytest

from connectors.dynamodb import answers
from connectors.dynamodb.retry import Policy


@pytest.fixture(autouse=True)
def no_pauses_after_damaged_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of tests show what follows after the last of five damaged answers."""
    monkeypatch.setattr(answers, "PAUSES", Policy(base=0.0))
