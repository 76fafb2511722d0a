"""What a real server sends for some SQL: the messages of one slot, which can be read again and again."""

from __future__ import annotations

import select
import time
import uuid
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Tuple

import psycopg2
from psycopg2.extras import LogicalReplicationConnection

from connectors.postgres.pgoutput.decoder import Decoder
from connectors.postgres.pgoutput.messages import Message
from tests.harness.slots import wait_free

SECONDS = 120


class Raw(NamedTuple):
    payload: bytes
    lsn: int


class Capture:
    """A schema of its own, with a publication and a slot made before any SQL runs.

    `publish` does that for tables it makes, `publish_schema` for those of another schema.
    """

    def __init__(self, dsn: str) -> None:
        self.name = "capture_" + uuid.uuid4().hex[:12]
        self._dsn = dsn
        self._connection = psycopg2.connect(dsn)
        self._connection.autocommit = True
        self._cursor = self._connection.cursor()
        self.run(f"CREATE SCHEMA {self.name}", f"SET search_path TO {self.name}")

    def publish(self, *tables: str) -> None:
        """`tables` are made by these statements; what is done before is not captured."""
        self.run(*tables)
        self.publish_schema(self.name)

    def publish_schema(self, schema: str) -> None:
        """All tables that it has by now."""
        self._cursor.execute(
            "SELECT string_agg(format('%%I.%%I', relnamespace::regnamespace, relname), ', ') FROM pg_class "
            "WHERE relnamespace = %s::regnamespace AND relkind = 'r'",
            [schema],
        )
        ((names,),) = self._cursor.fetchall()
        self.run(
            f"CREATE PUBLICATION {self.name} FOR TABLE {names}",
            f"SELECT pg_create_logical_replication_slot('{self.name}', 'pgoutput')",
        )

    def run(self, *statements: str) -> None:
        for statement in statements:
            self._cursor.execute(statement)

    def query(self, statement: str) -> List[Tuple[Any, ...]]:
        self._cursor.execute(statement)
        rows: List[Tuple[Any, ...]] = self._cursor.fetchall()
        return rows

    def transaction(self, *statements: str) -> None:
        self.run("BEGIN", *statements, "COMMIT")

    def end(self) -> None:
        """Ask for all that was sent up to here: a message marks it."""
        self.run(f"SELECT pg_logical_emit_message(false, 'end', '{self.name}')")

    def raw(self, version: int = 1, **options: str) -> List[Raw]:
        """The payloads before the end mark. Confirms nothing: the next call gets the same."""
        return list(self._until_end(version, options))

    def messages(self, version: int = 1, **options: str) -> List[Message]:
        decoder = Decoder(version)
        return [decoder.decode(*each) for each in self.raw(version, **options)]

    def close(self) -> None:
        self.run(f"DROP PUBLICATION IF EXISTS {self.name}", f"DROP SCHEMA {self.name} CASCADE")
        self._cursor.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s",
            [self.name],
        )
        self._connection.close()

    def _until_end(self, version: int, options: Dict[str, str]) -> Iterator[Raw]:
        wanted = {
            "proto_version": str(version),
            "publication_names": self.name,
            "messages": "true",
            **options,
        }
        connection = psycopg2.connect(self._dsn, connection_factory=LogicalReplicationConnection)
        try:
            cursor = connection.cursor()
            cursor.start_replication(self.name, decode=False, options=wanted)
            for message in _received(cursor):
                payload: bytes = message.payload
                if payload[:1] == b"M" and self._is_end(payload):
                    return
                yield Raw(payload, message.data_start)
        finally:
            connection.close()
            wait_free(self._dsn, self.name)

    def _is_end(self, payload: bytes) -> bool:
        return payload[10:14] == b"end\0" and payload.endswith(self.name.encode())


def _received(cursor: psycopg2.extras.ReplicationCursor) -> Iterator[psycopg2.extras.ReplicationMessage]:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        message = cursor.read_message()
        if message is not None:
            yield message
        else:
            select.select([cursor], [], [], 0.2)
    raise TimeoutError("the end mark did not come")


def of_type(messages: Iterable[Message], *kinds: type) -> List[Message]:
    return [message for message in messages if isinstance(message, kinds)]
