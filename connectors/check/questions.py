"""Point reads of a side that may be unable to answer for single keys.

A key that fails must not leave the check without a verdict. It is told apart from an outage as follows:

1. If a read of many keys fails, an item that the side has just returned in a scan is asked for. If that fails
   too, the side does not answer at all, and the first error is raised.
2. Otherwise the keys are asked for one by one. A key whose read fails is refused, with the reason.
3. If any was refused, rule 1 is applied once more, because the outage may have begun meanwhile.

Each read is bounded by the client's own bound for retries, and so is the sum.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Sequence

from connectors.base.errors import PolarshakeError, TransientError
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.retry import ITEM_FAULTS
from connectors.model.keys import Schema
from connectors.targets.check_contract import CheckSide

WITNESSES = 3
"""Items that are asked for until one is answered: the first may itself be one that cannot be read."""


class Answers(NamedTuple):
    items: Dict[bytes, bytes]
    """Items by the digest of their keys."""
    units: float
    refused: Dict[bytes, str]
    """Keys, as they were asked for, to the reason why the side cannot answer for them."""


def ask(side: CheckSide, table: str, schema: Schema, keys: Sequence[bytes]) -> Answers:
    """Raises TransientError or TerminalError if the side does not answer at all."""
    try:
        found = side.look(table, schema, keys)
        return Answers(found.items, found.units, {})
    except PolarshakeError as error:
        if not may_concern_a_key(error) or not _answers(side, table, schema):
            raise
        answers = _one_by_one(side, table, schema, keys)
        if answers.refused and not _answers(side, table, schema):
            raise
        return answers


def may_concern_a_key(error: PolarshakeError) -> bool:
    """Whether other keys may be answered: by the error's class and code."""
    if isinstance(error, ServiceError):
        return error.code in ITEM_FAULTS or error.status == 413
    return isinstance(error, TransientError)


def _one_by_one(side: CheckSide, table: str, schema: Schema, keys: Sequence[bytes]) -> Answers:
    answers = Answers({}, 0.0, {})
    for key in keys:
        try:
            found = side.look(table, schema, [key])
        except PolarshakeError as error:
            if not may_concern_a_key(error):
                raise
            answers.refused[key] = str(error)
        else:
            answers.items.update(found.items)
            answers = answers._replace(units=answers.units + found.units)
    return answers


def _answers(side: CheckSide, table: str, schema: Schema) -> bool:
    """Whether the side answers for a key that it has just shown; if it has none, whether it is scanned."""
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
