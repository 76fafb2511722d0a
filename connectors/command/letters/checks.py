"""The tables of DynamoDB, and the check job: what a retry uses."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from typing import Iterable, Optional, Tuple

import msgspec

from connectors.base.errors import TerminalError
from connectors.check.report.stored import stored_differences
from connectors.command.cutover.report_gate import StoredReports
from connectors.command.cutover.submit import FlinkRun
from connectors.command.letters.ports import Checked, KeyCheck, KeySchemas
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.tables.api import describe_table
from connectors.model.keys import KeySchema


class DynamoKeySchemas(KeySchemas):
    def __init__(self, dynamodb: Caller) -> None:
        self._dynamodb = dynamodb

    def schema(self, table: str) -> Optional[KeySchema]:
        described = describe_table(self._dynamodb, table)
        return described.key_schema if described else None


class KeyRepair(KeyCheck):
    def __init__(self, runner: FlinkRun, settings: Settings) -> None:
        """`runner`, with the place of the report."""
        self._runner, self._settings = runner, settings

    def repair(self, keys: Iterable[Tuple[str, bytes]]) -> Checked:
        handle, path = tempfile.mkstemp(prefix="letters-", suffix=".jsonl")  # only its owner can read it
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(line_of(table, key) for table, key in keys)
            return self._checked(path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(path)

    def _checked(self, path: str) -> Checked:
        place = self._runner.report
        self._runner.check(self._settings.check.direction.value, ["--keys", path, "--repair"])
        summary = StoredReports(place, self._settings).last()
        if summary is None or summary.mode.file != path:
            raise TerminalError(
                f"the check has ended, but its report is not in {place} as seen from this machine. Set "
                "--report to a place that this machine shares with the workers, such as a mounted folder or "
                "s3://bucket/prefix"
            )
        return Checked(summary, stored_differences(place, self._settings), place)


def line_of(table: str, key: bytes) -> bytes:
    """A line of `check.keys`."""
    return msgspec.json.encode({"table": table, "key": msgspec.Raw(key)}) + b"\n"
