"""What the forward job needs of the database it writes to."""

from __future__ import annotations

from typing import List, Optional, Protocol

from connectors.dynamodb.tables.description import TableDescription
from connectors.model.dead_letters import DeadLetters
from connectors.model.orders import SegmentOrder
from connectors.model.splits import Split
from connectors.model.writes import Writer


class Target(Protocol):
    """Built on every worker; several threads may use it."""

    def ensure(self, source: TableDescription, rescan: bool, first_attempt: bool) -> List[str]:
        """Returns once the table takes writes, with a warning for each way in which it is not as the
        source's.

        `rescan`: after a gap, when it holds what the job has written and must stay. `first_attempt`: this run
        has not written into it yet. Raises PreflightError, TerminalError, TransientError; safe to repeat.
        """
        ...

    def sweep_bytes(self, source: TableDescription) -> int:
        """About the size of the target's table, for dividing a sweep; 0: in one segment."""
        ...

    def sweep(self, order: SegmentOrder, saved: Optional[bytes]) -> Split:
        """Reads the target's table, and deletes there what the source no longer has."""
        ...

    def writer(self, lane: int, letters: DeadLetters) -> Writer:
        """One lane's, with its share of each table's rate."""
        ...
