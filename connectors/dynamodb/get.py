"""Items by their keys, a hundred a request."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

import msgspec

from connectors.base.errors import TransientError
from connectors.dynamodb.answers import decoded
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.limits import Limiter
from connectors.model.keys import KeyReader

BATCH_GET = 100
"""Keys in one BatchGetItem, the API's limit."""
ROUNDS = 20
"""Requests for the same keys that bring none of them before the side counts as unable to answer."""


class _Unprocessed(msgspec.Struct):
    Keys: List[msgspec.Raw] = []


class _GetCapacity(msgspec.Struct):
    CapacityUnits: float = 0.0


class _Answer(msgspec.Struct):
    Responses: Dict[str, List[msgspec.Raw]] = {}
    UnprocessedKeys: Dict[str, _Unprocessed] = {}
    ConsumedCapacity: Optional[List[_GetCapacity]] = None


_decode = msgspec.json.Decoder(_Answer).decode


class PointReadResult(NamedTuple):
    items: Dict[bytes, bytes]
    """Digest of the key to the item, of those that exist."""
    units: float
    """Read capacity units, 0 where the service does not tell."""


class PointReads:
    """BatchGetItem on one table."""

    def __init__(
        self,
        keys: KeyReader,
        caller: Caller,
        consistent: bool,
        limiter: Optional[Limiter] = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`consistent`: DynamoDB only, PolarDB refuses to be asked."""
        self._keys, self._caller, self._consistent = keys, caller, consistent
        self._limiter, self._sleep = limiter, sleep

    def read(self, keys: Sequence[bytes], keys_only: bool = False) -> PointReadResult:
        """`keys`: DynamoDB JSON, none twice. Raises TransientError when the side leaves some unanswered."""
        wanted = {self._keys.digest(key): key for key in keys}
        items: Dict[bytes, bytes] = {}
        units = 0.0
        for lot in _lots(list(wanted)):
            found = self._lot({digest: wanted[digest] for digest in lot}, keys_only)
            items.update(found.items)
            units += found.units
        return PointReadResult(items, units)

    def _lot(self, wanted: Dict[bytes, bytes], keys_only: bool) -> PointReadResult:
        items: Dict[bytes, bytes] = {}
        units, fruitless = 0.0, 0
        while True:
            answer = self._ask([key for digest, key in wanted.items() if digest not in items], keys_only)
            bodies = [bytes(item) for item in answer.Responses.get(self._keys.table, [])]
            items.update((self._keys.digest(body), body) for body in bodies)
            units += sum(each.CapacityUnits for each in answer.ConsumedCapacity or [])
            left = answer.UnprocessedKeys.get(self._keys.table)
            # Of the keys left only their being there is looked at: PolarDB's proxy before 2.3.64 names
            # them wrongly, so whatever has not come is asked for again.
            if left is None or not left.Keys or len(items) == len(wanted):
                return PointReadResult(items, units)
            fruitless = 0 if bodies else fruitless + 1
            if fruitless == ROUNDS:
                break
            self._sleep(min(2.0, 0.05 * 2**fruitless))
        raise TransientError(
            f"table {self._keys.table}: BatchGetItem leaves {len(wanted) - len(items)} keys unprocessed"
        )

    def _ask(self, keys: Sequence[bytes], keys_only: bool) -> _Answer:
        request: Dict[str, Any] = {"Keys": [msgspec.Raw(key) for key in keys]}
        if self._consistent:
            request["ConsistentRead"] = True
        if keys_only:
            names = {f"#k{place}": a.name for place, a in enumerate(self._keys.schema.attributes)}
            request.update(ProjectionExpression=", ".join(names), ExpressionAttributeNames=names)
        table = self._keys.table
        body = {"RequestItems": {table: request}, "ReturnConsumedCapacity": "TOTAL"}
        if self._limiter:
            self._limiter.acquire()
        came = self._caller.call("BatchGetItem", msgspec.json.encode(body), table).body
        answer = decoded(_decode, came, "BatchGetItem", table)
        if self._limiter:
            self._limiter.pay(sum(each.CapacityUnits for each in answer.ConsumedCapacity or []))
        return answer


def _lots(digests: List[bytes]) -> List[List[bytes]]:
    return [digests[at : at + BATCH_GET] for at in range(0, len(digests), BATCH_GET)]
