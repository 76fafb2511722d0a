"""Reading dead letters from where they are stored. Pure.

After a restart the same letter may be stored again, with a later time: both have the same identity.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Iterable, Iterator

import msgspec


class StoredLetter(msgspec.Struct):
    """A line that `StoredDeadLetters` has written."""

    time: float
    """Epoch seconds, the worker's clock."""
    table: str
    op: str
    """put or delete."""
    item: msgspec.Raw = msgspec.Raw()
    key: msgspec.Raw = msgspec.Raw()
    base64: str = ""
    """The body, if it is not JSON."""
    reason: str = ""
    origin: str = ""

    @property
    def body(self) -> bytes:
        """The item of a put or the key of a delete as DynamoDB JSON; empty if the body is not JSON."""
        return bytes(self.item) or bytes(self.key)

    @property
    def identity(self) -> bytes:
        """16 bytes; the same for a letter that was stored twice."""
        body = self.body or self.base64.encode()
        return blake2b(body, key=f"{self.op} {self.table}".encode()[:64], digest_size=16).digest()


_decode = msgspec.json.Decoder(StoredLetter).decode


def stored_letters(lines: Iterable[bytes]) -> Iterator[StoredLetter]:
    """The letters in lines. Incomplete lines, and those of another program, are passed over."""
    for line in lines:
        if line.endswith(b"\n"):
            try:
                yield _decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                continue
