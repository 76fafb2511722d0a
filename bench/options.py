"""The arguments of baseline and upper bound (two addresses, the tables, what to move), and their results."""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import Any, Dict, List, NamedTuple

from connectors.base.secret import Secret

REGION = "us-east-1"


class Order(NamedTuple):
    source: Side
    target: Side
    tables: List[str]
    mode: str
    """`full` scans; `incremental` reads the streams until they have been empty for IDLE_SECONDS."""
    processes: int
    threads: int
    """Segments or shards that one process reads at the same time."""


IDLE_SECONDS = 2.0


def parser(description: str, threads: int) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--source", required=True, help="URL of the source's endpoint")
    made.add_argument("--target", required=True, help="URL of the target's endpoint")
    made.add_argument("--tables", required=True, help="names, with commas between them")
    made.add_argument("--mode", choices=("full", "incremental"), default="full")
    made.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    made.add_argument(
        "--threads", type=int, default=threads, help="segments or shards read at once, by process"
    )
    return made


def order(arguments: argparse.Namespace) -> Order:
    return Order(
        side(arguments.source, "DYNAMODB"),
        side(arguments.target, "POLARDB"),
        arguments.tables.split(","),
        arguments.mode,
        arguments.processes,
        arguments.threads,
    )


class Side(NamedTuple):
    """One server: its URL and its access key."""

    url: str
    key_id: str
    secret: Secret


def side(url: str, name: str) -> Side:
    """`name`: DYNAMODB or POLARDB. The keys come from the same variables as those of the jobs."""
    key_id = os.environ.get(f"POLARSHAKE_{name}_AK", "test")
    return Side(url, key_id, Secret(os.environ.get(f"POLARSHAKE_{name}_SK", "test")))


def schema_of(description: Dict[str, Any]) -> Dict[str, Any]:
    """CreateTable's request for a copy of the described table, without its indexes."""
    keys = {key["AttributeName"] for key in description["KeySchema"]}
    attributes = [a for a in description["AttributeDefinitions"] if a["AttributeName"] in keys]
    return {
        "TableName": description["TableName"],
        "KeySchema": description["KeySchema"],
        "AttributeDefinitions": attributes,
        "BillingMode": "PAY_PER_REQUEST",
    }


def dump(value: Dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def report(items: int, started: float) -> None:
    """Print the result line; `started` is `time.monotonic()` at the start."""
    print(json.dumps({"items": items, "seconds": round(time.monotonic() - started, 3)}), flush=True)
