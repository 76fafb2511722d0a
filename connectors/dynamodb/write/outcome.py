"""The meaning of a response for the writes of its request. Pure."""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple, Union

from connectors.base.errors import TerminalError
from connectors.dynamodb.answers import DamagedError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.retry import FaultClass, classify
from connectors.dynamodb.write.pack import Request
from connectors.dynamodb.write.unprocessed import left_over
from connectors.model.writes import Write

SPLIT_AFTER = 4
"""Attempts. A batch that repeatedly fails with 5xx may contain one item that the service cannot handle
(perhaps a NUL character in PolarDB's jsonb). Sent in halves, the others are written, and the error names that
item."""


class WriteOutcome(NamedTuple):
    written: int = 0
    now: Tuple[Request, ...] = ()
    """To be sent again at once: the halves of a refused request."""
    later: Tuple[Request, ...] = ()
    """To be sent again after a pause."""
    dead: Optional[str] = None
    """Why the only write of the request is permanently refused."""
    throttled: bool = False
    fault: Optional[Exception] = None
    """The fault that delayed `later`, for the error when the bound is exceeded; or the cause of `fatal`."""
    fatal: Optional[TerminalError] = None


def outcome_of(
    request: Request, attempt: int, answer: Union[Response, Exception], mark: Optional[Write] = None
) -> WriteOutcome:
    """`attempt` counts from 0; `mark` was sent with the request and is ignored in the outcome."""
    if not isinstance(answer, Exception):
        return _answered(request, answer, mark)
    verdict = classify(answer)
    if verdict is FaultClass.THROTTLED:
        return WriteOutcome(later=(request,), throttled=True, fault=answer)
    if verdict is FaultClass.TRANSIENT:
        stumbles = isinstance(answer, ServiceError) and attempt + 1 >= SPLIT_AFTER and len(request) > 1
        return WriteOutcome(later=halves(request) if stumbles else (request,), fault=answer)
    if verdict is FaultClass.ITEM:
        return WriteOutcome(dead=str(answer)) if len(request) == 1 else WriteOutcome(now=halves(request))
    fatal = answer if isinstance(answer, TerminalError) else TerminalError(_named(request, answer))
    return WriteOutcome(fatal=fatal, fault=answer)


def _answered(request: Request, answer: Response, mark: Optional[Write]) -> WriteOutcome:
    try:
        left = left_over((*request, mark) if mark else request, answer.body)
    except DamagedError as error:
        return WriteOutcome(later=(request,), fault=error)
    if left is not None:
        left = tuple(write for write in left if write is not mark)
    if left == ():
        return WriteOutcome(written=len(request))
    fault = ServiceError("UnprocessedItems", "the table's write capacity is used up", 200, "BatchWriteItem")
    if left is None:
        # Halves, so that each attempt writes something even if the unprocessed writes cannot be identified.
        again = halves(request) if len(request) > 1 else (request,)
        return WriteOutcome(later=again, throttled=True, fault=fault)
    return WriteOutcome(written=len(request) - len(left), later=(left,), throttled=True, fault=fault)


def _named(request: Request, answer: Exception) -> str:
    tables = ", ".join(sorted({write.table for write in request}))
    return f"writing to {tables}: {answer}"


def halves(request: Request) -> Tuple[Request, Request]:
    """Split a request of at least two writes that was refused as a whole; neither half is empty.

    This works on AWS, which validates all 25 writes before it applies any, and on PolarDB, whose batches are
    atomic. In the worst case, if every item is at fault, n items take 2n - 1 requests, and log2(n) round
    trips, since halves are sent together.
    """
    middle = len(request) // 2
    return request[:middle], request[middle:]
