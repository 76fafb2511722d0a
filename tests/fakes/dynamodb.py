"""DynamoDB's BatchWriteItem in memory, with faults on demand."""

from __future__ import annotations

import json
import random
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple, Union

from connectors.base.errors import TransientError
from connectors.dynamodb.caller import Response
from connectors.dynamodb.faults import ServiceError
from connectors.dynamodb.write.in_flight import Answer

Item = Dict[str, Any]
Key = Tuple[str, ...]
OPERATION = "BatchWriteItem"

# A script has one entry per request: None (no fault), a fault that is returned without applying anything,
# LOST (applied, but the answer is lost) or UNPROCESSED (a random part is not applied).
LOST = "lost"
UNPROCESSED = "unprocessed"
Fault = Union[None, str, ServiceError, TransientError]


def throttled() -> ServiceError:
    return ServiceError("ProvisionedThroughputExceededException", "slow down", 400, OPERATION)


def unavailable() -> ServiceError:
    return ServiceError("InternalServerError", "try again", 500, OPERATION)


def invalid(message: str = "One or more parameter values were invalid") -> ServiceError:
    return ServiceError("ValidationException", message, 400, OPERATION)


class FakeService:
    """Replaces `Client.call`. Items are stored decoded, by table and key."""

    def __init__(
        self,
        schemas: Mapping[str, Tuple[str, ...]],
        script: Iterable[Fault] = (),
        poison: Callable[[Item], bool] = lambda item: False,
        atomic: bool = False,
        seed: int = 0,
    ) -> None:
        """`schemas`: the key attributes of each table. `poison`: items that are refused with a
        ValidationException. Unless `atomic`, the writes before such an item in its batch are applied."""
        self.tables: Dict[str, Dict[Key, Item]] = {table: {} for table in schemas}
        self.applied: List[Tuple[str, Key]] = []
        self.requests = 0
        self._schemas, self._poison, self._atomic = schemas, poison, atomic
        self._script: Iterator[Fault] = iter(script)
        self._random = random.Random(seed)

    def call(self, operation: str, body: bytes, table: str = "") -> Response:
        assert operation == OPERATION
        self.requests += 1
        entries = [
            (name, entry) for name, listed in json.loads(body)["RequestItems"].items() for entry in listed
        ]
        self._check(entries)
        fault = next(self._script, None)
        if isinstance(fault, Exception):
            raise fault
        left = [entry for entry in entries if self._random.random() < 0.5] if fault == UNPROCESSED else []
        self._apply_all([entry for entry in entries if entry not in left])
        if fault == LOST:
            raise TransientError("connection reset")
        answer = json.dumps({"UnprocessedItems": _by_table(left)}, separators=(",", ":"))
        return Response(answer.encode(), 1_700_000_000.0)

    def _check(self, entries: List[Tuple[str, Any]]) -> None:
        for table, _ in entries:
            if table not in self._schemas:
                raise ServiceError("ResourceNotFoundException", f"no table {table}", 400, OPERATION)
        keys = [(table, self._key(table, _image(entry))) for table, entry in entries]
        if not 1 <= len(entries) <= 25 or len(set(keys)) != len(keys):
            raise invalid("1 to 25 writes, no key twice")

    def _apply_all(self, entries: List[Tuple[str, Any]]) -> None:
        poisoned = [self._poison(_image(entry)) for _, entry in entries]
        first = poisoned.index(True) if any(poisoned) else len(entries)
        for table, entry in entries[: 0 if any(poisoned) and self._atomic else first]:
            self._apply(table, entry)
        if any(poisoned):
            raise invalid()

    def _apply(self, table: str, entry: Any) -> None:
        key = self._key(table, _image(entry))
        self.applied.append((table, key))
        if "PutRequest" in entry:
            self.tables[table][key] = _image(entry)
        else:
            self.tables[table].pop(key, None)

    def _key(self, table: str, image: Item) -> Key:
        return tuple(json.dumps(image[name], sort_keys=True) for name in self._schemas[table])


def _image(entry: Any) -> Item:
    image: Item = entry["PutRequest"]["Item"] if "PutRequest" in entry else entry["DeleteRequest"]["Key"]
    return image


def _by_table(entries: List[Tuple[str, Any]]) -> Dict[str, List[Any]]:
    tables: Dict[str, List[Any]] = {}
    for table, entry in entries:
        tables.setdefault(table, []).append(entry)
    return tables


class FakeInFlight:
    """Implements `InFlight` with a FakeService. Answers arrive in random order."""

    def __init__(self, service: FakeService, seed: int = 0) -> None:
        self.most = 0
        self._service = service
        self._random = random.Random(seed)
        self._in_flight: List[Tuple[Any, bytes]] = []

    def __len__(self) -> int:
        return len(self._in_flight)

    def send(self, tag: Any, body: bytes) -> bool:
        self._in_flight.append((tag, body))
        self.most = max(self.most, len(self._in_flight))
        return True

    def next_response(self, timeout: Optional[float]) -> Optional[Tuple[Any, Answer]]:
        if not self._in_flight:
            return None
        tag, body = self._in_flight.pop(self._random.randrange(len(self._in_flight)))
        try:
            return tag, self._service.call(OPERATION, body)
        except (ServiceError, TransientError) as error:
            return tag, error

    def discard(self) -> None:
        self._in_flight.clear()
