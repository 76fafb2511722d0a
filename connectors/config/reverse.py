"""The reverse job's own settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional

from connectors.config.document import Given
from connectors.config.keys import key
from connectors.config.kinds import Choice, Integer, Kind
from connectors.config.mistakes import InvalidValue
from connectors.config.places import StoragePlace

_SLOT = re.compile(r"[a-z0-9_]{1,63}")
_MEMBERS = ("table", "document", "keys", "skip")
_PUBLICATION = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


class SlotList(Kind):
    """Publication by the name of its replication slot."""

    label = "a mapping of slots to publications, such as {slot_a: pub_a, slot_b: pub_b}"

    def read(self, given: Given) -> Mapping[str, str]:
        if not isinstance(given.value, dict):
            raise self.wrong(given)
        for slot, publication in given.value.items():
            if not _SLOT.fullmatch(slot):
                raise InvalidValue("a slot's name has 1 to 63 lower-case letters, digits or _")
            if isinstance(publication.value, (list, dict)) or not _PUBLICATION.fullmatch(publication.raw):
                raise InvalidValue("a publication's name has 1 to 63 letters, digits or _")
        return {slot: publication.raw for slot, publication in given.value.items()}

    def show(self, value: Mapping[str, str]) -> Any:
        return dict(value)


class Relations(Kind):
    """`{table, document, keys, skip}` by the name of a relation."""

    label = "a mapping such as {public.users: {table: Users, keys: {id: key1}}}"

    def read(self, given: Given) -> Mapping[str, Any]:
        plain = given.spelled()
        if not isinstance(plain, dict):
            raise self.wrong(given)
        for relation, override in plain.items():
            _check(relation, override)
        return plain

    def show(self, value: Mapping[str, Any]) -> Any:
        return dict(value)


def _check(relation: str, override: Any) -> None:
    if "." not in relation:
        raise InvalidValue("each key must be SCHEMA.TABLE, unquoted, such as public.Users")
    if not isinstance(override, dict) or set(override) - set(_MEMBERS):
        raise InvalidValue("each relation takes table, document, keys and skip", _MEMBERS)
    if override.get("skip") not in (None, "true", "false"):
        raise InvalidValue("skip is true for a relation that is not a DynamoDB table", ("true", "false"))
    keys: Dict[str, Any] = override.get("keys") or {}
    texts = [override.get("table", ""), override.get("document", "")]
    if not isinstance(keys, dict) or not all(isinstance(text, str) for text in [*texts, *keys.values()]):
        raise InvalidValue("table and document are names; keys maps each key attribute to a column")


@dataclass(frozen=True)
class Reverse:
    """The reverse job, which replicates changes from PolarDB to DynamoDB."""

    start_position: str = key(
        Choice("confirmed", "now"),
        "confirmed",
        "where a job without a savepoint starts. confirmed: at the slot's confirmed position; now: at the "
        "end of the log at submission. now skips all changes in the slot, such as the forward job's writes",
    )
    slots: Mapping[str, str] = key(
        SlotList(),
        {},
        "several slots that are read in parallel, each with its own publication. Replaces polardb.slotName "
        "and polardb.publication. A table must not be in two publications",
    )
    slot_taken: str = key(
        Choice("wait", "free"),
        "wait",
        "action if another connection holds the slot. wait: wait until the slot is free; free: end that "
        "connection, even if another reader uses it",
    )
    slot_wait_seconds: int = key(
        Integer(0, 86_400), 120, "how long to wait for the slot before the job restarts", "seconds"
    )
    missing_table: str = key(
        Choice("fail", "create", "skip"),
        "fail",
        "action if DynamoDB lacks a table of PolarDB. fail: stop the job; create: create it as PolarDB's "
        "endpoint describes it (needs polardb.endpoint and its key); skip: ignore its changes",
    )
    truncate: str = key(
        Choice("fail", "delete"),
        "fail",
        "action if a table is truncated in PolarDB. fail: stop the job; delete: delete every item of the "
        "DynamoDB table, which costs a scan and one write per item",
    )
    dropped_table: str = key(
        Choice("fail", "ignore"),
        "fail",
        "action if a table is dropped in PolarDB. fail: stop the job; ignore: log it and keep the DynamoDB "
        "table",
    )
    record: Optional[str] = key(
        StoragePlace("/mnt/shared/changed-keys"),
        None,
        "where the job records the keys of the changes that it has read: the last check of a rollback then "
        "compares only these. The workers and the machine where `polarshake rollback` runs must share it. "
        "Each migration needs its own place. Empty: the folder changed-keys in deadLetter.path; if that is "
        "empty too, nothing is recorded",
    )
    relations: Mapping[str, Any] = key(
        Relations(),
        {},
        "table name, document column or key columns of relations for which automatic discovery is wrong; "
        "skip: true excludes a relation, such as a copy of a table",
    )
    buffer_bytes: int = key(
        Integer(1 << 20, 1 << 34),
        64 << 20,
        "changes that the job buffers before it waits for the writers",
        "bytes per slot",
    )
    wal_warning_bytes: int = key(
        Integer(1 << 20, 1 << 50),
        10 << 30,
        "amount of log kept for a slot above which the job warns. The log grows until the disk is full",
        "bytes per slot",
    )
