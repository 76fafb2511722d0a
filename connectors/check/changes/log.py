"""PolarDB's log, as the check of the way back sees it: where it ends, and whether it is still the same.

The module needs psycopg2.
"""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import closing
from functools import partial
from typing import Dict, List, NamedTuple, Optional, Sequence

import msgspec

from connectors.base.errors import TerminalError
from connectors.check.changes.chain import LogState
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.clients import source_client
from connectors.dynamodb.tables import api
from connectors.dynamodb.tables.description import TableDescription
from connectors.model.keys import KeySchema
from connectors.postgres.layout.assignment import assign
from connectors.postgres.layout.from_settings import assignment_rules
from connectors.postgres.replication import continuity, rewrites
from connectors.postgres.replication.connect import address_of, connected
from connectors.postgres.replication.continuity import KnownIdentities, Seen
from connectors.postgres.replication.facts import read_database, server_start
from connectors.postgres.replication.problems import runtime_problems
from connectors.postgres.replication.slot import end_of_log


class LogSeen(NamedTuple):
    end: int
    """Every change that had committed before this was read is before this position."""
    server: str
    publications: Dict[str, str]
    seen: Seen
    problems: List[str]
    """Why changes may not be in the slots."""
    schemas: Dict[str, KeySchema]
    """Of the tables that exist in DynamoDB."""


class LogView:
    """Reads both databases. Raises PolarshakeError."""

    def __init__(self, settings: Settings, pool: Executor) -> None:
        self._settings, self._pool = settings, pool
        self._address = address_of(settings)

    def look(self, tables: Sequence[str]) -> LogSeen:
        settings = self._settings
        end = end_of_log(self._address)
        slots, publications = zip(*settings.feeds)
        with connected(self._address, "check", "reading the database") as connection:
            server = server_start(connection)
            facts = read_database(connection, slots, publications)
        with closing(source_client(settings)) as dynamodb:
            names = api.list_tables(dynamodb)
            described = dict(zip(tables, self._pool.map(partial(_described, dynamodb), tables)))
        ids = {name: table.TableId if table else "" for name, table in described.items()}
        schemas = {name: table.key_schema for name, table in described.items() if table}
        assignment = assign(facts.relations, names, assignment_rules(settings))
        identities = {name: each.identity for name, each in facts.publications.items()}
        problems = runtime_problems(facts, settings.feeds, assignment)
        return LogSeen(
            end, server, dict(settings.feeds), Seen(assignment, identities, ids), problems, schemas
        )


def _described(dynamodb: Caller, table: str) -> Optional[TableDescription]:
    return api.describe_table(dynamodb, table)


def state_of(look: LogSeen, positions: Dict[str, int], tables: Sequence[str]) -> LogState:
    """What a chain of these tables keeps. Raises TerminalError where changes may not be in the slots."""
    if look.problems:
        raise TerminalError(" ".join(look.problems))
    lacking = sorted(set(tables) - set(look.seen.tables))
    if lacking:
        raise TerminalError(f"no relation of PolarDB is table {lacking[0]}")
    known = continuity.merged(KnownIdentities(), look.seen)
    mine = {name: table for name, table in known.tables.items() if name in set(tables)}
    return LogState(
        positions=positions,
        server=look.server,
        publications=look.publications,
        known=msgspec.structs.replace(known, tables=mine),
    )


def differences(log: LogState, look: LogSeen) -> Optional[str]:
    """Why changes may be missing from the record, whatever its segments are; None if nothing is known."""
    if look.server != log.server:
        return "PolarDB was restarted, or another server has taken its place"
    if look.publications != log.publications:
        return "the replication slots or the publications of the settings are others"
    known, seen = log.known, look.seen
    problems = [
        *look.problems,
        *continuity.dropped_tables(known, seen).values(),
        *continuity.gaps(known, seen),
        *rewrites.unsent(known, seen),
        *rewrites.suspicions(known, seen),
        *(f"table {name} no longer exists" for name in sorted(set(known.tables) - set(look.schemas))),
    ]
    return problems[0] if problems else None
