"""Reads items by their keys, up to a hundred per request."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Union

import msgspec
from msgspec import UNSET, UnsetType

from connectors.base.errors import TransientError
from connectors.dynamodb.answers import Answer, DamagedError, NestedError, ask, decoded
from connectors.dynamodb.caller import Caller, Response
from connectors.dynamodb.limits import Limiter
from connectors.model import nesting
from connectors.model.keys import KeyReader

BATCH_GET = 100
"""Maximum keys in one BatchGetItem: the API's limit."""
ROUNDS = 20
"""Maximum consecutive requests that return none of the keys. After that the side counts as unable to
answer."""


class _Unprocessed(msgspec.Struct):
    Keys: List[msgspec.Raw] = []


class _GetCapacity(msgspec.Struct):
    CapacityUnits: float = 0.0


class _Answer(Answer):
    Responses: Dict[str, List[msgspec.Raw]]
    UnprocessedKeys: Union[Dict[str, _Unprocessed], UnsetType, None] = UNSET
    UnprocessedItems: Union[Dict[str, _Unprocessed], UnsetType, None] = UNSET
    """The name that PolarDB's proxy before 2.3.64 uses for UnprocessedKeys."""
    ConsumedCapacity: Optional[List[_GetCapacity]] = None

    @property
    def left(self) -> Dict[str, _Unprocessed]:
        unprocessed: Dict[str, _Unprocessed] = {}
        for by_table in (self.UnprocessedKeys, self.UnprocessedItems):
            unprocessed.update(by_table or {})
        return unprocessed


_decode = msgspec.json.Decoder(_Answer).decode


class PointReadResult(NamedTuple):
    items: Dict[bytes, bytes]
    """The items that exist, by the digest of their key."""
    units: float
    """Consumed read capacity units; 0 if the service does not report them."""


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
        """`consistent`: with DynamoDB only; PolarDB refuses such requests."""
        self._keys, self._caller, self._consistent = keys, caller, consistent
        self._limiter, self._sleep = limiter, sleep

    def read(self, keys: Sequence[bytes], keys_only: bool = False) -> PointReadResult:
        """Read the items. `keys`: DynamoDB JSON, without duplicates.

        Raises TransientError if the side leaves some keys unprocessed.
        """
        wanted = {self._keys.digest(key): key for key in keys}
        items: Dict[bytes, bytes] = {}
        units = 0.0
        for lot in _lots(list(wanted)):
            result = self._lot({digest: wanted[digest] for digest in lot}, keys_only)
            items.update(result.items)
            units += result.units
        return PointReadResult(items, units)

    def _lot(self, wanted: Dict[bytes, bytes], keys_only: bool) -> PointReadResult:
        items: Dict[bytes, bytes] = {}
        units, fruitless = 0.0, 0
        while True:
            answer = self._ask([key for digest, key in wanted.items() if digest not in items], keys_only)
            bodies = [bytes(item) for item in answer.Responses.get(self._keys.table, [])]
            items.update((self._keys.digest(body), body) for body in bodies)
            units += sum(each.CapacityUnits for each in answer.ConsumedCapacity or [])
            left = answer.left.get(self._keys.table)
            # Only the existence of unprocessed keys is used, not the keys: PolarDB's proxy before 2.3.64
            # returns wrong ones. Every key without an item is requested again.
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
        answer = ask(self._caller, "BatchGetItem", msgspec.json.encode(body), self._read, table, self._sleep)
        if self._limiter:
            self._limiter.pay(sum(each.CapacityUnits for each in answer.ConsumedCapacity or []))
        return answer

    def _read(self, came: Response) -> _Answer:
        return _answer_of(came.body, self._keys.table)


def _answer_of(body: bytes, table: str) -> _Answer:
    """The decoded answer. Raises DamagedError if one of its two members is missing: a key that is in neither
    would count as deleted."""
    try:
        answer = decoded(_decode, body, "BatchGetItem", table)
    except NestedError:
        folded = nesting.fold(body)
        answer = decoded(_decode, folded.body, "BatchGetItem", table)
        for name, items in answer.Responses.items():
            answer.Responses[name] = [msgspec.Raw(folded.unfold(bytes(item))) for item in items]
    if answer.UnprocessedKeys is UNSET and answer.UnprocessedItems is UNSET:
        raise DamagedError(f"table {table}: an answer of BatchGetItem has no UnprocessedKeys")
    if not answer.Responses.keys() <= {table}:
        raise DamagedError(f"table {table}: an answer of BatchGetItem is for another table")
    return answer


def _lots(digests: List[bytes]) -> List[List[bytes]]:
    return [digests[at : at + BATCH_GET] for at in range(0, len(digests), BATCH_GET)]
