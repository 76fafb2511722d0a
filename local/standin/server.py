"""The HTTP server: each request is a POST with the operation in X-Amz-Target, each answer has a checksum."""

from __future__ import annotations

import logging
import zlib
from secrets import token_hex
from typing import Awaitable, Callable, Dict, Optional

import msgspec
from aiohttp import web

from local.standin.catalog import Catalog
from local.standin.faults import NAMESPACE, ApiError, internal, malformed
from local.standin.operations.batches import Batches
from local.standin.operations.definitions import Definitions
from local.standin.operations.items import Items
from local.standin.operations.reads import Reads
from local.standin.signature import Verifier
from local.standin.store import MissingRelation, Store
from local.standin.switches import Switches

log = logging.getLogger(__name__)

TARGET = "DynamoDB_20120810."
CONTENT_TYPE = "application/x-amz-json-1.0"
MOST_BODY_BYTES = 16 * 1024 * 1024

Operation = Callable[[bytes], Awaitable[bytes]]


class Endpoint:
    """Answers a request: checks its signature, runs the operation, and converts an error into an answer."""

    def __init__(self, verifier: Verifier, operations: Dict[str, Operation]) -> None:
        self._verifier, self._operations = verifier, operations

    async def handle(self, request: web.BaseRequest) -> web.Response:
        if request.method == "GET":
            return web.Response(text="healthy: dynamodb")
        try:
            return answer(await self._run(request))
        except ApiError as error:
            return failure(error)
        except Exception:
            log.exception("the request failed for a reason this program does not know")
            return failure(internal("The request processing has failed because of an unknown error."))

    async def _run(self, request: web.BaseRequest) -> bytes:
        body = await _read(request)
        if request.method != "POST" or request.rel_url.raw_path_qs != "/":
            raise ApiError("UnknownOperationException", "Requests are POST to /", status=404)
        self._verifier.verify("POST", "/", request.headers, body)
        target = request.headers.get("X-Amz-Target", "")
        operation = self._operations.get(target[len(TARGET) :]) if target.startswith(TARGET) else None
        if operation is None:
            raise ApiError("UnknownOperationException", f"There is no operation {target[:80]!r} here")
        return await operation(body)


def operations_of(catalog: Catalog, store: Store, switches: Switches) -> Dict[str, Operation]:
    """The operations by their name in X-Amz-Target."""
    definitions, items = Definitions(catalog, switches), Items(catalog, store, switches)
    batches, reads = Batches(catalog, store, switches), Reads(catalog, store, switches)
    operations = {
        "CreateTable": definitions.create_table,
        "DescribeTable": definitions.describe_table,
        "ListTables": definitions.list_tables,
        "UpdateTable": definitions.update_table,
        "DeleteTable": definitions.delete_table,
        "UpdateTimeToLive": definitions.update_time_to_live,
        "DescribeTimeToLive": definitions.describe_time_to_live,
        "PutItem": items.put_item,
        "GetItem": items.get_item,
        "DeleteItem": items.delete_item,
        "UpdateItem": items.update_item,
        "BatchWriteItem": batches.batch_write_item,
        "BatchGetItem": batches.batch_get_item,
        "Scan": reads.scan,
        "Query": reads.query,
    }
    return {name: _forgetting(operation, catalog) for name, operation in operations.items()}


def _forgetting(operation: Operation, catalog: Catalog) -> Operation:
    """The operation, which is retried once after it has used a table that another process dropped. The
    catalog remembers such a table until a statement on it fails."""

    async def run(body: bytes) -> bytes:
        try:
            return await operation(body)
        except MissingRelation:
            catalog.forget()
        try:
            return await operation(body)
        except MissingRelation:
            raise internal("The table's definition is there, its relation in PostgreSQL is not") from None

    return run


async def _read(request: web.BaseRequest) -> bytes:
    length: Optional[int] = request.content_length
    if length is None:
        raise malformed("The request needs a Content-Length")
    if length > MOST_BODY_BYTES:
        raise ApiError("RequestEntityTooLarge", "A request has at most 16 MB", status=413)
    return await request.content.read(-1)


def answer(body: bytes, status: int = 200) -> web.Response:
    headers = {
        "Content-Type": CONTENT_TYPE,
        "x-amzn-RequestId": token_hex(26).upper(),
        "x-amz-crc32": str(zlib.crc32(body)),
    }
    return web.Response(body=body, status=status, headers=headers)


def failure(error: ApiError) -> web.Response:
    body = {"__type": NAMESPACE + error.code, "message": error.message}
    response = answer(msgspec.json.encode(body), error.status)
    if error.status == 413:
        response.force_close()  # The client is still sending the rest of the body.
    return response
