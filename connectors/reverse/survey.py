"""The state of both databases, as a poll returns it. This module reads the DynamoDB side."""

from __future__ import annotations

import logging
from itertools import cycle, islice
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from connectors.base.errors import TransientError
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.tables import api
from connectors.postgres.replication.facts import Facts

log = logging.getLogger(__name__)

DESCRIBED = 20
"""Tables that are described at each poll, in turn."""


class Survey(NamedTuple):
    facts: Facts
    names: Sequence[str]
    """The tables in DynamoDB."""
    ids: Mapping[str, str] = {}
    """DynamoDB table -> TableId, as far as it has been asked."""


class TableIds:
    """The tables in DynamoDB and their ids. While DynamoDB does not answer, its last answer counts: the state
    of the slots must also be known then."""

    def __init__(self, dynamodb: Callable[[], Caller], allows: Callable[[str], bool]) -> None:
        """`dynamodb` makes the client, in the thread that uses it. Only tables that the filter `allows` are
        described."""
        self._make, self._allows = dynamodb, allows
        self._caller: Optional[Caller] = None
        self._names: Optional[List[str]] = None
        self._ids: Dict[str, str] = {}
        self._turn = 0

    def look(self) -> Tuple[Sequence[str], Mapping[str, str]]:
        """Raises TransientError before the first answer, TerminalError for a refusal."""
        try:
            self._ask()
        except TransientError as error:
            if self._names is None:
                raise
            log.warning("retrying: %s", error)
        return self._names or (), dict(self._ids)

    def _ask(self) -> None:
        if self._caller is None:
            self._caller = self._make()
        self._names = api.list_tables(self._caller)
        included = list(filter(self._allows, self._names))
        count = min(DESCRIBED, len(included))
        for name in islice(cycle(included), self._turn, self._turn + count):
            table = api.describe_table(self._caller, name)
            self._ids[name] = table.TableId if table else ""
        self._turn = (self._turn + count) % max(1, len(included))
