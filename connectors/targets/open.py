"""The list of targets. To add one, create a folder next to this file and an entry in TARGETS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Dict, NamedTuple, Tuple

from connectors.config.choices import TargetName
from connectors.config.credentials import MONGODB_URI, POLARDB_KEY, POLARDB_LOGIN, SecretKey
from connectors.config.settings import Settings
from connectors.targets.place import Place, database_place, endpoint_place

if TYPE_CHECKING:  # needs a driver, which may be missing where jobs are only submitted
    from connectors.targets.contract import Target
    from connectors.targets.limits import TargetLimits


class TargetKind(NamedTuple):
    """What is known of a target without its driver."""

    needs: Tuple[str, ...]
    """Settings that every job requires."""
    secrets: Tuple[SecretKey, ...]
    reverse_secrets: Tuple[SecretKey, ...]
    """Secrets of the reverse job. Empty: there is no reverse job for this target."""
    place: Callable[[Settings], Place]
    open: Callable[[Settings], Target]
    limits: Callable[[Settings], TargetLimits]
    """What it refuses. Needs no address and no secrets."""


def _polardb(settings: Settings) -> Target:
    from connectors.targets.dynamodb_api.target import PolarDbTarget

    return PolarDbTarget(settings)


def _polardb_limits(settings: Settings) -> TargetLimits:
    from connectors.targets.dynamodb_api.limits import EndpointLimits

    return EndpointLimits()


def _polardb_place(settings: Settings) -> Place:
    return endpoint_place("PolarDB", settings.polardb.endpoint, settings.polardb.region)


def _mongodb(settings: Settings) -> Target:
    from connectors.targets.mongodb.target import MongoDbTarget

    return MongoDbTarget(settings)


def _mongodb_limits(settings: Settings) -> TargetLimits:
    from connectors.targets.mongodb.limits import MongoLimits
    from connectors.targets.mongodb.tables import shape_of

    return MongoLimits(settings.mongodb.database or "", shape_of(settings))


def _mongodb_place(settings: Settings) -> Place:
    address = settings.mongodb.address
    return database_place("MongoDB", address.reveal() if address else "", settings.mongodb.database)


TARGETS: Dict[TargetName, TargetKind] = {
    TargetName.POLARDB: TargetKind(
        ("polardb.endpoint", "polardb.accessKey"),
        POLARDB_KEY,
        POLARDB_LOGIN,
        _polardb_place,
        _polardb,
        _polardb_limits,
    ),
    TargetName.MONGODB: TargetKind(
        ("mongodb.uri", "mongodb.database"), MONGODB_URI, (), _mongodb_place, _mongodb, _mongodb_limits
    ),
}


def kind_of(settings: Settings) -> TargetKind:
    return TARGETS[settings.target]


def open_target(settings: Settings) -> Target:
    """Imports the target's driver; connects when it is used."""
    return kind_of(settings).open(settings)
