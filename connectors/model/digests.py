"""Digests of primary keys. They identify a key in the job, and assign it to a lane of the check."""

from __future__ import annotations

from hashlib import blake2b
from typing import Tuple

DIGEST_SIZE = 16
"""128 bits: with 10**10 keys a collision has a probability below 10**-18."""


def digest_of(table: str, key: bytes) -> bytes:
    """Digest of a primary key; `key` is its canonical form (see model.keys)."""
    return Namer(table).name(key)


class Namer:
    """`digest_of` for many keys of one table: copying the table's hash state costs half of creating it."""

    def __init__(self, table: str) -> None:
        self._copy = blake2b(digest_size=DIGEST_SIZE, key=table.encode()[-64:]).copy

    def name(self, key: bytes) -> bytes:
        named = self._copy()
        named.update(key)
        return named.digest()


def lane_of(digest: bytes, lanes: int) -> int:
    return int.from_bytes(digest[:4], "little") % lanes


Entry = Tuple[bytes, bytes, bool]
"""digest, body, is a delete"""
