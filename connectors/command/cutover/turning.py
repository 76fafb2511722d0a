"""The chain of checks when the application changes sides: it goes on in the other direction.

Both sides were equal when nothing was written any more, and every change since then can be known: after a
cut-over from the slots, which the reverse job reads and records; after a rollback from DynamoDB's streams.
"""

from __future__ import annotations

from typing import Callable, Optional

from connectors.base.errors import PolarshakeError
from connectors.check.changes.chain import Chain
from connectors.check.changes.link import turned_back, turned_forward
from connectors.command.cutover.procedure import Context

Turned = Callable[[Context, Chain, float], Optional[Chain]]


def turn(context: Context, turned: Turned) -> None:
    """Replace the chain by the one of the other direction. The application has not been told to switch yet.

    Without such a chain, the next last check compares all items. That is no reason not to switch.
    """
    chain: Optional[Chain] = None
    try:
        known = context.reports.chain()
        if known and context.record.quiet:
            chain = turned(context, known, context.record.quiet.through)
    except PolarshakeError as error:
        context.tell(f"the last check of the way back will compare all items: {error}")
    if chain:
        context.reports.turn_chain(chain)
    else:
        context.reports.end_chain()


def after_cutover(context: Context, chain: Chain, since: float) -> Optional[Chain]:
    slots, starts = context.slots, context.record.starts
    log = slots.log(starts, sorted(chain.tables)) if slots and starts else None
    return turned_back(chain, since, log) if log else None


def after_rollback(context: Context, chain: Chain, since: float) -> Optional[Chain]:
    """None also if no forward job follows."""
    return turned_forward(chain, since, context.record.position) if context.record.forward else None
