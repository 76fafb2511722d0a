"""A lane's writer and its dead letters, from the settings: the same for every job that writes items."""

from __future__ import annotations

from typing import Callable, Optional

from connectors.config.settings import Settings
from connectors.dynamodb.client import Client
from connectors.dynamodb.limits import LimitOf, limits_by_table
from connectors.dynamodb.write.in_flight import SocketInFlight
from connectors.dynamodb.write.writer import BatchWriter, Marker
from connectors.model.dead_letters import DeadLetters, NoDeadLetters, StoredDeadLetters
from connectors.model.writes import Write
from connectors.storage.open import open_storage
from connectors.storage.probe import probe


def lane_writer(
    settings: Settings,
    client: Client,
    letters: DeadLetters,
    marker: Optional[Marker] = None,
) -> BatchWriter:
    """With this lane's share of each table's rate."""
    return BatchWriter(
        SocketInFlight(client),
        letters,
        client.policy,
        settings.write.in_flight,
        rate_limits(settings),
        cost_of=_one_item,
        marker=marker,
    )


def rate_limits(settings: Settings) -> LimitOf:
    """One lane's share of each table's rate, by table."""
    return limits_by_table(settings.write.limit / settings.lanes)


def dead_letters(settings: Settings, otherwise: Callable[[], DeadLetters] = NoDeadLetters) -> DeadLetters:
    """The store of this worker process, after it was tried: call it before the first write.

    `otherwise`: what to do with letters if no place is set. Raises PreflightError or TransientError.
    """
    path = settings.dead_letter.path
    if not path:
        return otherwise()
    storage = open_storage(path, "deadLetter.path", settings)
    probe(storage, "deadLetter.path")
    return StoredDeadLetters(storage)


def _one_item(write: Write) -> float:
    return 1.0
