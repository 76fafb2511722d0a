"""The server's side of pgoutput: messages -> bytes, and strategies for all of them."""

from __future__ import annotations

import struct
from typing import Any, Callable, Dict, Tuple

from hypothesis import strategies as st

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
    Row,
    StreamAbort,
    StreamCommit,
    StreamStart,
    StreamStop,
    Truncate,
    Type,
    Update,
    Value,
)

DATA = (Relation, Type, Insert, Update, Delete, Truncate, LogicalMessage)
"""Kinds that carry an xid within a streamed block."""


def encode(message: Message, streamed: bool = False) -> bytes:
    kind, fields = _ENCODERS[type(message)](message)
    xid = struct.pack(">I", message.xid) if streamed and isinstance(message, DATA) else b""
    return kind + xid + fields


def text(value: str) -> bytes:
    return value.encode() + b"\0"


def row(values: Row) -> bytes:
    return struct.pack(">H", len(values)) + b"".join(map(_value, values))


def _value(value: Value) -> bytes:
    if value is None:
        return b"n"
    if value is UNCHANGED:
        return b"u"
    kind, content = (b"b", value.value) if isinstance(value, Binary) else (b"t", value)
    return kind + struct.pack(">I", len(content)) + content


def _relation(m: Relation) -> Tuple[bytes, bytes]:
    head = struct.pack(">I", m.id) + text(m.namespace) + text(m.name) + m.identity.encode()
    columns = [
        struct.pack(">B", column.key) + text(column.name) + struct.pack(">Ii", column.type, column.modifier)
        for column in m.columns
    ]
    return b"R", head + struct.pack(">H", len(columns)) + b"".join(columns)


def _update(m: Update) -> Tuple[bytes, bytes]:
    before = b"K" + row(m.key) if m.key is not None else b"O" + row(m.old) if m.old is not None else b""
    return b"U", struct.pack(">I", m.relation) + before + b"N" + row(m.new)


def _delete(m: Delete) -> Tuple[bytes, bytes]:
    before = b"K" + row(m.key) if m.key is not None else b"O" + row(m.old or [])
    return b"D", struct.pack(">I", m.relation) + before


def _truncate(m: Truncate) -> Tuple[bytes, bytes]:
    options = m.cascade + 2 * m.restart_identity
    return b"T", struct.pack(f">IB{len(m.relations)}I", len(m.relations), options, *m.relations)


def _logical(m: LogicalMessage) -> Tuple[bytes, bytes]:
    head = struct.pack(">BQ", m.transactional, m.lsn) + text(m.prefix)
    return b"M", head + struct.pack(">I", len(m.content)) + m.content


_ENCODERS: Dict[type, Callable[[Any], Tuple[bytes, bytes]]] = {
    Begin: lambda m: (b"B", struct.pack(">QqI", m.final_lsn, m.timestamp, m.xid)),
    Commit: lambda m: (b"C", struct.pack(">BQQq", 0, m.commit_lsn, m.end_lsn, m.timestamp)),
    Origin: lambda m: (b"O", struct.pack(">Q", m.lsn) + text(m.name)),
    Relation: _relation,
    Type: lambda m: (b"Y", struct.pack(">I", m.id) + text(m.namespace) + text(m.name)),
    Insert: lambda m: (b"I", struct.pack(">I", m.relation) + b"N" + row(m.new)),
    Update: _update,
    Delete: _delete,
    Truncate: _truncate,
    LogicalMessage: _logical,
    StreamStart: lambda m: (b"S", struct.pack(">IB", m.xid, m.first)),
    StreamStop: lambda m: (b"E", b""),
    StreamCommit: lambda m: (b"c", struct.pack(">IBQQq", m.xid, 0, m.commit_lsn, m.end_lsn, m.timestamp)),
    StreamAbort: lambda m: (b"A", struct.pack(">II", m.xid, m.subxid)),
}

_oids = st.integers(0, 2**32 - 1)
_lsns = st.integers(0, 2**64 - 1)
_times = st.integers(-(2**63), 2**63 - 1)
_names = st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=12)
_values = st.one_of(
    st.none(), st.just(UNCHANGED), st.binary(max_size=40), st.builds(Binary, st.binary(max_size=40))
)
rows = st.lists(_values, max_size=5)
_columns = st.lists(
    st.builds(Column, _names, _oids, st.integers(-(2**31), 2**31 - 1), st.booleans()), max_size=4
).map(tuple)


def data(xid: int) -> st.SearchStrategy[Message]:
    """What may stand in a streamed block with this xid, or outside of one with 0."""
    x = st.just(xid)
    return st.one_of(
        st.builds(Relation, _oids, _names, _names, st.sampled_from("dnfi"), _columns, x),
        st.builds(Type, _oids, _names, _names, x),
        st.builds(Insert, _oids, rows, x),
        st.builds(Update, _oids, rows, st.none(), st.none(), x),
        st.builds(Update, _oids, rows, rows, st.none(), x),
        st.builds(Update, _oids, rows, st.none(), rows, x),
        st.builds(Delete, _oids, rows, st.none(), x),
        st.builds(Delete, _oids, st.none(), rows, x),
        st.builds(Truncate, st.lists(_oids, max_size=4).map(tuple), st.booleans(), st.booleans(), x),
        st.builds(LogicalMessage, st.booleans(), _lsns, _names, st.binary(max_size=40), x),
    )


begins = st.builds(Begin, _lsns, _times, _oids)
commits = st.builds(Commit, _lsns, _lsns, _times)
origins = st.builds(Origin, _lsns, _names)
starts = st.builds(StreamStart, _oids, st.booleans())
stream_ends = st.one_of(
    st.builds(StreamCommit, _oids, _lsns, _lsns, _times), st.builds(StreamAbort, _oids, _oids)
)
version1: st.SearchStrategy[Message] = st.one_of(begins, commits, origins, data(0))
"""All that protocol version 1 has."""
