"""What stands between a relation and its DynamoDB table."""

from __future__ import annotations

from typing import Tuple

from connectors.base.errors import TerminalError
from connectors.postgres.pgoutput.lsn import lsn_text


class LayoutError(TerminalError):
    """A relation or one of its rows cannot be mapped. `relation` is schema-qualified, `lsn` its message's."""

    def __init__(self, relation: str, lsn: int, problem: str) -> None:
        self.relation, self.lsn = relation, lsn
        super().__init__(f"relation {relation} at LSN {lsn_text(lsn)}: {problem}")


class TruncateError(TerminalError):
    """Tables were emptied by TRUNCATE, and the configuration does not say that DynamoDB shall follow."""

    def __init__(self, tables: Tuple[str, ...], lsn: int) -> None:
        self.tables, self.lsn = tables, lsn
        super().__init__(
            f"TRUNCATE of {', '.join(tables)} at LSN {lsn_text(lsn)}: the job was not told to follow. "
            f"To delete the items of these tables in DynamoDB too, set reverse.truncate: delete. To keep "
            f"them there, move the slot past this LSN."
        )
