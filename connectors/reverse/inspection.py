"""The state of both databases before the start, and its problems for the reverse job."""

from __future__ import annotations

from contextlib import closing
from typing import Any, Iterator, List, Optional

from connectors.base.errors import TerminalError
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.clients import source_client
from connectors.dynamodb.tables import api
from connectors.model.keys import KeySchema
from connectors.postgres.layout.assignment import Assigned, AssignmentRules, assign
from connectors.postgres.layout.from_settings import assignment_rules
from connectors.postgres.layout.keys import Sampler, find_keys
from connectors.postgres.replication import continuity
from connectors.postgres.replication.catalog import read_sample
from connectors.postgres.replication.connect import address_of, connected
from connectors.postgres.replication.decoded import recognizable
from connectors.postgres.replication.facts import read_database
from connectors.postgres.replication.problems import problems
from connectors.reverse import submission
from connectors.reverse.tables import absent_problem

_UNKNOWN = continuity.KnownIdentities()
SECONDS = 30.0
"""The longest time that DynamoDB may not answer."""


class Inspection:
    def __init__(self, settings: Settings) -> None:
        self._settings, self._rules = settings, assignment_rules(settings)

    def problems(self) -> List[str]:
        """Raises PreflightError and TransientError where a side does not answer, ServiceError where DynamoDB
        refuses."""
        address, feeds = address_of(self._settings), self._settings.feeds
        seconds = min(SECONDS, self._settings.write.retry_seconds)
        with connected(address, "inspect", "reading the database") as connection:
            facts = read_database(connection, [slot for slot, _ in feeds], [name for _, name in feeds])
            with closing(source_client(self._settings, seconds=seconds)) as dynamodb:
                assignment = assign(facts.relations, api.list_tables(dynamodb), self._rules)
                existing = problems(facts, feeds, assignment)
                for each in assignment.wanted:
                    existing += self._table(each, connection, dynamodb)
        return existing

    def identities(self) -> bytes:
        """The encoded Submission, with which the job compares from its first poll on.

        Raises as `problems` does.
        """
        address, feeds = address_of(self._settings), self._settings.feeds
        with connected(address, "inspect", "reading the database") as connection:
            facts = read_database(connection, [slot for slot, _ in feeds], [name for _, name in feeds])
            slots = {slot: recognizable(connection, slot) for slot in facts.slots}
        with closing(source_client(self._settings)) as dynamodb:
            assignment = assign(facts.relations, api.list_tables(dynamodb), self._rules)
            ids = {}
            for each in assignment.included:
                described = api.describe_table(dynamodb, each.table) if each.exists else None
                ids[each.table] = described.TableId if described else ""
        publications = {name: each.identity for name, each in facts.publications.items()}
        seen = continuity.Seen(assignment, publications, ids)
        return submission.encode(submission.Submission(continuity.merged(_UNKNOWN, seen), slots))

    def _table(self, each: Assigned, connection: Any, dynamodb: Caller) -> Iterator[str]:
        described = api.describe_table(dynamodb, each.table) if each.exists else None
        if described is not None:
            sampler: Sampler = lambda names: read_sample(connection, each.relation, each.document, names)  # noqa: E731
            problem = key_problem(each, described.key_schema, self._rules, sampler)
            yield from [problem] if problem else []
        elif self._settings.reverse.missing_table == "fail":
            yield f"table {each.table}: {absent_problem()}."


def key_problem(each: Assigned, schema: KeySchema, rules: AssignmentRules, sampler: Sampler) -> Optional[str]:
    """Why a delete could not be mapped to its item, if so."""
    if not each.relation.identified:
        return None  # reported with the replica identities
    try:
        find_keys(each, schema, rules.override(each.relation).keys, {}, sampler)
    except (ValueError, TerminalError) as error:
        return f"relation {each.relation.qualified}: {error}."
    return None
