"""The lines about each table that the filter includes. Pure."""

from __future__ import annotations

from typing import Iterator, Optional

from connectors.base.text import size
from connectors.command.doctor.line import Line, green, yellow
from connectors.dynamodb.tables.compare import shown_key
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.ensure import Existing
from connectors.dynamodb.tables.stream import is_enabled
from connectors.targets.preflight.sides import PreflightOptions, SourceTable


def table_lines(table: SourceTable, wanted: PreflightOptions) -> Iterator[Line]:
    """The lines about a table without problems. Each warning has its own line."""
    about = table.description
    parts = [facts(about), *([_stream(about)] if wanted.mode.follows else []), *_target(table)]
    yield green("table", "; ".join(parts))
    if wanted.mode.follows and not is_enabled(about):
        yield yellow("table", f"{about.TableName}: has no stream yet; the job will enable it")
    if wanted.tables.existing is Existing.RECREATE and table.there is not False:
        yield yellow(
            "table",
            f"{about.TableName}: at the target it will be DROPPED and recreated (tables.existing: recreate)",
        )
    for warning in table.warnings:
        yield yellow("table", warning[len("table ") :] if warning.startswith("table ") else warning)


def facts(table: TableDescription) -> str:
    items = f"about {table.ItemCount:,} items, {size(table.TableSizeBytes)}"
    return f"{table.TableName}: key {shown_key(table.key_schema)}; {items}"


def _stream(table: TableDescription) -> str:
    return f"stream {table.StreamSpecification.StreamViewType}" if is_enabled(table) else "no stream"


def _target(table: SourceTable) -> Iterator[str]:
    words = {True: "exists at the target and is compatible", False: "will be created at the target"}
    text: Optional[str] = words.get(table.there) if table.there is not None else None
    if text:
        yield text
