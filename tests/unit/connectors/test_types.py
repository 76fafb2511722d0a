"""Types are met at import: two threads that meet one for the first time at once crash the process."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest

import connectors

FILES = sorted(Path(connectors.__file__).parent.rglob("*.py"))

RACE = """
import sys, threading
sys.setswitchinterval(1e-6)
from connectors.dynamodb.tables.description import description_of
key = [{"AttributeName": "a", "KeyType": "HASH"}]
index = {"IndexName": "i", "KeySchema": key, "Projection": {"ProjectionType": "ALL"}}
table = {"TableName": "t", "KeySchema": key, "GlobalSecondaryIndexes": [index]}
table["AttributeDefinitions"] = [{"AttributeName": "a", "AttributeType": "S"}]
barrier = threading.Barrier(8)
def meet():
    barrier.wait()
    description_of(table)
threads = [threading.Thread(target=meet) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def lazy(file: Path) -> Iterator[int]:
    """Line numbers of calls such as msgspec.json.decode(body, type=T)."""
    for node in ast.walk(ast.parse(file.read_text())):
        calls = isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "decode"
        if calls and any(word.arg == "type" for word in node.keywords):  # type: ignore[attr-defined]
            yield node.lineno  # type: ignore[attr-defined]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_decoder_is_made_where_it_is_used(file: Path) -> None:
    assert list(lazy(file)) == [], "make a msgspec Decoder at the module's level"


def test_threads_may_meet_a_tables_description_at_once() -> None:
    for _ in range(5):
        assert subprocess.run([sys.executable, "-c", RACE]).returncode == 0
