"""Whether a slot is still the one that the job has read, or another one made anew under its name.

PostgreSQL gives slots no identity, and the position in the job's state tells nothing: after a crash, and with
an older savepoint, the job itself has moved the slot on beyond it. But the server counts what was decoded for
each slot. One beyond the state's position for which nothing was decoded was never moved there by a job. The
count begins anew when the server crashes or another takes its place, which shows in the age of all its
statistics, so the state remembers that too: of another age, nothing can be told.

A slot that has only idled has decoded nothing either. So at its first connection the job puts one small
transaction into the log, which the slot decodes, and remembers the age once it has passed that. Pure.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from connectors.postgres.pgoutput.lsn import lsn_text
from connectors.postgres.replication.facts import SlotFacts


class SlotPosition(msgspec.Struct, array_like=True, frozen=True):
    """How far a slot has been read, as the job's state has it."""

    lsn: int = 0
    counted_since: str = ""
    """When the server's statistics began, which count a transaction of the slot. Empty: not known."""


class Count(NamedTuple):
    since: str
    """When the server's statistics began: epoch seconds by its clock. Empty: they do not tell."""
    transactions: int
    """Decoded for the slot."""


def changed_hands(slot: SlotFacts, known: SlotPosition, confirmed: int, counted: Count) -> str:
    """What is wrong; empty when nothing tells so. `confirmed`: the furthest that this process has let the
    slot move, 0 before it has."""
    stands = slot.confirmed_lsn or 0
    if confirmed:
        reached, wrong = confirmed, stands > confirmed
    else:
        reached = known.lsn
        same_age = known.counted_since != "" and known.counted_since == counted.since
        wrong = stands > reached and same_age and counted.transactions == 0
    if not wrong:
        return ""
    return (
        f"replication slot {slot.name} is not the one that this job has read up to {lsn_text(reached)}: it "
        f"stands at {lsn_text(stands)}, where this job has not moved it. It was dropped and made anew, or "
        f"another job has read it; changes in between never reached DynamoDB from here. Copy the tables in "
        f"whole, and start the job anew without its savepoint."
    )
