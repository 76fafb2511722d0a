"""A reader for each kind of message: the bytes from `at` on -> the message. Raises Broken."""

from __future__ import annotations

import struct
from typing import Callable, Dict, List, Tuple

from connectors.postgres.pgoutput.errors import Broken
from connectors.postgres.pgoutput.fields import expect_end, fixed, row, string
from connectors.postgres.pgoutput.messages import (
    Begin,
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

Reader = Callable[[bytes, int, int], Message]
"""message, offset of its first field, xid of the streamed block's change (0 outside)."""

_KEY, _OLD, _NEW = b"KON"
_IDENTITIES = b"dnfi"
_ROW = struct.Struct(">IBH")
_NEW_ROW = struct.Struct(">BH")
_BEGIN = struct.Struct(">QqI")
_COMMIT = struct.Struct(">BQQq")
_LSN = struct.Struct(">Q")
_OID = struct.Struct(">I")
_RELATION = struct.Struct(">BH")
_FLAGS = struct.Struct(">B")
_COLUMN = struct.Struct(">Ii")
_TRUNCATE = struct.Struct(">IB")
_MESSAGE = struct.Struct(">BQ")
_START = struct.Struct(">IB")
_STREAM_COMMIT = struct.Struct(">IBQQq")
_ABORT = struct.Struct(">II")


def insert(message: bytes, at: int, xid: int) -> Insert:
    relation, kind, count = fixed(_ROW, message, at)
    if kind != _NEW:
        raise Broken(at + 4, f"expected the new row, found {kind:#04x}")
    new, end = row(message, at + 7, count)
    expect_end(message, end)
    return Insert(relation, new, xid)


def update(message: bytes, at: int, xid: int) -> Update:
    relation, kind, count = fixed(_ROW, message, at)
    first, end = row(message, at + 7, count)
    if kind == _NEW:
        expect_end(message, end)
        return Update(relation, first, None, None, xid)
    if kind != _OLD and kind != _KEY:
        raise Broken(at + 4, f"expected the old key, the old row or the new row, found {kind:#04x}")
    after, count = fixed(_NEW_ROW, message, end)
    if after != _NEW:
        raise Broken(end, f"expected the new row, found {after:#04x}")
    new, last = row(message, end + 3, count)
    expect_end(message, last)
    return (
        Update(relation, new, first, None, xid) if kind == _KEY else Update(relation, new, None, first, xid)
    )


def delete(message: bytes, at: int, xid: int) -> Delete:
    relation, kind, count = fixed(_ROW, message, at)
    if kind != _OLD and kind != _KEY:
        raise Broken(at + 4, f"expected the old key or the old row, found {kind:#04x}")
    gone, end = row(message, at + 7, count)
    expect_end(message, end)
    return Delete(relation, gone, None, xid) if kind == _KEY else Delete(relation, None, gone, xid)


def begin(message: bytes, at: int, xid: int) -> Begin:
    fields = fixed(_BEGIN, message, at)
    expect_end(message, at + _BEGIN.size)
    return Begin(*fields)


def commit(message: bytes, at: int, xid: int) -> Commit:
    flags, *fields = fixed(_COMMIT, message, at)
    _no_flags(flags, at)
    expect_end(message, at + _COMMIT.size)
    return Commit(*fields)


def origin(message: bytes, at: int, xid: int) -> Origin:
    (lsn,) = fixed(_LSN, message, at)
    name, end = string(message, at + _LSN.size)
    expect_end(message, end)
    return Origin(lsn, name)


def relation(message: bytes, at: int, xid: int) -> Relation:
    (oid,) = fixed(_OID, message, at)
    namespace, at = string(message, at + _OID.size)
    name, at = string(message, at)
    identity, count = fixed(_RELATION, message, at)
    if identity not in _IDENTITIES:
        raise Broken(at, f"unknown replica identity {identity:#04x}")
    columns, end = _columns(message, at + _RELATION.size, count)
    expect_end(message, end)
    return Relation(oid, namespace, name, chr(identity), columns, xid)


def _columns(message: bytes, at: int, count: int) -> Tuple[Tuple[Column, ...], int]:
    columns: List[Column] = []
    for _ in range(count):
        (flags,) = fixed(_FLAGS, message, at)
        name, at = string(message, at + _FLAGS.size)
        type_, modifier = fixed(_COLUMN, message, at)
        at += _COLUMN.size
        columns.append(Column(name, type_, modifier, bool(flags & 1)))
    return tuple(columns), at


def type_(message: bytes, at: int, xid: int) -> Type:
    (oid,) = fixed(_OID, message, at)
    namespace, at = string(message, at + _OID.size)
    name, end = string(message, at)
    expect_end(message, end)
    return Type(oid, namespace, name, xid)


def truncate(message: bytes, at: int, xid: int) -> Truncate:
    count, options = fixed(_TRUNCATE, message, at)
    at += _TRUNCATE.size
    # Checked before unpacking: a corrupt count must not allocate gigabytes.
    expect_end(message, at + 4 * count)
    return Truncate(struct.unpack_from(f">{count}I", message, at), bool(options & 1), bool(options & 2), xid)


def logical_message(message: bytes, at: int, xid: int) -> LogicalMessage:
    flags, lsn = fixed(_MESSAGE, message, at)
    prefix, at = string(message, at + _MESSAGE.size)
    (size,) = fixed(_OID, message, at)
    at += _OID.size
    expect_end(message, at + size)
    return LogicalMessage(bool(flags & 1), lsn, prefix, message[at:], xid)


def stream_start(message: bytes, at: int, xid: int) -> StreamStart:
    xid, first = fixed(_START, message, at)
    if first > 1:
        raise Broken(at + 4, f"expected 0 or 1 for the first block, found {first}")
    expect_end(message, at + _START.size)
    return StreamStart(xid, bool(first))


def stream_stop(message: bytes, at: int, xid: int) -> StreamStop:
    expect_end(message, at)
    return StreamStop()


def stream_commit(message: bytes, at: int, xid: int) -> StreamCommit:
    xid, flags, *fields = fixed(_STREAM_COMMIT, message, at)
    _no_flags(flags, at + 4)
    expect_end(message, at + _STREAM_COMMIT.size)
    return StreamCommit(xid, *fields)


def stream_abort(message: bytes, at: int, xid: int) -> StreamAbort:
    fields = fixed(_ABORT, message, at)
    expect_end(message, at + _ABORT.size)
    return StreamAbort(*fields)


def _no_flags(flags: int, at: int) -> None:
    if flags:
        raise Broken(at, f"unknown flags {flags:#04x}")


def _streamed(reader: Reader) -> Reader:
    """Within a streamed block, the xid of the change precedes its other fields."""

    def read(message: bytes, at: int, xid: int) -> Message:
        (xid,) = fixed(_OID, message, at)
        return reader(message, at + _OID.size, xid)

    return read


_DATA: Dict[int, Reader] = {
    ord("R"): relation,
    ord("Y"): type_,
    ord("I"): insert,
    ord("U"): update,
    ord("D"): delete,
    ord("T"): truncate,
    ord("M"): logical_message,
}

WHOLE: Dict[int, Reader] = {
    **_DATA,
    ord("B"): begin,
    ord("C"): commit,
    ord("O"): origin,
    ord("A"): stream_abort,
}
"""The readers outside of streamed blocks: all of protocol version 1. PostgreSQL 18 sends Stream Abort there
too, for a rolled back transaction that exceeds logical_decoding_work_mem and of which it has sent nothing
(measured on 18.6)."""

BETWEEN: Dict[int, Reader] = {**WHOLE, ord("S"): stream_start, ord("c"): stream_commit}
"""The readers between streamed blocks, in version 2."""

WITHIN: Dict[int, Reader] = {
    **{kind: _streamed(reader) for kind, reader in _DATA.items()},
    ord("O"): origin,
    ord("E"): stream_stop,
}
"""The readers within a streamed block."""
