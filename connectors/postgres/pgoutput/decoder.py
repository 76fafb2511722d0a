"""The bytes of one replication session -> messages."""

from __future__ import annotations

from connectors.postgres.pgoutput.errors import KINDS, Broken, MalformedMessage
from connectors.postgres.pgoutput.messages import Message, StreamStart, StreamStop
from connectors.postgres.pgoutput.readers import BETWEEN, WHOLE, WITHIN

VERSIONS = (1, 2)


class Decoder:
    """Decodes the messages of one session, in order. A new connection needs a new decoder.

    The only state is whether it is within a streamed block, where messages contain an xid.
    """

    def __init__(self, version: int = 1) -> None:
        """`version`: the `proto_version` of the START_REPLICATION command, 1 or 2."""
        if version not in VERSIONS:
            raise ValueError(f"protocol version {version} is not one of {VERSIONS}")
        self._version = version
        self._outside = WHOLE if version == 1 else BETWEEN
        self._readers = self._outside

    def decode(self, message: bytes, lsn: int) -> Message:
        """Decode one message; values stay bytes, slices of it. `lsn`: the message's position, for errors.

        Raises only MalformedMessage, for bytes that are not a message allowed here.
        """
        reader = self._readers.get(message[0]) if message else None
        if reader is None:
            raise self._unknown(message, lsn)
        try:
            read = reader(message, 1, 0)
        except Broken as broken:
            raise MalformedMessage(KINDS[message[0]], broken.offset, lsn, broken.problem) from None
        kind = type(read)
        if kind is StreamStart:
            self._readers = WITHIN
        elif kind is StreamStop:
            self._readers = self._outside
        return read

    def _unknown(self, message: bytes, lsn: int) -> MalformedMessage:
        if not message:
            return MalformedMessage("an empty message", 0, lsn, "a message has at least one byte")
        if message[0] not in KINDS:
            problem = f"no message of protocol version {self._version} begins with {message[:1]!r}"
            return MalformedMessage("unknown message", 0, lsn, problem)
        place = "within a streamed block" if self._readers is WITHIN else "here"
        problem = f"not allowed {place} in protocol version {self._version}"
        return MalformedMessage(KINDS[message[0]], 0, lsn, problem)
