"""A single write that gets 5xx, and what shows whether the target or the write is at fault. Pure."""

from __future__ import annotations

from typing import Optional

from connectors.base.errors import TransientError
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.write.attempt import Attempt
from connectors.dynamodb.write.outcome import WriteOutcome
from connectors.model.writes import Write


def is_suspect(attempt: Attempt, outcome: WriteOutcome) -> bool:
    """Whether a single write gets 5xx."""
    single = len(attempt.writes or ()) == 1
    return single and not outcome.throttled and isinstance(outcome.fault, ServiceError)


def witness_of(attempt: Attempt) -> Optional[Write]:
    """Another item of the same copied page, in turn: some may be dead letters. It is written again with the
    same contents. None for a change, because its key may have a newer one."""
    if not attempt.request.bodies:
        return None
    others = [write for write in attempt.request.writes if write not in (attempt.writes or ())]
    return others[attempt.faults % len(others)] if others else None


def give_up(attempt: Attempt, outcome: WriteOutcome, what: str) -> TransientError:
    writes = attempt.writes or ()
    which = f"{len(writes)} writes to table {writes[0].table}, the first from {writes[0].provenance}"
    hint = " Raise the table's write capacity, or lower its write rate." if outcome.throttled else ""
    return TransientError(f"{what}: {which}: {outcome.fault}.{hint}")
