"""Repairs MongoDB: items that a check has found to be wrong are written as the source has them now."""

from __future__ import annotations

from typing import Dict, List, Sequence

from connectors.base.errors import TerminalError
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.get import PointReads
from connectors.model.keys import KeyReader, KeySchema
from connectors.model.writes import Write, Writer, WriteReport
from connectors.targets.mongodb.definitions import BY_ID
from connectors.targets.mongodb.schemas import Schemas, SourceSchemas


class RepairSchemas(Schemas):
    """Also knows collections without a table at the source. Their documents have no key of a table, so the
    writer refuses to delete them."""

    def __init__(self, source: Caller) -> None:
        self._source = SourceSchemas(source)

    def of(self, table: str) -> KeySchema:
        try:
            return self._source.of(table)
        except TerminalError:
            return BY_ID


class SourceWriter(Writer):
    """Reads the items from the source again and writes these, because the compared documents have another
    form. Items that have been deleted since are not written; the check reads the key again."""

    def __init__(self, writer: Writer, source: Caller, schemas: Schemas) -> None:
        self._writer, self._source, self._schemas = writer, source, schemas

    def write(self, writes: Sequence[Write]) -> WriteReport:
        puts: Dict[str, List[Write]] = {}
        wanted = [write for write in writes if write.delete]
        for write in writes:
            if not write.delete:
                puts.setdefault(write.table, []).append(write)
        for table, some in puts.items():
            wanted += self._read(table, some)
        report = self._writer.write(wanted)
        return report._replace(written=len(writes) - report.dead)

    def close(self) -> None:
        self._writer.close()

    def _read(self, table: str, puts: List[Write]) -> List[Write]:
        reader = KeyReader(table, self._schemas.of(table))
        by_digest = {reader.digest(write.body): write for write in puts}
        keys = [reader.key_json(write.body) for write in puts]
        items = PointReads(reader, self._source, consistent=True).read(keys).items
        return [by_digest[digest]._replace(body=item) for digest, item in items.items()]
