"""Point reads of a side that may be unable to answer for single keys.

A single key that cannot be read must not prevent a verdict. The check distinguishes it from an outage as
follows:

1. If a read of many keys fails, the check reads an item that the side has just returned in a scan. If that
   fails too, the side does not answer at all, and the first error is raised.
2. Otherwise it reads the keys one by one. A key whose read fails is refused, with the reason.
3. If a key was refused, rule 1 is applied again, because an outage may have begun in the meantime.

The client's limit for retries limits each read, and therefore the total time.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Sequence

from connectors.base.errors import PolarshakeError, TransientError
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.retry import ITEM_FAULTS
from connectors.model.keys import Schema
from connectors.targets.check_contract import CheckSide

WITNESSES = 3
"""Maximum items that rule 1 tries to read. There are several, because the first may be one that cannot be
read."""


class Answers(NamedTuple):
    items: Dict[bytes, bytes]
    """Items by the digest of their keys."""
    units: float
    refused: Dict[bytes, str]
    """Requested keys for which the side cannot answer, each with the reason."""


def ask(side: CheckSide, table: str, schema: Schema, keys: Sequence[bytes]) -> Answers:
    """The answers for the keys. Raises TransientError or TerminalError if the side does not answer at all."""
    try:
        answer = side.look(table, schema, keys)
        return Answers(answer.items, answer.units, {})
    except PolarshakeError as error:
        if not may_concern_a_key(error) or not _answers(side, table, schema):
            raise
        answers = _one_by_one(side, table, schema, keys)
        if answers.refused and not _answers(side, table, schema):
            raise
        return answers


def may_concern_a_key(error: PolarshakeError) -> bool:
    """Whether the side may answer for other keys, judged by the class and the code of the error."""
    if isinstance(error, ServiceError):
        return error.code in ITEM_FAULTS or error.status == 413
    return isinstance(error, TransientError)


def _one_by_one(side: CheckSide, table: str, schema: Schema, keys: Sequence[bytes]) -> Answers:
    answers = Answers({}, 0.0, {})
    for key in keys:
        try:
            answer = side.look(table, schema, [key])
        except PolarshakeError as error:
            if not may_concern_a_key(error):
                raise
            answers.refused[key] = str(error)
        else:
            answers.items.update(answer.items)
            answers = answers._replace(units=answers.units + answer.units)
    return answers


def _answers(side: CheckSide, table: str, schema: Schema) -> bool:
    """Whether the side answers for a key that a scan has just returned. If it has no items: whether the scan
    succeeds."""
    try:
        page = side.again(table, 0, 1).after(b"", WITNESSES)
    except PolarshakeError:
        return False
    form = side.form(table, schema)
    keys = [form.key_json(bytes(item)) for item in page.Items]
    return not keys or any(_answered(side, table, schema, key) for key in keys)


def _answered(side: CheckSide, table: str, schema: Schema, key: bytes) -> bool:
    try:
        side.look(table, schema, [key])
    except PolarshakeError:
        return False
    return True
