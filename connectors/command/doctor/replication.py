"""The lines about PostgreSQL's replication for the reverse job. Pure."""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Protocol, Sequence

from connectors.base.errors import PolarshakeError, PreflightError, TransientError
from connectors.base.text import size
from connectors.command.doctor.line import Line, green, red, yellow
from connectors.config import Settings
from connectors.postgres.layout.assignment import Assigned, TableAssignment
from connectors.postgres.layout.proof import Sample
from connectors.postgres.replication.catalog import read_sample
from connectors.postgres.replication.connect import address_of, connected, encryption
from connectors.postgres.replication.facts import Facts, SlotFacts, read_database
from connectors.postgres.replication.problems import SlotConfig, absent_problems, problems, slot_problems


class DatabaseLook(NamedTuple):
    facts: Facts
    encryption: str
    """TLS version and cipher; empty: none."""


class Database(Protocol):
    def look(self) -> DatabaseLook:
        """Raises PolarshakeError."""
        ...

    def sample(self, each: Assigned, columns: Sequence[str]) -> List[Sample]:
        """Some rows; none if they cannot be read."""
        ...


def encryption_line(encryption: str, ssl_mode: str) -> Line:
    setting = f"polardb.sslMode: {ssl_mode}"
    if not encryption:
        return yellow("polardb", f"the connection is not encrypted ({setting})")
    if not ssl_mode.startswith("verify"):
        return yellow(
            "polardb",
            f"the connection is encrypted ({encryption}), but the server is not verified ({setting})",
        )
    return green(
        "polardb", f"the connection is encrypted ({encryption}), and the server is verified ({setting})"
    )


def replication_lines(
    facts: Facts,
    feeds: Sequence[SlotConfig],
    assignment: TableAssignment,
    wal_warning: int,
    after_cutover: bool = True,
) -> Iterator[Line]:
    """`wal_warning`: bytes. `after_cutover`: publication and slot must exist."""
    yield green("polardb", f"answers to this role: LOGIN, and CONNECT on database {facts.database}")
    later = [] if after_cutover else absent_problems(facts, feeds)
    yield from (
        red("polardb", problem) for problem in problems(facts, feeds, assignment) if problem not in later
    )
    if later:
        yield yellow("polardb", _later(facts, feeds))
    if facts.wal_level == "logical":
        yield green("polardb", "wal_level is logical")
    if facts.replication:
        yield green("polardb", "the role has REPLICATION")
    for slot, publication in feeds:
        yield from _publication(facts, publication)
        existing = facts.slots.get(slot)
        if existing is not None and not list(slot_problems(existing, facts.database)):
            yield from _slot(existing, wal_warning)


def _later(facts: Facts, feeds: Sequence[SlotConfig]) -> str:
    absent = [f"publication {name}" for _, name in feeds if name not in facts.publications]
    absent += [f"slot {slot}" for slot, _ in feeds if slot not in facts.slots]
    return (
        f"{', '.join(absent)}: not there yet. `polarshake cutover` creates them. Do not create a slot "
        f"before: it would keep the log of the whole migration. After the cut-over, use --after-cutover"
    )


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
    text = f"slot {slot.name}: retains {size(kept)} of the log, {size(behind)} not confirmed"
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

    def look(self) -> DatabaseLook:
        """Raises PreflightError, whose text says what to do."""
        try:
            with connected(self._address, "inspect", "reading the database") as connection:
                facts = read_database(connection, [s for s, _ in self._feeds], [p for _, p in self._feeds])
                return DatabaseLook(facts, encryption(connection))
        except TransientError as error:
            raise PreflightError(
                f"{error}. Check polardb.hostname and polardb.port, and that this machine can reach "
                f"the address"
            ) from None

    def sample(self, each: Assigned, columns: Sequence[str]) -> List[Sample]:
        try:
            with connected(self._address, "inspect", "reading rows") as connection:
                return read_sample(connection, each.relation, each.document, columns)
        except PolarshakeError:
            return []
