"""Whether a slot is the one that the job has read, or another one that was created under the same name. Pure.

PostgreSQL gives slots no identity. The position in the job's state does not identify a slot either: after a
crash, or with an older savepoint, the job itself has moved the slot beyond that position.

1. The server counts the transactions that it decoded for each slot.
2. A slot that is beyond the state's position, and for which nothing was decoded, was not moved there by a
   job. So it is another slot.
3. The count starts again when the server crashes or another server takes its place. Then the start time of
   the server's statistics changes too, so the state keeps that time.
4. If the start time differs from the state's, the count proves nothing.
5. A slot that has only been idle has decoded nothing either. So at its first connection the job writes one
   small transaction to the log, which the slot decodes. The state gets the start time once the slot has
   passed that transaction.
6. The submission of a job without a savepoint writes such a transaction too. The submitted job contains the
   position after it and the start time. They count until the state has a start time. A slot that was created
   after the submission is beyond that position and has decoded nothing.
"""

from __future__ import annotations

from typing import Dict, NamedTuple

import msgspec

from connectors.postgres.pgoutput.lsn import lsn_text
from connectors.postgres.replication.facts import SlotFacts


class SlotPosition(msgspec.Struct, array_like=True, frozen=True):
    """How far a slot has been read, as stored in the job's state."""

    lsn: int = 0
    counted_since: str = ""
    """The start time of the server's statistics, which count at least one transaction of the slot. Empty: not
    known."""
    keys: Dict[str, Dict[str, str]] = {}
    """The key columns that rows have proven: relation's oid -> key attribute -> column."""
    relations: Dict[str, int] = {}
    """DynamoDB table -> oid of the relation that feeds it."""


def start_is_passed(slot: SlotFacts, start: int) -> bool:
    """Whether the configured start position may be forgotten. It must be forgotten at some time: after a
    failover the log may be behind it again, with other changes.

    When the server crashes, the slot's position may return to the one on disk. The server writes the slot to
    disk whenever it moves `restart_lsn`, which is never above the slot's position.
    """
    return (slot.restart_lsn or 0) >= start


class Count(NamedTuple):
    since: str
    """The start time of the server's statistics: epoch seconds, the server's clock. Empty: not known."""
    transactions: int
    """Transactions decoded for the slot."""


_NOTHING = SlotPosition()


def changed_hands(
    slot: SlotFacts, known: SlotPosition, confirmed: int, counted: Count, submitted: SlotPosition = _NOTHING
) -> str:
    """The error message if this is another slot, or one that another job has read; empty otherwise.
    `confirmed`: the furthest position that this process has confirmed, 0 before it has. `submitted`: the
    position after the submission's transaction, and the start time then."""
    position = slot.confirmed_lsn or 0
    if confirmed:
        reached, wrong = confirmed, position > confirmed
    else:
        since = known.counted_since or submitted.counted_since
        reached = max(known.lsn, 0 if known.counted_since else submitted.lsn)
        same_age = since != "" and since == counted.since
        wrong = position > reached and same_age and counted.transactions == 0
    if not wrong:
        return ""
    before = "has read up to" if confirmed or known.lsn else "was submitted for at"
    return (
        f"replication slot {slot.name} is not the one that this job {before} {lsn_text(reached)}: its "
        f"position is {lsn_text(position)}, and this job has not moved it there. The slot was dropped and "
        f"created again, or another job has read it; this job did not write the changes in between to "
        f"DynamoDB. Copy the tables in full, and start the job from the beginning, without its savepoint."
    )
