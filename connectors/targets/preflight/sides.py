"""The endpoints that are checked, how the user calls their settings, and what the job wants of them."""

from __future__ import annotations

from typing import Callable, List, NamedTuple, Optional, Protocol, Tuple, TypeVar

from connectors.base.errors import PolarshakeError, TransientError
from connectors.config.choices import CopyMode
from connectors.dynamodb.caller import Caller, Response
from connectors.dynamodb.faults import ServiceError, SettingNames
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.ensure import TableOptions
from connectors.targets.preflight.problems import KEYS_REFUSED, Problem, explain

T = TypeVar("T")


class NameFilter(Protocol):
    """The section `filter` of the configuration."""

    @property
    def white_table_set(self) -> Tuple[str, ...]:
        """Names and globs; empty: all tables."""
        ...

    def allows(self, name: str) -> bool: ...


class Findings:
    """What one table's check has found."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.problems: List[Problem] = []
        self.warnings: List[str] = []
        self.there: Optional[bool] = None
        """Whether the target has such a table; None: it was not looked for."""

    def add(self, text: str) -> None:
        self.problems.append(Problem(text, self.table))

    def ask(self, names: SettingNames, question: Callable[[], T]) -> Optional[T]:
        """None after an error, which is a problem then."""
        try:
            return question()
        except PolarshakeError as error:
            self.problems.append(explain(error, names, self.table))
            return None


class TargetSide(Protocol):
    """The database that is written to; read-only here. Threads share it."""

    name: str
    """The setting that leads there."""
    reached: str
    """A sentence for the user, of a target that `reach` finds nothing wrong with."""

    def reach(self) -> List[Problem]:
        """Whether it answers, and to these credentials."""
        ...

    def look(self, source: TableDescription, ttl: Optional[str], wanted: PreflightOptions) -> Findings:
        """One table's place there; `ttl` is the source's time-to-live attribute."""
        ...


class PreflightSides(NamedTuple):
    """Their own retry bound should be short: a side that is down costs it once."""

    source: Caller
    streams: Caller
    target: TargetSide


class PreflightOptions(NamedTuple):
    """What the configuration asks for."""

    filter: NameFilter
    mode: CopyMode = CopyMode.ALL
    tables: TableOptions = TableOptions()
    enable_streams: bool = True
    resumed: bool = False
    """The job starts from a savepoint or checkpoint: it may itself have filled the target's tables."""


class SourceTable(NamedTuple):
    """A table that takes part and has passed."""

    description: TableDescription
    ttl_attribute: Optional[str]
    """None where time to live is off or is not copied."""
    warnings: List[str]
    """Ways in which a table that is already at the target is not like it, a sentence each."""
    there: Optional[bool] = None
    """Whether the target has it already; None: it was not looked for."""


class Breaker(Caller):
    """Gives up a side for good once it does not answer, which costs a whole retry bound each
    time, or refuses the credentials."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._fault: Optional[PolarshakeError] = None

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        if self._fault is not None:
            raise self._fault
        try:
            return self._caller.call(operation, body, table)
        except (TransientError, ServiceError) as fault:
            if isinstance(fault, TransientError) or fault.code in KEYS_REFUSED:
                self._fault = fault
            raise
