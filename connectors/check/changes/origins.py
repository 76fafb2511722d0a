"""Where the changed keys come from: DynamoDB's streams, or on the way back the reverse job's record."""

from __future__ import annotations

import time
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Dict, List, NamedTuple, Optional, Protocol, Tuple, Union

from connectors.base.errors import TerminalError
from connectors.check.changes.chain import BrokenChain, Chain, ChainTable, LogState, expired
from connectors.check.changes.reader import ChangesReader
from connectors.check.changes.record import RecordReader
from connectors.check.changes.sources import live_tables
from connectors.check.changes.table import TableReading
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.clients import streams_client
from connectors.dynamodb.limits import Limit
from connectors.dynamodb.streams.http import HttpStreamCalls
from connectors.model.keys import KeyReader, KeySchema
from connectors.storage.open import open_storage

if TYPE_CHECKING:
    from connectors.check.changes.log import LogSeen

LIST_THREADS = 2
DESCRIBES = 8.0
"""Calls of DescribeStream per second. The service allows about ten for the whole account."""


class Begun(NamedTuple):
    """The begin of a generation."""

    at: float
    """Epoch seconds, the source's clock for streams, otherwise this machine's."""
    schemas: Dict[str, KeySchema]


class ChangesOrigin(Protocol):
    """What a generation reads. Methods raise BrokenChain, TerminalError and TransientError."""

    def begin(self, chain: Chain) -> Begun:
        """Verify that the changes since the predecessor can be known, and fix the begin."""
        ...

    def open(self, chain: Chain, keys: Dict[str, KeyReader]) -> Reading:
        """Read from where the predecessor ended, up to the begin."""
        ...

    def reached(self, chain: Chain) -> Tuple[Dict[str, ChainTable], Optional[LogState]]:
        """How far has been read, for the next generation."""
        ...

    def verify(self, chain: Chain) -> None:
        """Verify again, after the keys have been compared."""
        ...

    def close(self) -> None: ...


Reading = Union[ChangesReader, RecordReader]


def origin_of(settings: Settings, chain: Chain, source: Caller, pool: Executor) -> ChangesOrigin:
    """`source`: the client of the check's source. Raises BrokenChain, ConfigError."""
    if chain.log is None:
        return StreamsOrigin(settings, source, pool)
    return RecordOrigin(settings, pool)


class StreamsOrigin(ChangesOrigin):
    def __init__(self, settings: Settings, source: Caller, pool: Executor) -> None:
        self._source, self._pool = source, pool
        self._streams = streams_client(settings)
        self._calls = HttpStreamCalls(self._streams, Limit(DESCRIBES))
        self._lister = ThreadPoolExecutor(LIST_THREADS, thread_name_prefix="shards")
        self._reader: Optional[ChangesReader] = None

    def begin(self, chain: Chain) -> Begun:
        live = live_tables(self._source, chain.tables, self._pool)
        now = [table.date or time.time() for table in live.values()]
        problem = expired(chain, max(now))
        if problem:
            raise BrokenChain(problem)
        return Begun(min(now), {name: table.schema for name, table in live.items()})

    def open(self, chain: Chain, keys: Dict[str, KeyReader]) -> ChangesReader:
        tables = [
            TableReading(keys[name], table, self._calls, self._calls) for name, table in chain.tables.items()
        ]
        self._reader = ChangesReader(tables, self._pool, self._lister)
        return self._reader

    def reached(self, chain: Chain) -> Tuple[Dict[str, ChainTable], Optional[LogState]]:
        assert self._reader
        return self._reader.chain(), None

    def verify(self, chain: Chain) -> None:
        live_tables(self._source, chain.tables, self._pool)

    def close(self) -> None:
        self._streams.close()
        self._lister.shutdown(wait=False, cancel_futures=True)


class RecordOrigin(ChangesOrigin):
    def __init__(self, settings: Settings, pool: Executor) -> None:
        try:
            from connectors.check.changes.log import LogView
        except ModuleNotFoundError as error:
            raise TerminalError(
                f"{error.name} is not installed here: a check of the changes on the way back reads PolarDB's "
                f"log positions"
            ) from error
        place = settings.record_place
        if not place:
            raise BrokenChain("neither reverse.record nor deadLetter.path is set, so nothing is recorded")
        self._view = LogView(settings, pool)
        self._storage = open_storage(place, "reverse.record", settings)
        self._reader: Optional[RecordReader] = None
        self._until = 0

    def begin(self, chain: Chain) -> Begun:
        at = time.time()
        seen = self._look(chain)
        self._until = seen.end
        if self._reader:
            self._reader.until = seen.end
        return Begun(at, {name: seen.schemas[name] for name in chain.tables})

    def open(self, chain: Chain, keys: Dict[str, KeyReader]) -> RecordReader:
        self._reader = RecordReader(_log_of(chain), keys, self._storage)
        self._reader.until = self._until
        return self._reader

    def reached(self, chain: Chain) -> Tuple[Dict[str, ChainTable], Optional[LogState]]:
        assert self._reader
        return chain.tables, self._reader.log()

    def verify(self, chain: Chain) -> None:
        self._look(chain)

    def close(self) -> None:
        pass

    def _look(self, chain: Chain) -> LogSeen:
        from connectors.check.changes.log import differences

        names: List[str] = sorted(chain.tables)
        seen = self._view.look(names)
        problem = differences(_log_of(chain), seen)
        if problem:
            raise BrokenChain(problem)
        return seen


def _log_of(chain: Chain) -> LogState:
    assert chain.log
    return chain.log
