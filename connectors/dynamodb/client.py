"""The signed HTTP client: one per endpoint and service, shared by many threads.

`call` includes all attempts, the back-off and the refresh of credentials. `begin` sends one attempt and
`finish` receives its answer: the writer uses them to have many requests in flight from one thread.
"""

from __future__ import annotations

import os
import random
import re
import threading
import time
import zlib
from collections import deque
from email.utils import parsedate_to_datetime
from typing import Callable, Deque, NamedTuple, Optional, Tuple

from connectors.base.errors import TerminalError, TransientError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.connection import (
    Connection,
    CutError,
    Endpoint,
    Timeouts,
    aws_endpoint,
    endpoint_of,
    tls_context,
)
from connectors.dynamodb.credentials import Credentials, CredentialsError
from connectors.dynamodb.faults import ServiceError, SettingNames, fault_of
from connectors.dynamodb.proxy import proxy_for
from connectors.dynamodb.reply import HttpAnswer
from connectors.dynamodb.retry import FaultClass, Policy, classify
from connectors.dynamodb.signing import Signer

TARGETS = {"dynamodb": "DynamoDB_20120810", "streams.dynamodb": "DynamoDBStreams_20120810"}
"""Prefix of X-Amz-Target by the name of the service in AWS's endpoint data. Both services sign as
"dynamodb"."""

_CHECKSUM = re.compile(r"[0-9]{1,10}").fullmatch

IDLE_SECONDS = 20.0
"""Servers and load balancers close idle connections, most of them after 60 s. The client closes them
earlier."""


class Stats:
    """Counters of one client since its start. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests = self.retries = self.throttles = self.sent_bytes = 0

    def sent(self, size: int) -> None:
        with self._lock:
            self.requests += 1
            self.sent_bytes += size

    def retried(self, verdict: FaultClass) -> None:
        with self._lock:
            self.retries += 1
            if verdict is FaultClass.THROTTLED:
                self.throttles += 1


class Pending(NamedTuple):
    """A request that was sent and not yet answered."""

    operation: str
    body: bytes
    table: str
    connection: Connection
    reused: bool
    refreshed: bool


class Client:
    def __init__(
        self,
        endpoint: str,
        region: str,
        credentials: Credentials,
        service: str = "dynamodb",
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - immutable
        policy: Policy = Policy(),  # noqa: B008 - immutable
        stats: Optional[Stats] = None,
        names: SettingNames = SettingNames(),  # noqa: B008 - immutable
        before_attempt: Optional[Callable[[], None]] = None,
        ca_bundle: str = "",
    ) -> None:
        """An empty `endpoint` means AWS in `region`. `ca_bundle` is the profile's; AWS_CA_BUNDLE overrides
        it. The environment configures the proxy. The client keeps all its connections open.

        `before_attempt` runs before every attempt, including retries. If it raises, nothing is sent and the
        error is passed on (a TransientError as a TerminalError). Raises ConfigError for an invalid endpoint
        or region.
        """
        self.endpoint: Endpoint = (
            endpoint_of(endpoint, names.endpoint) if endpoint else aws_endpoint(region, service, names.region)
        )
        self.policy, self.timeouts, self.names = policy, timeouts, names
        self.stats = stats or Stats()
        self._credentials, self._before = credentials, before_attempt
        self._target = TARGETS[service]
        self._signer = Signer(region, self.endpoint.authority)
        self._context = tls_context(ca_bundle) if self.endpoint.secure else None
        self._proxy = proxy_for(*self.endpoint, os.environ)
        self.region = region
        self._idle: Deque[Connection] = deque()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._date: Tuple[str, float] = ("", 0.0)

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        """Retry transient faults until the policy's deadline, then raise TransientError.

        Raises ServiceError if the service refuses the request. `table` is used in errors only.
        """
        started, attempt = time.monotonic(), 0
        while True:
            try:
                return self.finish(self.begin(operation, body, table))
            except (ServiceError, TransientError) as error:
                verdict = classify(error)
                if verdict not in (FaultClass.TRANSIENT, FaultClass.THROTTLED):
                    raise
                fault = error
            pause = self.policy.pause(attempt, random.random)
            if time.monotonic() - started + pause > self.policy.deadline:
                raise self.give_up(fault, time.monotonic() - started) from fault
            self.stats.retried(verdict)
            if self._closed.wait(pause):
                raise TransientError(f"{self.endpoint}: the client was closed") from fault
            attempt += 1

    def give_up(self, fault: Exception, seconds: float) -> TransientError:
        """The error for a transient fault that lasted longer than its bound."""
        if isinstance(fault, CredentialsError):
            return CredentialsError(f"{fault} (retried for {seconds:.0f} s)")
        hint = "" if isinstance(fault, ServiceError) else f" Check {self.names.endpoint} and the network."
        return TransientError(f"{fault} (retried for {seconds:.0f} s; endpoint {self.endpoint}).{hint}")

    def begin(
        self, operation: str, body: bytes, table: str = "", fresh: bool = False, refreshed: bool = False
    ) -> Pending:
        """Send one attempt. `fresh` asks for a new connection. Raises TransientError."""
        self._allowed()
        head = self._signer.head(f"{self._target}.{operation}", body, self._credentials.keys(), time.time())
        connection, reused = self._take(fresh)
        try:
            connection.send(head, body)
        except CutError:
            connection.close()
            if not reused:
                raise
            return self.begin(operation, body, table, fresh=True, refreshed=refreshed)
        self.stats.sent(len(head) + len(body))
        return Pending(operation, body, table, connection, reused, refreshed)

    def _allowed(self) -> None:
        try:
            if self._before is not None:
                self._before()
        except TransientError as error:
            # A retry here would override the hook's decision.
            raise TerminalError(str(error)) from error

    def finish(self, pending: Pending) -> Response:
        """Receive its answer. Raises TransientError or ServiceError."""
        try:
            answer = pending.connection.receive()
        except CutError as error:
            pending.connection.close()
            if not (error.early and pending.reused):
                raise
            # A server may close an idle connection at any time; this is not a fault of the service.
            # Sending the request twice is safe, because every operation used here is idempotent.
            return self.finish(self._again(pending, pending.refreshed))
        self._give(pending.connection)
        if answer.status == 200:
            return self._checked(answer)
        if answer.status < 300:
            raise TransientError(f"{self.endpoint}: answers with status {answer.status} instead of 200")
        return self._refused(pending, answer)

    def _refused(self, pending: Pending, answer: HttpAnswer) -> Response:
        fault = self._fault(pending, answer)
        expired = classify(fault) is FaultClass.EXPIRED
        if expired and not pending.refreshed and self._credentials.refresh():
            return self.finish(self._again(pending, refreshed=True))
        raise fault

    def _fault(self, pending: Pending, answer: HttpAnswer) -> ServiceError:
        headers = answer.headers
        service_time = self._epoch(headers.get("date", ""))
        return fault_of(
            answer.status,
            answer.body,
            headers.get("x-amzn-errortype", ""),
            pending.operation,
            pending.table,
            self.names,
            headers.get("location", ""),
            time.time() - service_time if service_time else 0.0,
        )

    def _again(self, pending: Pending, refreshed: bool) -> Pending:
        return self.begin(pending.operation, pending.body, pending.table, fresh=True, refreshed=refreshed)

    def _checked(self, answer: HttpAnswer) -> Response:
        sum_told = answer.headers.get("x-amz-crc32", "")
        if _CHECKSUM(sum_told) and zlib.crc32(answer.body) != int(sum_told):
            raise TransientError(f"{self.endpoint}: the answer's checksum is wrong")
        return Response(answer.body, self._epoch(answer.headers.get("date", "")))

    def _epoch(self, text: str) -> float:
        """Epoch seconds of a Date header. The last result is cached: parsing costs as much as signing, and
        the text changes once a second."""
        cached, epoch = self._date
        if text == cached:
            return epoch
        try:
            epoch = parsedate_to_datetime(text).timestamp()
        except (TypeError, ValueError, OverflowError, IndexError):
            epoch = 0.0
        self._date = (text, epoch)
        return epoch

    def _take(self, fresh: bool) -> Tuple[Connection, bool]:
        oldest = time.monotonic() - IDLE_SECONDS
        with self._lock:
            # If one idle connection was stale, the others are too: close all of them.
            dropped = []
            while self._idle and (fresh or self._idle[0].idle_since < oldest):
                dropped.append(self._idle.popleft())
            taken = None
            while self._idle and taken is None:
                last = self._idle.pop()
                if last.spoke():
                    dropped.append(last)
                else:
                    taken = last
        for idle in dropped:
            idle.close()
        if taken is not None:
            return taken, True
        return Connection(self.endpoint, self.timeouts, self._context, self._proxy), False

    def _give(self, connection: Connection) -> None:
        connection.idle_since = time.monotonic()
        with self._lock:
            keep = connection.reusable and not self._closed.is_set()
            if keep:
                self._idle.append(connection)
        if not keep:
            connection.close()

    def close(self) -> None:
        """Wakes threads that back off; calls after it fail."""
        self._closed.set()
        with self._lock:
            idle, self._idle = self._idle, deque()
        for connection in idle:
            connection.close()
