"""What a retry uses."""

from __future__ import annotations

from typing import Iterable, NamedTuple, Optional, Protocol, Tuple

from connectors.check.report.difference import Difference
from connectors.check.report.summary import Summary
from connectors.model.keys import KeySchema


class Checked(NamedTuple):
    summary: Summary
    differences: Iterable[Difference]
    """Read once."""
    report: str
    """Place of the report."""


class KeySchemas(Protocol):
    def schema(self, table: str) -> Optional[KeySchema]:
        """The table's key schema in DynamoDB; None if there is no such table.

        Raises TerminalError or TransientError.
        """
        ...


class KeyCheck(Protocol):
    def repair(self, keys: Iterable[Tuple[str, bytes]]) -> Checked:
        """Compare these keys, given as (table, DynamoDB JSON), and write the authoritative side's present
        items to the other. Raises TerminalError if the check does not run to its end."""
        ...
