"""The decoder against what a real server sends."""

from __future__ import annotations

from typing import List

import msgspec
import pytest

from connectors.postgres.pgoutput.decoder import Decoder
from connectors.postgres.pgoutput.errors import MalformedMessage
from connectors.postgres.pgoutput.messages import (
    UNCHANGED,
    Begin,
    Binary,
    Column,
    Commit,
    Delete,
    Insert,
    LogicalMessage,
    Message,
    Origin,
    Relation,
    StreamAbort,
    StreamCommit,
    StreamStart,
    StreamStop,
    Truncate,
    Type,
    Update,
)
from connectors.postgres.transactions import Transactions
from tests.fakes.pgoutput import encode
from tests.integration.postgres.capture import Capture, Raw, of_type

# Not compressible to below the 2 kB from where PostgreSQL moves a value out of the row.
LARGE = "(SELECT string_agg(md5((i + {0})::text), '') FROM generate_series(1, 300) i)"


def large(seed: int) -> str:
    return LARGE.format(seed)


def test_every_kind_of_change_is_read(capture: Capture) -> None:
    capture.publish("CREATE TABLE t (id int PRIMARY KEY, name text, data jsonb)")
    capture.run(
        """INSERT INTO t VALUES (1, 'one', '{"a": 1}'), (2, NULL, NULL)""",
        "UPDATE t SET name = 'uno' WHERE id = 1",
        "UPDATE t SET id = 3 WHERE id = 2",
        "DELETE FROM t WHERE id = 1",
        "TRUNCATE t RESTART IDENTITY CASCADE",
    )
    capture.end()
    messages = capture.messages()
    relation, *again = of_type(messages, Relation)
    assert isinstance(relation, Relation)
    assert set(again) <= {relation}  # TRUNCATE gives the relation a new file, and so a new announcement
    assert relation == Relation(
        relation.id,
        capture.name,
        "t",
        "d",
        (Column("id", 23, -1, True), Column("name", 25, -1, False), Column("data", 3802, -1, False)),
    )
    assert of_type(messages, Insert, Update, Delete, Truncate) == [
        Insert(relation.id, [b"1", b"one", b'{"a": 1}']),
        Insert(relation.id, [b"2", None, None]),
        Update(relation.id, [b"1", b"uno", b'{"a": 1}']),
        Update(relation.id, [b"3", None, None], key=[b"2", None, None]),
        Delete(relation.id, key=[b"1", None, None]),
        Truncate((relation.id,), True, True),
    ]


def test_transactions_come_in_commit_order_and_rolled_back_ones_not_at_all(capture: Capture) -> None:
    capture.publish("CREATE TABLE t (id int PRIMARY KEY)")
    capture.transaction("INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)")
    capture.run("BEGIN", "INSERT INTO t VALUES (3)", "ROLLBACK")
    capture.transaction(
        "INSERT INTO t VALUES (4)", "SAVEPOINT s", "INSERT INTO t VALUES (5)", "ROLLBACK TO s"
    )
    capture.end()
    messages = [m for m in capture.messages() if not isinstance(m, Relation)]
    assert [type(m) for m in messages] == [Begin, Insert, Insert, Commit, Begin, Insert, Commit]
    begins, commits = of_type(messages, Begin), of_type(messages, Commit)
    for begin, commit in zip(begins, commits):
        assert isinstance(begin, Begin)
        assert isinstance(commit, Commit)
        assert begin.final_lsn == commit.commit_lsn < commit.end_lsn
        assert begin.timestamp == commit.timestamp


@pytest.mark.parametrize("identity", ["DEFAULT", "FULL"])
def test_a_toasted_value_that_did_not_change(capture: Capture, identity: str) -> None:
    capture.publish(
        "CREATE TABLE t (id int PRIMARY KEY, n int, data text)", f"ALTER TABLE t REPLICA IDENTITY {identity}"
    )
    capture.run(
        f"INSERT INTO t VALUES (1, 1, {large(1)})",
        "UPDATE t SET n = 2",
        "UPDATE t SET id = 2",
        f"UPDATE t SET data = {large(2)}",
        "DELETE FROM t",
    )
    capture.end()
    messages = capture.messages()
    (insert,) = of_type(messages, Insert)
    touched, moved, replaced = of_type(messages, Update)
    (deleted,) = of_type(messages, Delete)
    assert isinstance(insert, Insert)
    assert isinstance(touched, Update)
    assert isinstance(moved, Update)
    assert isinstance(replaced, Update)
    assert isinstance(deleted, Delete)
    data = insert.new[2]
    assert touched.new == [b"1", b"2", UNCHANGED]
    assert moved.new == [b"2", b"2", UNCHANGED]
    assert type(replaced.new[2]) is bytes
    if identity == "FULL":
        assert touched.old == [b"1", b"1", data]
        assert (moved.old, moved.key) == ([b"1", b"2", data], None)
        assert deleted.old == replaced.new
    else:
        assert (touched.key, touched.old) == (None, None)
        assert (moved.key, moved.old) == ([b"1", None, None], None)
        assert deleted.key == [b"2", None, None]


def test_messages_of_pg_logical_emit_message(capture: Capture) -> None:
    capture.publish("CREATE TABLE t (id int PRIMARY KEY)")
    capture.run(
        "BEGIN",
        "SELECT pg_logical_emit_message(true, 'lost', 'x')",
        "SELECT pg_logical_emit_message(false, 'at once', '\\x00ff'::bytea)",
        "ROLLBACK",
    )
    capture.transaction("SELECT pg_logical_emit_message(true, '', '')")
    capture.end()
    messages = of_type(capture.messages(), LogicalMessage)
    assert [(m.transactional, m.prefix, m.content) for m in messages if isinstance(m, LogicalMessage)] == [
        (False, "at once", b"\x00\xff"),
        (True, "", b""),
    ]


def test_types_that_are_not_built_in_quoted_names_and_an_altered_relation(capture: Capture) -> None:
    capture.publish(
        """CREATE TYPE mood AS ENUM ('ok')""", """CREATE TABLE "My ""t""-é" ("Id" int PRIMARY KEY, m mood)"""
    )
    capture.run(
        """INSERT INTO "My ""t""-é" VALUES (1, 'ok')""",
        """ALTER TABLE "My ""t""-é" ADD extra varchar(7)""",
        """INSERT INTO "My ""t""-é" VALUES (2, NULL, 'x')""",
    )
    capture.end()
    messages = capture.messages()
    assert all(isinstance(m, Type) and m.name == "mood" for m in of_type(messages, Type))
    assert of_type(messages, Type)
    first, second = of_type(messages, Relation)
    assert isinstance(first, Relation)
    assert isinstance(second, Relation)
    assert first.name == second.name == 'My "t"-é'
    assert [column.name for column in second.columns] == ["Id", "m", "extra"]
    assert second.columns[2].modifier == 7 + 4  # varchar's length with its header


def test_a_truncate_names_all_its_relations(capture: Capture) -> None:
    capture.publish("CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (id int PRIMARY KEY REFERENCES a)")
    capture.run("TRUNCATE a, b")
    capture.end()
    messages = capture.messages()
    (truncate,) = of_type(messages, Truncate)
    assert isinstance(truncate, Truncate)
    assert set(truncate.relations) == {m.id for m in messages if isinstance(m, Relation)}
    assert (truncate.cascade, truncate.restart_identity) == (False, False)


def test_a_replication_origin(capture: Capture) -> None:
    capture.publish("CREATE TABLE t (id int PRIMARY KEY)")
    origin = capture.name + "_origin"
    capture.run(
        f"SELECT pg_replication_origin_create('{origin}')",
        f"SELECT pg_replication_origin_session_setup('{origin}')",
    )
    capture.transaction(
        "SELECT pg_replication_origin_xact_setup('0/12345678', now())", "INSERT INTO t VALUES (1)"
    )
    capture.run(
        "SELECT pg_replication_origin_session_reset()", f"SELECT pg_replication_origin_drop('{origin}')"
    )
    # The server looks the name up when it sends, so what is dropped has none.
    capture.end()
    assert of_type(capture.messages(), Origin) in ([], [Origin(0x12345678, origin)])


def test_values_in_binary_form(capture: Capture) -> None:
    capture.publish("CREATE TABLE t (id int PRIMARY KEY, data jsonb)")
    capture.run("""INSERT INTO t VALUES (258, '{"a": 1}'), (1, NULL)""")
    capture.end()
    first, second = of_type(capture.messages(binary="true"), Insert)
    assert isinstance(first, Insert)
    assert isinstance(second, Insert)
    assert first.new == [Binary(b"\0\0\1\2"), Binary(b'\1{"a": 1}')]
    assert second.new == [Binary(b"\0\0\0\1"), None]


def streamed(capture: Capture) -> None:
    """Large transactions, one rolled back, one with rolled back subtransactions, small ones in between."""
    capture.publish(
        "CREATE TABLE t (id int PRIMARY KEY, data text)", "CREATE TABLE other (id int PRIMARY KEY)"
    )
    rows = "INSERT INTO t SELECT i, repeat(md5(i::text), 8) FROM generate_series({0}, {0} + 999) i"
    capture.run(
        "BEGIN",
        rows.format(1000),
        "SAVEPOINT a",
        rows.format(2000),
        "SAVEPOINT b",
        rows.format(3000),
        "ROLLBACK TO b",
        rows.format(4000),
        "ROLLBACK TO a",
        "INSERT INTO other VALUES (1)",
        "SELECT pg_logical_emit_message(true, 'in', 'stream')",
        rows.format(5000),
        "UPDATE t SET id = -id WHERE id < 1010",
        "DELETE FROM t WHERE id > 5990",
        "ALTER TABLE t ADD extra int DEFAULT 7",
        "INSERT INTO t VALUES (1, 'x', 2)",
        "COMMIT",
        "BEGIN",
        rows.format(6000),
        "ROLLBACK",
        "INSERT INTO other VALUES (2)",
        "BEGIN",
        rows.format(7000),
        "TRUNCATE other",
        "COMMIT",
    )
    capture.end()


STREAMING = {"streaming": "true"}


def test_streamed_transactions_come_out_exactly_as_version_1_sends_them(capture: Capture) -> None:
    capture.run("ALTER SYSTEM SET logical_decoding_work_mem = '64kB'", "SELECT pg_reload_conf()")
    try:
        streamed(capture)
        plain = capture.messages()
        decoder, transactions, kinds = Decoder(2), Transactions(), set()
        assembled: List[Message] = []
        for raw in capture.raw(2, **STREAMING):
            message = decoder.decode(*raw)
            kinds.add(type(message))
            assembled += transactions.feed(message, len(raw.payload))
    finally:
        capture.run("ALTER SYSTEM RESET logical_decoding_work_mem", "SELECT pg_reload_conf()")
    assert {StreamStart, StreamStop, StreamCommit, StreamAbort} <= kinds
    assert transactions.held == 0
    assert rows_of(assembled) == rows_of(plain)
    assert len(of_type(plain, Insert)) == 1000 + 1 + 1000 + 1 + 1 + 1000


def rows_of(messages: List[Message]) -> List[object]:
    """With columns in place of announced relations, which may come at other times and oftener."""
    rows: List[object] = []
    relations = {}
    for message in messages:
        if isinstance(message, Relation):
            relations[message.id] = message.columns
        elif isinstance(message, (Insert, Update, Delete)):
            rows.append((relations[message.relation], msgspec.structs.replace(message, xid=0)))
        elif isinstance(message, (Truncate, LogicalMessage)):
            rows.append(msgspec.structs.replace(message, xid=0))
        else:
            rows.append(message)
    return rows


def test_a_real_message_encodes_back_to_its_bytes_and_none_cut_off_is_read(capture: Capture) -> None:
    capture.publish("CREATE TABLE t (id int PRIMARY KEY, data jsonb)", "ALTER TABLE t REPLICA IDENTITY FULL")
    capture.transaction(
        """INSERT INTO t VALUES (1, '{"id": {"N": "1"}}')""",
        "UPDATE t SET id = 2",
        "SELECT pg_logical_emit_message(true, 'p', 'c')",
        "DELETE FROM t",
        "TRUNCATE t",
    )
    capture.end()
    captured: List[Raw] = capture.raw()
    assert {raw.payload[:1] for raw in captured} == set(map(bytes, zip(b"BRIUMDTC")))
    for raw in captured:
        assert encode(Decoder().decode(*raw)) == raw.payload
        for length in range(len(raw.payload)):
            with pytest.raises(MalformedMessage):
                Decoder().decode(raw.payload[:length], raw.lsn)
