"""The check's point reads and repairs, which a lane starts as background tasks."""

from __future__ import annotations

import threading
import time
from typing import Callable, Dict, NamedTuple, Protocol, Sequence, Set

from connectors.check.chunks import FingerprintRun
from connectors.check.questions import ask
from connectors.dynamodb.scan.pages import Pages
from connectors.dynamodb.scan.request import ScanPage
from connectors.model.keys import Schema
from connectors.model.writes import Write, Writer, WriteReport
from connectors.targets.check_contract import CheckSide, Form


class Units(NamedTuple):
    """Consumed read capacity units of each side."""

    source: float = 0.0
    target: float = 0.0


class FoundKeys(NamedTuple):
    keys: Dict[bytes, bytes]
    """Keys as DynamoDB JSON, by digest. A key without an entry no longer exists."""
    units: Units


class ObservedItems(NamedTuple):
    """The items of the same keys on both sides. Times are monotonic seconds of this process."""

    source: Dict[bytes, bytes]
    """Items of each side, by the digest of their keys."""
    source_at: float
    target: Dict[bytes, bytes]
    target_at: float
    units: Units
    refused: Dict[bytes, str] = {}
    """Keys for which the target cannot answer, each with the reason."""
    deletable: bool = True
    """Whether a repair may delete items that the source lacks."""


class Access(Protocol):
    """Reads and writes of both sides. Each call can block on the network, and raises the errors of a
    client."""

    def find(self, table: str, schema: Schema, run: FingerprintRun, digests: Set[bytes]) -> FoundKeys:
        """The keys of digests that were scanned in a run."""
        ...

    def look(self, table: str, schema: Schema, keys: Sequence[bytes]) -> ObservedItems: ...

    def write(self, writes: Sequence[Write]) -> WriteReport:
        """Write to the target. A write that the target rejects permanently is counted as dead."""
        ...

    def close(self) -> None: ...


class BothSides(Access):
    def __init__(
        self,
        source: CheckSide,
        target: CheckSide,
        writer: Writer,
        may_delete: Callable[[str], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`may_delete`: whether a repair may delete items of a table. It is called directly after a read of
        the source."""
        self._source, self._target, self._writer, self._clock = source, target, writer, clock
        self._may_delete = may_delete
        self._writing = threading.Lock()

    def find(self, table: str, schema: Schema, run: FingerprintRun, digests: Set[bytes]) -> FoundKeys:
        side = self._target if run.of_target else self._source
        finder = _Finder(side.form(table, schema), run, digests, side.again(table, run.segment, run.total))
        finder.run()
        return FoundKeys(finder.found, Units(target=finder.units) if run.of_target else Units(finder.units))

    def look(self, table: str, schema: Schema, keys: Sequence[bytes]) -> ObservedItems:
        """Read the target first, then the source: see `convergence`."""
        target_at = self._clock()
        target = ask(self._target, table, schema, keys)
        source = self._source.look(table, schema, keys)
        # The answers describe the state at some time between these two.
        source_at = self._clock()
        return ObservedItems(
            source.items,
            source_at,
            target.items,
            target_at,
            Units(source.units, target.units),
            target.refused,
            # A dropped table looks like one without items, so its existence is verified after the read.
            len(source.items) == len(keys) or self._may_delete(table),
        )

    def write(self, writes: Sequence[Write]) -> WriteReport:
        with self._writing:  # a writer is for one thread
            return self._writer.write(writes)

    def close(self) -> None:
        self._writer.close()


class _Finder:
    """Reads a run again, to find keys.

    Usually it is enough to read as many items as the run had. If keys are then still missing, they were
    deleted, or other items were inserted before them. The run is then read until the first item after its
    end, which proves that it has been read completely.
    """

    def __init__(self, form: Form, run: FingerprintRun, digests: Set[bytes], pages: Pages) -> None:
        self._form, self._run, self._lacking, self._pages = form, run, set(digests), pages
        self._passed: Set[bytes] = set()
        self.found: Dict[bytes, bytes] = {}
        self.units = 0.0

    def run(self) -> None:
        at = self._take(self._read(self._run.after, self._run.count))
        while self._lacking and at and not self._over():
            at = self._take(self._read(at, self._run.count))

    def _read(self, key: bytes, limit: int) -> ScanPage:
        page = self._pages.after(key, limit)
        self.units += page.units
        return page

    def _over(self) -> bool:
        """Whether the run has been read to its end. Each call reads again, because the item after the run may
        have been deleted."""
        at = self._run.until
        while at:
            page = self._read(at, 1)
            if page.Items:
                return self._form.digest(bytes(page.Items[0])) in self._passed
            at = bytes(page.LastEvaluatedKey)
        return False  # the segment ends with the run

    def _take(self, page: ScanPage) -> bytes:
        for item in map(bytes, page.Items):
            digest = self._form.digest(item)
            self._passed.add(digest)
            if digest in self._lacking:
                self._lacking.discard(digest)
                self.found[digest] = self._form.key_json(item)
        return bytes(page.LastEvaluatedKey)
