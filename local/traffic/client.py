"""A small signed client of DynamoDB's HTTP protocol, which sends and receives bytes.

The SDK's resource layer uses ten times as much CPU as the request itself; here the SDK only signs. An error
states whether the call may have been applied, because the ledger must know this.
"""

from __future__ import annotations

import os
import random
import time
from typing import Any, Dict, Mapping, Optional

import msgspec
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

THROTTLES = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "Throttling",
    "RequestLimitExceeded",
}
READS = ("Describe", "List", "Get", "BatchGet", "Scan", "Query")
"""Prefixes of the operations that can be repeated safely."""
NOT_SENT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
PATIENCE = 60.0
"""Seconds for which `insist` retries: longer than any restart of a local server takes."""


class CallError(Exception):
    """A failed call. `code` is DynamoDB's error name or the kind of network fault."""

    def __init__(self, operation: str, code: str, message: str = "") -> None:
        self.operation, self.code = operation, code
        super().__init__(f"{operation}: {code}: {message}" if message else f"{operation}: {code}")


class Refused(CallError):
    """Not applied, and a retry would be refused too."""


class Busy(CallError):
    """Not applied: throttled, or the server was not reached. Transient."""


class Lost(CallError):
    """It is unknown whether the call was applied: time-out, closed connection, 5xx."""


class Client:
    """Thread-safe. `connections`: the number of connections that are kept open."""

    def __init__(
        self,
        endpoint: str,
        credentials: Credentials,
        region: str = "us-east-1",
        timeout: float = 10.0,
        connections: int = 16,
    ) -> None:
        self.endpoint = endpoint.rstrip("/")
        self._signer = SigV4Auth(credentials, "dynamodb", region)
        self._timeout = urllib3.Timeout(connect=min(3.0, timeout), read=timeout)
        self._pool = urllib3.connection_from_url(self.endpoint, maxsize=connections)

    @classmethod
    def from_environment(
        cls, endpoint: str, environment: Optional[Mapping[str, str]] = None, **options: Any
    ) -> Client:
        """Raises KeyError with the name of a variable that is not set."""
        env = os.environ if environment is None else environment
        credentials = Credentials(
            env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env.get("AWS_SESSION_TOKEN")
        )
        region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1"
        return cls(endpoint, credentials, region, **options)

    def call(self, operation: str, body: bytes) -> bytes:
        """One attempt. Raises Refused, Busy or Lost."""
        try:
            reply = self._pool.urlopen(
                "POST",
                "/",
                body=body,
                headers=self._signed(operation, body),
                retries=False,
                timeout=self._timeout,
                enforce_content_length=True,
            )
        except NOT_SENT as error:
            raise Busy(operation, type(error).__name__) from error
        except urllib3.exceptions.HTTPError as error:
            raise Lost(operation, type(error).__name__) from error
        if reply.status != 200:
            raise failure(operation, reply.status, reply.data)
        return bytes(reply.data)

    def ask(self, operation: str, request: Mapping[str, Any]) -> Dict[str, Any]:
        """A call with decoded values, for calls that need not be fast. Reads use `insist`, others `call`."""
        attempt = self.insist if operation.startswith(READS) else self.call
        reply: Dict[str, Any] = msgspec.json.decode(attempt(operation, msgspec.json.encode(request)))
        return reply

    def insist(self, operation: str, body: bytes, patience: float = PATIENCE) -> bytes:
        """Retry transient faults. Only for calls that can be applied twice. Raises the last error."""
        deadline = time.monotonic() + patience
        pause = 0.05
        while True:
            try:
                return self.call(operation, body)
            except (Busy, Lost):
                if time.monotonic() + pause > deadline:
                    raise
            time.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, 2.0)

    def close(self) -> None:
        self._pool.close()

    def _signed(self, operation: str, body: bytes) -> Dict[str, str]:
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        }
        request = AWSRequest(method="POST", url=self.endpoint + "/", data=body, headers=headers)
        self._signer.add_auth(request)
        return dict(request.headers.items())


def failure(operation: str, status: int, body: bytes) -> CallError:
    """The error for a reply with a status other than 200."""
    try:
        reply = msgspec.json.decode(body)
    except msgspec.DecodeError:
        reply = {}
    reply = reply if isinstance(reply, dict) else {}
    code = str(reply.get("__type") or f"HTTP {status}").rsplit("#", 1)[-1]
    message = str(reply.get("message") or reply.get("Message") or "")
    if code in THROTTLES:
        return Busy(operation, code, message)
    if status >= 500:
        return Lost(operation, code, message)
    return Refused(operation, code, message)
