"""The ledger: an append-only file of all writes and their outcomes.

Each write is recorded before it is sent and again when its answer arrives. If the generator is killed between
the two, the outcome of the write is unknown, but the write itself is recorded. Lines of JSON:

    {"plan": {...}}                                  the first
    {"load": [table, items], "at": seconds}          the initial load of a table is complete
    [number, table, index, kind, version, seconds]   about to be sent
    [number, outcome]                                answered: ok, no, unknown
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import asdict
from typing import Any, Dict, Iterator, Optional

import msgspec

from local.traffic.book import Book, Outcome
from local.traffic.history import Kind, Op
from local.traffic.plan import Plan

encode = msgspec.json.Encoder().encode


class LedgerError(Exception):
    """The file is not a ledger, or belongs to another plan."""


class Ledger:
    """Thread-safe writer. `book`: the contents of the file when it was opened."""

    def __init__(self, path: str, book: Book, next_number: int = 0, fresh: bool = False) -> None:
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115 - closed by close()
        self.book, self.next_number, self.fresh = book, next_number, fresh
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Optional[str], plan: Plan) -> Ledger:
        """Create the file or continue it. Without a path nothing is stored.

        Writes without an answer, left by a killed generator, get the outcome unknown. Raises LedgerError if
        the file belongs to another plan.
        """
        if path is None or not os.path.exists(path) or not os.path.getsize(path):
            ledger = cls(path or os.devnull, Book(plan), fresh=True)
            ledger._write({"plan": asdict(plan)})
            return ledger
        _drop_torn_line(path)
        reader = Reader(path)
        if reader.book.plan != plan:
            raise LedgerError(
                f"{path}: written for {reader.book.plan}, not for {plan}. Use the same arguments, or "
                f"another --ledger file."
            )
        ledger = cls(path, reader.book, reader.last + 1)
        for number in reader.pending:
            ledger.answered(number, Outcome.UNKNOWN)
        reader.give_up()
        return ledger

    def assume_loaded(self) -> None:
        """Assume that the plan's initial load is complete, for tables that were loaded without this ledger.

        Raises LedgerError if the file is not new and lacks the load of a table.
        """
        for table in self.book.plan.all_tables:
            if self.fresh:
                self.loaded(table.name, self.book.plan.loaded(table))
            elif table.name not in self.book.loads:
                raise LedgerError(
                    f"the ledger contains no complete load of table {table.name}: load it again"
                )

    def loaded(self, table: str, items: int) -> None:
        self.book.loads[table] = items
        self._write({"load": [table, items], "at": round(time.time(), 3)})

    def asked(self, op: Op) -> int:
        """Record a write that will be sent, and return its number."""
        with self._lock:
            number = self.next_number
            self.next_number += 1
            self._file.write(encode([number, *op, round(time.time(), 3)]) + b"\n")
        return number

    def answered(self, number: int, outcome: Outcome) -> None:
        self._write([number, outcome])

    def close(self) -> None:
        self._file.close()

    def _write(self, entry: Any) -> None:
        with self._lock:
            self._file.write(encode(entry) + b"\n")


class Reader:
    """Reads a whole file. `pending`: the writes without an answer so far."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.pending: Dict[int, Op] = {}
        self.last = -1
        lines = self._lines()
        try:
            self.book = Book(Plan(**next(lines)["plan"]))
        except (StopIteration, TypeError, KeyError, ValueError) as error:
            raise LedgerError(f"{path}: is not a ledger: its first line does not contain a plan") from error
        for entry in lines:
            self._take(entry)

    def give_up(self) -> None:
        """Set the outcome of all pending writes to unknown."""
        for op in self.pending.values():
            self.book.post(op, Outcome.UNKNOWN)
        self.pending.clear()

    def _take(self, entry: Any) -> None:
        if isinstance(entry, dict):
            table, items = entry["load"]
            self.book.loads[table] = items
        elif len(entry) == 2:
            self.book.post(self.pending.pop(entry[0]), Outcome(entry[1]))
        else:
            number, table, index, kind, version = entry[:5]
            self.pending[number] = Op(table, index, Kind(kind), version)
            self.last = max(self.last, number)

    def _lines(self) -> Iterator[Any]:
        decode = msgspec.json.Decoder().decode
        with open(self._path, "rb") as file:
            for count, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return  # A kill has truncated the line, so that write was never sent.
                try:
                    yield decode(line)
                except msgspec.DecodeError as error:
                    raise LedgerError(f"{self._path}: line {count} is not JSON: {error}") from error


def read(path: str) -> Book:
    """The book of a ledger file, which may still be being written. Raises LedgerError."""
    reader = Reader(path)
    reader.give_up()
    return reader.book


def _drop_torn_line(path: str) -> None:
    with open(path, "rb+") as file:
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
