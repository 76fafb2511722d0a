"""What the submission of a job without a savepoint has seen. Pure.

It is part of the submitted job: a job that fails before its first checkpoint starts again without any state.
"""

from __future__ import annotations

from typing import Dict

import msgspec

from connectors.postgres.replication.continuity import KnownIdentities
from connectors.postgres.replication.identity import SlotPosition


class Submission(msgspec.Struct, array_like=True, frozen=True):
    known: KnownIdentities = KnownIdentities()
    """The relations, publications and DynamoDB tables."""
    slots: Dict[str, SlotPosition] = {}
    """By name, as far as they can be recognized."""

    @property
    def feeding(self) -> Dict[str, int]:
        """DynamoDB table -> oid of the relation that feeds it."""
        return {table: each.relation for table, each in self.known.tables.items()}


NOTHING = Submission()

encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Submission).decode


def decode(encoded: bytes) -> Submission:
    """`encoded`: empty for a job that starts from a savepoint."""
    return _decode(encoded) if encoded else NOTHING
