"""`python -m bench.canned.mongodb`: a MongoDB that counts writes and discards them; prints its address.

It answers the commands that a driver sends at the start, lists the collections that were created, all of them
empty, and accepts updates without inspecting them. The command `benchStats` returns the count and the time of
the last write.
"""

from __future__ import annotations

import asyncio
import struct
import time
from typing import Any, Dict, List, Tuple

import bson

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
HEADER = struct.Struct("<iiii")
SIZE = struct.Struct("<i")


class Counts:
    def __init__(self) -> None:
        self.written, self.last_write_at = 0, 0.0
        self.address = ""
        self.collections: List[str] = []

    def take(self, writes: int) -> None:
        self.written += writes
        self.last_write_at = time.time()


def main() -> None:
    asyncio.run(serve())


async def serve() -> None:
    counts = Counts()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readexactly(HEADER.size)
                length, number, _, code = HEADER.unpack(head)
                message = await reader.readexactly(length - HEADER.size)
                writer.write(reply(number, code, message, counts))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, limit=1 << 26)
    counts.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(f"mongodb://{counts.address}/", flush=True)
    await server.serve_forever()


def reply(number: int, code: int, message: bytes, counts: Counts) -> bytes:
    if code == OP_QUERY:
        body = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(hello(counts))
        return HEADER.pack(HEADER.size + len(body), 0, number, OP_REPLY) + body
    command, writes = parsed(message)
    body = struct.pack("<iB", 0, 0) + bson.encode({**answer(command, writes, counts), "ok": 1.0})
    return HEADER.pack(HEADER.size + len(body), 0, number, OP_MSG) + body


def parsed(message: bytes) -> Tuple[Dict[str, Any], int]:
    """The command, and the number of writes after it. Section 0 is a document, 1 a sequence of documents."""
    command: Dict[str, Any] = {}
    writes, at = 0, 4
    while at < len(message):
        kind, size = message[at], SIZE.unpack_from(message, at + 1)[0]
        if kind == 0:
            command = bson.decode(message[at + 1 : at + 1 + size])
        else:
            writes += count(message, message.index(b"\x00", at + 5) + 1, at + 1 + size)
        at += 1 + size
    return command, writes


def count(message: bytes, at: int, end: int) -> int:
    found = 0
    while at < end:
        at += SIZE.unpack_from(message, at)[0]
        found += 1
    return found


def answer(command: Dict[str, Any], writes: int, counts: Counts) -> Dict[str, Any]:
    name = next(iter(command))
    if name in ("update", "delete"):
        counts.take(writes)
        return {"n": writes, "nModified": writes}
    if name == "create":
        counts.collections.append(command[name])
    if name == "listCollections":
        wanted = command.get("filter", {}).get("name")
        found = [one for one in counts.collections if wanted in (None, one)]
        return cursor(command, [{"name": one, "type": "collection"} for one in found])
    if name in ("listIndexes", "find"):
        return cursor(command, [])
    if name == "benchStats":
        return {"written": counts.written, "lastWriteAt": counts.last_write_at}
    return hello(counts) if name in ("hello", "ismaster", "isMaster") else {}


def cursor(command: Dict[str, Any], batch: List[Dict[str, Any]]) -> Dict[str, Any]:
    name = next(iter(command))
    return {"cursor": {"id": 0, "ns": f"{command['$db']}.{name}", "firstBatch": batch}}


def hello(counts: Counts) -> Dict[str, Any]:
    return {
        "helloOk": True,
        "ismaster": True,
        "isWritablePrimary": True,
        "setName": "bench",
        "hosts": [counts.address],
        "me": counts.address,
        "maxBsonObjectSize": 16 << 20,
        "maxMessageSizeBytes": 48_000_000,
        "maxWriteBatchSize": 100_000,
        "logicalSessionTimeoutMinutes": 30,
        "minWireVersion": 0,
        "maxWireVersion": 21,
        "ok": 1.0,
    }


if __name__ == "__main__":
    main()
