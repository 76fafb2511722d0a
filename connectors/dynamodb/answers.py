"""Strict decoding of an answer's body.

A proxy, a gateway or a failing server can answer with status 200 and `{}`, an error's `__type`, or a page of
HTML. None of these may count as "no more items", "shard ended" or "written": they are transient faults.
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
"""Maximum requests for one answer. After that the endpoint counts as unable to give it."""
PAUSES = Policy(base=0.1)


class Answer(msgspec.Struct, kw_only=True):
    """Base of every answer. A member without a default is required."""

    error_type: msgspec.Raw = msgspec.field(name="__type", default=msgspec.Raw())
    """Present in error answers only."""


class DamagedError(TransientError):
    """An answer with status 200 that is not a valid answer of its operation."""


class NestedError(DamagedError):
    """An answer that is nested more deeply than Python's recursion limit allows."""


A = TypeVar("A", bound=Answer)
T = TypeVar("T")


def decoded(decode: Callable[[bytes], A], body: bytes, operation: str, table: str = "") -> A:
    """The decoded body. Raises DamagedError if it is not a complete answer of `operation`; `table` is used in
    the message only."""
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
    """The body's error type as text; empty if it has none."""
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
    """Calls the operation and decodes the answer with `read`. After a damaged answer it repeats the request,
    up to TRIES requests in all.

    Raises what the caller and `read` raise. A ServiceError names operation and table.
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
