"""The lines about PostgreSQL's replication for the reverse job. Pure."""

from __future__ import annotations

from typing import Callable, Iterator, List, Protocol, Sequence

from connectors.base.errors import PreflightError, TransientError
from connectors.command.doctor.line import Line, green, red, yellow
from connectors.command.doctor.tables import volume
from connectors.config import Settings
from connectors.model.origin import TABLE as ORIGIN
from connectors.postgres.replication.connect import address_of
from connectors.postgres.replication.facts import Facts, RelationFacts, SlotFacts
from connectors.postgres.replication.problems import SlotConfig, problems, slot_problems
from connectors.reverse.watch import look_once


class Database(Protocol):
    def look(self) -> Facts:
        """Raises PolarshakeError."""
        ...


def replication_lines(
    facts: Facts, feeds: Sequence[SlotConfig], allows: Callable[[str], bool], wal_warning: int
) -> Iterator[Line]:
    """`wal_warning`: bytes."""
    yield green("polardb", f"answers to this role: LOGIN, and CONNECT on database {facts.database}")
    yield from (red("polardb", problem) for problem in problems(facts, feeds, allows))
    if facts.wal_level == "logical":
        yield green("polardb", "wal_level is logical")
    if facts.replication:
        yield green("polardb", "the role has REPLICATION")
    for slot, publication in feeds:
        yield from _publication(facts, publication)
        existing = facts.slots.get(slot)
        if existing is not None and not list(slot_problems(existing, facts.database)):
            yield from _slot(existing, wal_warning)


def replicated(facts: Facts, allows: Callable[[str], bool]) -> List[RelationFacts]:
    """The relations that are DynamoDB tables and that the filter includes."""
    return [
        relation
        for relation in facts.relations
        if relation.document and relation.name != ORIGIN and allows(relation.name)
    ]


def _publication(facts: Facts, name: str) -> Iterator[Line]:
    publication = facts.publications.get(name)
    if publication is None or not all(publication.operations):
        return
    identities = {(relation.namespace, relation.name): relation.identified for relation in facts.relations}
    whole = sum(identities.get(table, False) for table in publication.tables)
    yield green(
        "polardb",
        f"publication {name}: {len(publication.tables)} tables, {whole} of them with a replica identity",
    )


def _slot(slot: SlotFacts, wal_warning: int) -> Iterator[Line]:
    kept = slot.current_lsn - (slot.restart_lsn or slot.current_lsn)
    behind = slot.current_lsn - (slot.confirmed_lsn or slot.current_lsn)
    text = f"slot {slot.name}: retains {volume(kept)} of the log, {volume(behind)} not confirmed"
    if kept > wal_warning:
        yield yellow(
            "polardb",
            f"{text}: above reverse.walWarningBytes, and it grows until the disk is full. Start the reverse "
            f"job, or drop the slot",
        )
    elif slot.wal_status == "unreserved":
        yield yellow(
            "polardb",
            f"{text}: about to be lost. Start the reverse job at once, or raise max_slot_wal_keep_size",
        )
    else:
        yield green("polardb", text)
    if slot.active_pid is not None:
        yield yellow(
            "polardb",
            f"slot {slot.name} is held by pid {slot.active_pid}: the reverse job, or a worker that it left "
            f"behind, is already running. A second job waits (reverse.slotTaken)",
        )


class PostgresDatabase(Database):
    def __init__(self, settings: Settings) -> None:
        self._address, self._feeds = address_of(settings), settings.feeds

    def look(self) -> Facts:
        """Raises PreflightError, whose text says what to do."""
        try:
            return look_once(self._address, self._feeds)
        except TransientError as error:
            raise PreflightError(
                f"{error}. Check polardb.hostname and polardb.port, and that this machine can reach "
                f"the address"
            ) from None
