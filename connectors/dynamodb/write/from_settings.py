"""A lane's writer and its dead letters, from the settings: the same for every job that writes items."""

from __future__ import annotations

from typing import Optional

from connectors.config.settings import Settings
from connectors.dynamodb.client import Client
from connectors.dynamodb.limits import LimitOf, limits_by_table
from connectors.dynamodb.write.in_flight import SocketInFlight
from connectors.dynamodb.write.writer import BatchWriter, Marker
from connectors.model.dead_letters import DeadLetters, FileDeadLetters, NoDeadLetters
from connectors.model.writes import Write


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


def dead_letters(settings: Settings) -> DeadLetters:
    path = settings.dead_letter.path
    return FileDeadLetters(path) if path else NoDeadLetters()


def _one_item(write: Write) -> float:
    return 1.0
