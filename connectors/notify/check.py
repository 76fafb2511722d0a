"""The result of a check, as an event."""

from __future__ import annotations

import time

from connectors.config.settings import Settings
from connectors.model.events import EventKind, JobEvent
from connectors.model.jobs import OK, PROBLEM
from connectors.notify.open import EVENT_SECONDS, open_sender

OUTCOMES = {OK: "equal", PROBLEM: "differences"}


def tell_result(settings: Settings, code: int) -> int:
    """Send the result of a check that has ended, as the settings say. Returns its exit code."""
    sender = open_sender(settings)
    outcome = OUTCOMES.get(code, "unknown")
    sender(JobEvent(time.time(), EventKind.CHECK, "check", f"the check has ended: {outcome}", "", outcome))
    sender.close(EVENT_SECONDS)
    return code
