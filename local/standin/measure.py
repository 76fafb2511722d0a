"""Measures how fast a running stand-in writes and scans items of 1 KB. The client uses almost no CPU.

`python -m local.standin.measure --url http://127.0.0.1:P --items 40000 --connections 4`, with the keys in
STANDIN_ACCESS_KEY and STANDIN_SECRET_KEY. Requests are built and signed before the clock starts.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
import uuid
from typing import Any, Dict, Iterator, List, Tuple
from urllib.parse import urlsplit

import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

BATCH = 25
PAGE = 1000
"""Items of a page: about 1 MB."""


class Client:
    def __init__(self, url: str) -> None:
        self._url, parts = url, urlsplit(url)
        self.address = parts.hostname or "", parts.port or 80
        credentials = Credentials(os.environ["STANDIN_ACCESS_KEY"], os.environ["STANDIN_SECRET_KEY"])
        self._signer = SigV4Auth(credentials, "dynamodb", "local")

    def request(self, operation: str, body: Dict[str, Any]) -> bytes:
        """A complete signed request."""
        data = msgspec.json.encode(body)
        target = {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Host": urlsplit(self._url).netloc}
        signed = AWSRequest("POST", self._url + "/", target, data)
        self._signer.add_auth(signed)
        signed.headers["Content-Length"] = str(len(data))
        head = "".join(f"{name}: {value}\r\n" for name, value in signed.headers.items())
        return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + data


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    body = await reader.readexactly(int(head.split("content-length:")[1].split("\r\n")[0]))
    if " 200 " not in head.split("\r\n")[0]:
        raise SystemExit(body.decode())
    return body


async def send_all(client: Client, requests: Iterator[bytes]) -> None:
    """Send requests over one connection until none is left."""
    reader, writer = await asyncio.open_connection(*client.address, limit=2**24)
    for request in requests:
        await exchange(reader, writer, request)
    writer.close()


async def scan_segment(client: Client, table: str, segment: int, total: int) -> int:
    reader, writer = await asyncio.open_connection(*client.address, limit=2**24)
    scan = {"TableName": table, "Segment": segment, "TotalSegments": total, "Limit": PAGE}
    count = 0
    while True:
        page = msgspec.json.decode(await exchange(reader, writer, client.request("Scan", scan)), type=Page)
        count += page.Count
        if page.LastEvaluatedKey is None:
            writer.close()
            return count
        scan["ExclusiveStartKey"] = page.LastEvaluatedKey


class Page(msgspec.Struct):
    Count: int
    LastEvaluatedKey: Any = None


def item(number: int) -> Dict[str, Any]:
    """An item of 1 KB, as DynamoDB counts it."""
    values = {f"attribute{i}": {"S": os.urandom(44).hex()} for i in range(9)}
    return {"pk": {"S": f"user-{number:032x}"}, "n": {"N": str(number)}, **values, "b": {"BOOL": True}}


async def measure(options: argparse.Namespace) -> List[Tuple[str, float]]:
    client, table = Client(options.url), f"measure-{uuid.uuid4().hex[:8]}"
    created = {
        "TableName": table,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }
    await send_all(client, iter([client.request("CreateTable", created)]))
    puts = [{"PutRequest": {"Item": item(number)}} for number in range(options.items)]
    batches = [{"RequestItems": {table: puts[at : at + BATCH]}} for at in range(0, len(puts), BATCH)]
    requests = iter([client.request("BatchWriteItem", batch) for batch in batches])
    figures = []
    started = time.perf_counter()
    await asyncio.gather(*(send_all(client, requests) for _ in range(options.connections)))
    figures.append(("written items/s", options.items / (time.perf_counter() - started)))
    started = time.perf_counter()
    segments = range(options.connections)
    counts = await asyncio.gather(*(scan_segment(client, table, i, len(segments)) for i in segments))
    figures.append(("scanned items/s", sum(counts) / (time.perf_counter() - started)))
    if sum(counts) != options.items:
        raise SystemExit(f"wrote {options.items} items, scanned {sum(counts)}")
    await send_all(client, iter([client.request("DeleteTable", {"TableName": table})]))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--items", type=int, default=40_000)
    parser.add_argument("--connections", type=int, default=4)
    for name, figure in asyncio.run(measure(parser.parse_args())):
        print(f"{name}: {figure:,.0f}")


if __name__ == "__main__":
    main()
