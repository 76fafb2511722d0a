"""Many requests in flight from one thread."""

from __future__ import annotations

import select
import time
from typing import Any, Dict, List, NamedTuple, Optional, Protocol, Tuple, Union

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.client import Client, Pending
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.retry import FaultClass, classify

Fault = Union[ServiceError, TransientError, TerminalError]
Answer = Union[Response, Fault]


class InFlight(Protocol):
    """Faults of the service and of the network are returned as answers, not raised. `send` raises only what
    the client's hook (`before_attempt`) raises."""

    def send(self, tag: Any, body: bytes) -> bool:
        """Send one BatchWriteItem; `tag` is returned with its answer. False: it has already failed. Then take
        its answer before sending another request, which may fail as slowly."""
        ...

    def next_response(self, timeout: Optional[float]) -> Optional[Tuple[Any, Answer]]:
        """The next answer, of any request; None if none arrived within `timeout` seconds (None: wait)."""
        ...

    def discard(self) -> None:
        """Abandon the requests in flight."""
        ...

    def __len__(self) -> int:
        """How many are in flight."""
        ...


class _Sent(NamedTuple):
    tag: Any
    pending: Pending
    expires: float


class SocketInFlight(InFlight):
    """Requests over the client's connections. Not thread-safe."""

    def __init__(self, client: Client, operation: str = "BatchWriteItem") -> None:
        self._client, self._operation = client, operation
        self._poll = select.poll()
        self._in_flight: Dict[int, _Sent] = {}
        self._landed: List[Tuple[Any, Answer]] = []

    def __len__(self) -> int:
        return len(self._in_flight) + len(self._landed)

    def send(self, tag: Any, body: bytes) -> bool:
        try:
            pending = self._client.begin(self._operation, body)
        except TransientError as error:
            self._landed.append(self._failed(tag, error))
            return False
        number = pending.connection.fileno()
        expires = time.monotonic() + self._client.timeouts.read
        self._in_flight[number] = _Sent(tag, pending, expires)
        self._poll.register(number, select.POLLIN)
        return True

    def next_response(self, timeout: Optional[float]) -> Optional[Tuple[Any, Answer]]:
        if not self._landed and self._in_flight:
            self._collect(timeout)
        return self._landed.pop() if self._landed else None

    def _collect(self, timeout: Optional[float]) -> None:
        # Insertion order is order of expiry: all wait equally long.
        first = next(iter(self._in_flight.values())).expires - time.monotonic()
        seconds = max(0.0, first if timeout is None else min(first, timeout))
        for number, _ in self._poll.poll(seconds * 1000):
            self._landed.append(self._finish(self._remove(number)))
        for request in [
            request for request in self._in_flight.values() if request.expires <= time.monotonic()
        ]:
            self._landed.append(self._expire(request))

    def _finish(self, request: _Sent) -> Tuple[Any, Answer]:
        try:
            return request.tag, self._client.finish(request.pending)
        except (ServiceError, TransientError, TerminalError) as error:
            return self._failed(request.tag, error)

    def _failed(self, tag: Any, error: Fault) -> Tuple[Any, Answer]:
        verdict = classify(error)
        if verdict in (FaultClass.TRANSIENT, FaultClass.THROTTLED):
            self._client.stats.retried(verdict)
        return tag, error

    def _expire(self, request: _Sent) -> Tuple[Any, Answer]:
        self._remove(request.pending.connection.fileno())
        request.pending.connection.close()
        seconds = self._client.timeouts.read
        error = TransientError(f"{self._client.endpoint}: no answer within {seconds:g} s")
        return self._failed(request.tag, error)

    def _remove(self, number: int) -> _Sent:
        self._poll.unregister(number)
        return self._in_flight.pop(number)

    def discard(self) -> None:
        """Abandon the requests and close their connections: a late answer must not be taken for another's."""
        for number in list(self._in_flight):
            self._remove(number).pending.connection.close()
        self._landed.clear()
