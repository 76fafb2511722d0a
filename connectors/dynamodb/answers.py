"""An answer's body -> a struct, read strictly.

A proxy, a gateway or a failing server can answer 200 with `{}`, with an error's `__type`, or with a page of
HTML. None of these may count as "no more items", "shard ended" or "written": they are faults that pass.
"""

from __future__ import annotations

import random
import time
from typing import Callable, TypeVar

import msgspec

from connectors.base.errors import TransientError
from connectors.dynamodb.caller import Caller, Response
from connectors.dynamodb.faults import ServiceError, shown
from connectors.dynamodb.retry import Policy

TRIES = 5
"""Requests for one answer before the endpoint counts as unable to give it."""
PAUSES = Policy(base=0.1)


class Answer(msgspec.Struct, kw_only=True):
    """Base of every answer that is read. A member without a default must be there."""

    error_type: msgspec.Raw = msgspec.field(name="__type", default=msgspec.Raw())
    """Only error answers have it."""


class DamagedError(TransientError):
    """An answer with status 200 that is not an answer of its operation."""


class NestedError(DamagedError):
    """It is nested more deeply than Python's recursion limit allows."""


A = TypeVar("A", bound=Answer)
T = TypeVar("T")


def decoded(decode: Callable[[bytes], A], body: bytes, operation: str, table: str = "") -> A:
    """Raises DamagedError when the body is not a whole answer of `operation`; `table` only names it there."""
    named = f"table {table}: " if table else ""
    try:
        answer = decode(body)
    except RecursionError:
        raise NestedError(f"{named}an answer of {operation} is nested too deeply to be read") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _damaged(named, operation, _error_type(body) or str(error)) from None
    if bytes(answer.error_type):
        raise _damaged(named, operation, _error_type(body))
    return answer


def _error_type(body: bytes) -> str:
    """In words; empty where the body has none."""
    try:
        kind = bytes(_decode_error(body).error_type)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return f"status 200 with the error {shown(kind.decode(errors='replace'), 100)}" if kind else ""


_decode_error = msgspec.json.Decoder(Answer).decode


def _damaged(named: str, operation: str, reason: str) -> DamagedError:
    return DamagedError(
        f"{named}this is not an answer of {operation}: {reason}. Check that the endpoint is DynamoDB's, and "
        f"the proxies on the way"
    )


def ask(
    caller: Caller,
    operation: str,
    body: bytes,
    read: Callable[[Response], T],
    table: str = "",
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Call, and `read` what comes; a damaged answer is asked for again, TRIES times in all.

    Raises what the caller and `read` raise; a ServiceError names operation and table.
    """
    attempt = 0
    while True:
        try:
            return read(caller.call(operation, body, table))
        except ServiceError as error:
            error.operation, error.table = error.operation or operation, error.table or table
            raise
        except DamagedError:
            attempt += 1
            if attempt == TRIES:
                raise
        sleep(PAUSES.pause(attempt, random.random))
