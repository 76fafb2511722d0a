"""Which database is the source of a check, the truth, and which is its target."""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional, Tuple

from connectors.check.definitions import Definitions
from connectors.check.report.sides import database, side
from connectors.check.report.summary import ReportSide
from connectors.config.settings import Settings
from connectors.dynamodb.caller import Caller
from connectors.dynamodb.client import Client
from connectors.dynamodb.clients import BeforeAttempt, source_client, target_client
from connectors.dynamodb.faults import SOURCE, TARGET, SettingNames
from connectors.model.dead_letters import DeadLetters
from connectors.model.writes import Writer
from connectors.targets.check_contract import CheckSide as Reads


class CheckSides(NamedTuple):
    """What a worker checks, and repairs, with. Several threads may use it, of a writer one."""

    caller: Caller
    """The source's definitions."""
    source: Reads
    target: Reads
    definitions: Definitions
    writer: Callable[[DeadLetters], Writer]


class EndNames(NamedTuple):
    """How the user calls the settings of each."""

    source: SettingNames
    target: SettingNames


def reversed_(settings: Settings) -> bool:
    return settings.check.direction == "reverse"


def open_source(settings: Settings, seconds: Optional[float] = None) -> Client:
    return (target_client if reversed_(settings) else source_client)(settings, seconds=seconds)


def open_target(
    settings: Settings, seconds: Optional[float] = None, before_attempt: BeforeAttempt = None
) -> Client:
    return (source_client if reversed_(settings) else target_client)(settings, before_attempt, seconds)


def end_names(settings: Settings) -> EndNames:
    return EndNames(TARGET, SOURCE) if reversed_(settings) else EndNames(SOURCE, TARGET)


def shown(settings: Settings) -> Tuple[ReportSide, ReportSide]:
    """Source and target, fit for a report."""
    dynamodb = side("Amazon DynamoDB", settings.dynamodb.endpoint, settings.dynamodb.region)
    if settings.target == "mongodb":
        address = settings.mongodb.address
        return dynamodb, database("MongoDB", address.reveal() if address else "", settings.mongodb.database)
    polardb = side("PolarDB", settings.polardb.endpoint, settings.polardb.region)
    return (polardb, dynamodb) if reversed_(settings) else (dynamodb, polardb)
