"""A caller that records which operations the service has allowed."""

from __future__ import annotations

import threading
from typing import Set

from connectors.dynamodb.caller import Caller, Response
from connectors.dynamodb.faults import DENIED, NO_TABLE, ServiceError


class Calls(Caller):
    """Thread-safe."""

    def __init__(self, caller: Caller) -> None:
        self._caller, self._lock = caller, threading.Lock()
        self.allowed: Set[str] = set()
        self.denied: Set[str] = set()
        """Operations denied for at least one table. `allowed` may contain them too."""

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        try:
            answer = self._caller.call(operation, body, table)
        except ServiceError as error:
            if error.code in DENIED:
                self._note(self.denied, operation)
            if error.code in NO_TABLE:
                self._note(self.allowed, operation)
            raise
        self._note(self.allowed, operation)
        return answer

    def _note(self, noted: Set[str], operation: str) -> None:
        with self._lock:
            noted.add(operation)
