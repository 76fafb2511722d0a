"""The messages of pgoutput, protocol versions 1 and 2, as PostgreSQL's manual defines them.

LSNs are unsigned 64-bit integers, timestamps microseconds since 2000-01-01 UTC, `id` and `relation` the
oid of the relation. `xid` is 0 outside of a streamed block; within a block, it is the transaction or
subtransaction that made the change.

Structs without garbage collection: the fastest to build, and they hold no cycles.
"""

from __future__ import annotations

import enum
from typing import List, Optional, Tuple, Union

import msgspec


class Unchanged(enum.Enum):
    """A TOASTed value that the UPDATE did not touch: the server does not send it."""

    UNCHANGED = "u"


UNCHANGED = Unchanged.UNCHANGED


class Binary(msgspec.Struct, frozen=True, gc=False):
    """A value in its type's binary form; sent only if the option `binary` was set."""

    value: bytes


Value = Union[bytes, None, Unchanged, Binary]
"""A column's value. bytes: the value's text form, not decoded; None: NULL."""

Row = List[Value]
"""Values in the order of the relation's columns. In a `key`, columns outside the identity are None."""


class Begin(msgspec.Struct, frozen=True, gc=False):
    """`final_lsn`: the LSN of the transaction's COMMIT."""

    final_lsn: int
    timestamp: int
    xid: int


class Commit(msgspec.Struct, frozen=True, gc=False):
    """`end_lsn`: the position after the transaction, to be confirmed once all of it is durable."""

    commit_lsn: int
    end_lsn: int
    timestamp: int


class Origin(msgspec.Struct, frozen=True, gc=False):
    """The origin that the transaction was replicated from. `lsn`: its commit there; 0 if streamed."""

    lsn: int
    name: str


class Column(msgspec.Struct, frozen=True, gc=False):
    """`key`: part of the replica identity; with REPLICA IDENTITY FULL, every column is."""

    name: str
    type: int
    modifier: int
    key: bool


class Relation(msgspec.Struct, frozen=True, gc=False):
    """Precedes the first row of a relation in a session; sent again after the relation was altered.

    `identity` is pg_class.relreplident: d (default), n (nothing), f (full) or i (index). `columns` lacks
    what the server does not send: dropped columns, generated ones, those outside a publication's column list.
    """

    id: int
    namespace: str
    """Empty: pg_catalog."""
    name: str
    identity: str
    columns: Tuple[Column, ...]
    xid: int = 0


class Type(msgspec.Struct, frozen=True, gc=False):
    """Names a type that is not built in, before the relation that uses it."""

    id: int
    namespace: str
    name: str
    xid: int = 0


class Insert(msgspec.Struct, frozen=True, gc=False):
    relation: int
    new: Row
    xid: int = 0


class Update(msgspec.Struct, frozen=True, gc=False):
    """`key`: the old replica identity, if it changed or had to be fetched from TOAST. `old`: the whole old
    row, with REPLICA IDENTITY FULL. At most one of the two is set."""

    relation: int
    new: Row
    key: Optional[Row] = None
    old: Optional[Row] = None
    xid: int = 0


class Delete(msgspec.Struct, frozen=True, gc=False):
    """`key` or, with REPLICA IDENTITY FULL, `old`: exactly one of the two is set."""

    relation: int
    key: Optional[Row] = None
    old: Optional[Row] = None
    xid: int = 0


class Truncate(msgspec.Struct, frozen=True, gc=False):
    relations: Tuple[int, ...]
    cascade: bool
    restart_identity: bool
    xid: int = 0


class LogicalMessage(msgspec.Struct, frozen=True, gc=False):
    """A message of pg_logical_emit_message. If not transactional, it is sent at once, even if its transaction
    rolls back."""

    transactional: bool
    lsn: int
    prefix: str
    content: bytes
    xid: int = 0


class StreamStart(msgspec.Struct, frozen=True, gc=False):
    """A block of changes of a transaction still in progress begins; `first`: its first block."""

    xid: int
    first: bool


class StreamStop(msgspec.Struct, frozen=True, gc=False):
    """The block ends; the transaction goes on."""


class StreamCommit(msgspec.Struct, frozen=True, gc=False):
    xid: int
    commit_lsn: int
    end_lsn: int
    timestamp: int


class StreamAbort(msgspec.Struct, frozen=True, gc=False):
    """`subxid`: the subtransaction rolled back; the same as `xid` where it is the whole transaction."""

    xid: int
    subxid: int


Change = Union[Insert, Update, Delete]
Message = Union[
    Begin,
    Commit,
    Origin,
    Relation,
    Type,
    Insert,
    Update,
    Delete,
    Truncate,
    LogicalMessage,
    StreamStart,
    StreamStop,
    StreamCommit,
    StreamAbort,
]
