"""What one answer means for the writes of its request. Pure."""

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
"""Attempts. A batch that keeps getting 5xx may hold one item the service stumbles over (a NUL character in
PolarDB's jsonb is a candidate): in halves the others get through, and the error names the one."""


class WriteOutcome(NamedTuple):
    written: int = 0
    now: Tuple[Request, ...] = ()
    """To be sent again at once: the halves of a refused request."""
    later: Tuple[Request, ...] = ()
    """To be sent again after a pause."""
    dead: Optional[str] = None
    """Why the one write of the request is refused for good."""
    throttled: bool = False
    fault: Optional[Exception] = None
    """What held `later` up; for the error when the bound is over."""
    fatal: Optional[TerminalError] = None


def outcome_of(
    request: Request, attempt: int, answer: Union[Response, Exception], mark: Optional[Write] = None
) -> WriteOutcome:
    """`attempt` counts from 0; `mark` went out with the request and counts for nothing."""
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
    return WriteOutcome(
        fatal=answer if isinstance(answer, TerminalError) else TerminalError(_named(request, answer))
    )


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
        # Halves, so that each round gets something through even where leftovers cannot be told.
        again = halves(request) if len(request) > 1 else (request,)
        return WriteOutcome(later=again, throttled=True, fault=fault)
    return WriteOutcome(written=len(request) - len(left), later=(left,), throttled=True, fault=fault)


def _named(request: Request, answer: Exception) -> str:
    tables = ", ".join(sorted({write.table for write in request}))
    return f"writing to {tables}: {answer}"


def halves(request: Request) -> Tuple[Request, Request]:
    """Of a request that was refused as a whole: two, neither empty. It takes at least two writes.

    It works on AWS, which validates all 25 before it writes any, and on PolarDB, whose batches are atomic. At
    worst, if every item is at fault, n items take 2n - 1 requests, and log2(n) round trips since halves are
    sent together.
    """
    middle = len(request) // 2
    return request[:middle], request[middle:]
