"""Checks, read-only and before the job starts, whether it can write into MongoDB as configured."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, List, Optional, Set

from pymongo.database import Database
from pymongo.errors import OperationFailure, PyMongoError

from connectors.base.errors import PolarshakeError, PreflightError, TransientError
from connectors.dynamodb.tables.description import TableDescription
from connectors.dynamodb.tables.ensure import Existing
from connectors.targets.check_contract import TargetExamination
from connectors.targets.mongodb.collections import filled_problem, listed_problem
from connectors.targets.mongodb.convert import Shape, field_of
from connectors.targets.mongodb.definitions import collections_of
from connectors.targets.mongodb.faults import CREDENTIALS, DENIED, advice, error_of, server_message
from connectors.targets.mongodb.index_plan import clash, foreign_unique, indexes_of, name_problem
from connectors.targets.mongodb.keys import key_json
from connectors.targets.mongodb.pages import faults_of
from connectors.targets.preflight.problems import Problem
from connectors.targets.preflight.sides import Findings, PreflightOptions, TargetSide

NEEDED = frozenset({"find", "insert", "update", "remove", "createCollection", "createIndex"})
READING = frozenset({"find"})
REPAIRING = frozenset({"find", "insert", "update", "remove"})
LOOKED_AT = 20
"""Documents that are sampled. If none of them has the configured form, the collection is refused."""
TTL_WARNING = (
    "its time to live is not copied, because MongoDB's needs a date. While the job runs, it applies the "
    "deletions of the source. Create an index of your own for the time after that"
)


class MongoPreflight(TargetSide):
    name = "mongodb.uri"

    def __init__(self, database: Database[Any], shape: Shape, needed: FrozenSet[str] = NEEDED) -> None:
        """`needed`: the actions that the user must be permitted to perform."""
        self._database, self._shape, self._needed = database, shape, needed
        self._out_of_reach = False
        rights = "find, insert, update, remove, createCollection, createIndex"
        self.reached = f"answers to this user, who may {rights} in {database.name}"

    def reach(self) -> List[Problem]:
        try:
            hello: Dict[str, Any] = self._database.client.admin.command("hello")
            problems = self._topology(hello) + self._rights()
            self._database.list_collection_names(authorizedCollections=True, nameOnly=True)
            return problems
        except PyMongoError as error:
            self._out_of_reach = True
            return [explained(error, self._database.name)]

    def look(self, source: TableDescription, ttl: Optional[str], wanted: PreflightOptions) -> Findings:
        findings = Findings(source.TableName)
        problem = name_problem(source, self._database.name, self._shape)
        if problem:
            findings.add(problem)
        if ttl:
            findings.warnings.append(f"table {source.TableName}: {TTL_WARNING}.")
        # If the server is down, each table would wait for the whole bound again, with the same result.
        if problem or self._out_of_reach or wanted.tables.existing in (Existing.RECREATE, Existing.RENAME):
            return findings
        try:
            self._kept(source, wanted, findings)
        except PyMongoError as error:
            findings.problems.append(explained(error, self._database.name))
        return findings

    def _kept(self, source: TableDescription, wanted: PreflightOptions, findings: Findings) -> None:
        collection = self._database[source.TableName]
        problem = listed_problem(self._database, source.TableName)
        if problem:
            findings.there = True
            findings.add(problem)
            return
        sample = collection.find_one()
        findings.there = sample is not None
        if sample is not None:
            if wanted.tables.existing is Existing.FAIL and not wanted.resumed:
                findings.add(filled_problem())
                return
            problem = shape_problem(sample, source, self._shape)
            if problem:
                findings.add(problem)
        self._indexes(collection, source, wanted, findings)

    def _indexes(
        self, collection: Any, source: TableDescription, wanted: PreflightOptions, findings: Findings
    ) -> None:
        """Checks the indexes, even of an empty collection."""
        indexes = indexes_of(source, self._shape, wanted.tables.indexes)
        there: Dict[str, Any] = dict(collection.index_information())
        problem = clash(indexes, there)
        if problem:
            findings.add(problem)
        findings.warnings += [
            f"table {source.TableName}: its collection has a unique index {name} of its own."
            for name in foreign_unique(indexes, there)
        ]

    def _topology(self, hello: Dict[str, Any]) -> List[Problem]:
        mongos = hello.get("msg") == "isdbgrid"
        if self._shape.sharded and not mongos:
            return [
                Problem("mongodb.shard is set, but mongodb.uri does not lead to a mongos. Set it to false")
            ]
        retries = self._database.client.options.retry_writes
        if not mongos and retries and not hello.get("setName") and not hello.get("serviceId"):
            return [
                Problem(
                    "mongodb.uri leads to a standalone server, which has no retryable writes. Convert "
                    "it to a replica set (one member is enough), or add retryWrites=false to the connection "
                    "string"
                )
            ]
        return []

    def _rights(self) -> List[Problem]:
        try:
            status = self._database.command("connectionStatus", showPrivileges=True)
        except OperationFailure as error:
            if error.code in CREDENTIALS | DENIED:
                raise
            return []
        lacking = lacking_actions(status.get("authInfo") or {}, self._database.name, self._needed)
        if not lacking:
            return []
        role = "read" if self._needed <= READING else "readWrite"
        return [
            Problem(
                f"the user of mongodb.uri may not {', '.join(sorted(lacking))} in database "
                f"{self._database.name}. Give it the role {role} there"
            )
        ]


class MongoCheckPreflight(TargetExamination):
    def __init__(self, database: Database[Any], shape: Shape, repair: bool) -> None:
        self._database, self._shape = database, shape
        self._side = MongoPreflight(database, shape, REPAIRING if repair else READING)

    def names(self) -> Set[str]:
        problems = self._side.reach()
        if problems:
            raise PreflightError("; ".join(told_in_full(problem) for problem in problems))
        return collections_of(self._database)

    def problem(self, source: TableDescription) -> str:
        named = name_problem(source, self._database.name, self._shape)
        if named:
            return named
        with faults_of(source.TableName):
            some = list(self._database[source.TableName].find(limit=LOOKED_AT))
        problems = [shape_problem(document, source, self._shape) or "" for document in some]
        return problems[0] if all(problems) and problems else ""


def told_in_full(problem: Problem) -> str:
    return f"{problem.text} ({problem.detail})" if problem.detail else problem.text


def lacking_actions(auth: Dict[str, Any], database: str, needed: FrozenSet[str] = NEEDED) -> FrozenSet[str]:
    """The actions that a user may not perform in a whole database; none if the server does not check users.
    `auth`: authInfo of connectionStatus."""
    if not auth.get("authenticatedUsers"):
        return frozenset()
    allowed: set[str] = set()
    for privilege in auth.get("authenticatedUserPrivileges") or ():
        resource = privilege.get("resource") or {}
        whole = resource.get("anyResource") or (
            resource.get("db") in ("", database) and resource.get("collection") == ""
        )
        if whole:
            allowed.update(privilege.get("actions") or ())
    return frozenset() if "anyAction" in allowed else needed - allowed


def shape_problem(sample: Dict[str, Any], source: TableDescription, shape: Shape) -> Optional[str]:
    """Why the job cannot replace the existing documents; `sample` is one of them."""
    schema = source.key_schema
    hint = "Set tables.existing: rename or recreate, or restore these settings"
    if key_json(sample, schema, shape) is None:
        return (
            f"its collection holds documents that are not of the configured form (mongodb.convert, key "
            f"attributes): they would remain in addition to the new ones. {hint}"
        )
    key = {
        field_of(attribute.name, shape): sample[field_of(attribute.name, shape)]
        for attribute in schema.attributes
    }
    wanted = next(iter(key.values())) if len(key) == 1 else key
    if shape.key_as_id and sample["_id"] != wanted:
        return (
            f"its collection holds documents whose _id is not the key, and mongodb.documentId is key. {hint}"
        )
    return None


def explained(error: PyMongoError, database: str) -> Problem:
    explanation: PolarshakeError = error_of(error, "MongoDB")
    code = error.code or 0 if isinstance(error, OperationFailure) else 0
    if code in CREDENTIALS:
        return Problem(f"MongoDB refuses the credentials.{advice(code)}", "", server_message(error))
    if code in DENIED:
        return Problem(
            f"MongoDB refuses the user access to database {database}.{advice(code)}",
            "",
            server_message(error),
        )
    if isinstance(explanation, TransientError):
        return Problem(
            "mongodb.uri cannot be reached. Check it, and whether this machine's network reaches it",
            "",
            server_message(error),
        )
    return Problem("MongoDB refuses to be read", "", server_message(error))
